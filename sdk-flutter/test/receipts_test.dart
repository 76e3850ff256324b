/// Receipts: once each, in batches, however the network, the process and the background isolate behave.
library;

import 'package:automata_signal/automata_signal_core.dart';
import 'package:automata_signal/src/core/receipts/background_delivery.dart';
import 'package:automata_signal/src/core/receipts/receipt_buffer.dart';
import 'package:automata_signal/src/core/wire/event_wire.dart';
import 'package:test/test.dart';

import 'fakes/fake_clock.dart';
import 'fakes/fake_platform.dart';
import 'fakes/model_server.dart';

/// A phone on which the app never ran.
final class _Bare {
  _Bare(Phone phone) {
    phone.store = PhoneStore({});
    platform = phone.platform();
  }

  late final SignalPlatform platform;
}

void main() {
  late ModelServer server;
  late Phone phone;
  setUp(() {
    server = ModelServer();
    phone = Phone(server);
  });

  Future<void> started() async {
    await phone.start();
    await phone.clock.elapse(const Duration(seconds: 2));
  }

  Iterable<SignalRequest> batches() =>
      server.requests.where((one) => one.path.endsWith('events'));

  List<Object?> told() => [for (final one in server.events) one['message_id']];

  test('a message is received once, however often it is said', () async {
    await started();
    for (var at = 0; at < 3; at++) {
      await phone.sdk.sendReceiptConfirmation('m1');
      phone.push.arriving.add(const PushMessage(messageId: 'm1'));
    }
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(told(), ['m1']);
  });

  test('up to a hundred go in one request', () async {
    await started();
    server.isDown = true;
    for (var at = 0; at < 250; at++) {
      await phone.sdk.sendReceiptConfirmation('m$at');
    }
    await phone.clock.elapse(const Duration(seconds: 2));
    server.isDown = false;
    server.requests.clear();
    phone.lifecycle.move(open: true);
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(batches().length, 3);
    expect(told(), [for (var at = 0; at < 250; at++) 'm$at']);
  });

  test(
    'what the server cannot read does not take its neighbours along',
    () async {
      await started();
      for (final id in ['m1', 'unreadable', 'm2', 'm3']) {
        await phone.sdk.sendReceiptConfirmation(id);
      }
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(told(), ['m1', 'm2', 'm3']);
      expect(phone.codes, ['invalid_input']);
    },
  );

  test(
    'they survive kills and lost answers, and are told with one id',
    () async {
      await started();
      server.fault = (_) => Fault.answerLost;
      await phone.sdk.sendReceiptConfirmation('m1');
      await phone.clock.elapse(const Duration(seconds: 2));
      await phone.kill();
      server.fault = (_) => Fault.none;
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 5));
      expect(told().toSet(), {'m1'});
      expect({for (final one in server.events) one['id']}, hasLength(1));
    },
  );

  test('what is older than three days is of no use any longer', () async {
    await started();
    server.isDown = true;
    await phone.sdk.sendReceiptConfirmation('old');
    await phone.clock.elapse(const Duration(days: 3, seconds: 1));
    await phone.sdk.sendReceiptConfirmation('new');
    server.isDown = false;
    phone.lifecycle.move(open: true);
    await phone.clock.elapse(const Duration(minutes: 11));
    expect(told(), ['new']);
  });

  test(
    'a wait that the server asks for is kept, also across a resume',
    () async {
      await started();
      server.retryAfter = '60';
      var left = 1;
      server.fault = (_) => left-- > 0 ? Fault.busy429 : Fault.none;
      await phone.sdk.sendReceiptConfirmation('m1');
      await phone.clock.elapse(const Duration(seconds: 2));
      phone.lifecycle.move(open: true);
      await phone.clock.elapse(const Duration(seconds: 55));
      expect(told(), isEmpty);
      await phone.clock.elapse(const Duration(seconds: 10));
      expect(told(), ['m1']);
    },
  );

  test('a refused install pauses them until the next start', () async {
    await started();
    server.secrets.updateAll((_, _) => 'another');
    await phone.sdk.sendReceiptConfirmation('m1');
    await phone.clock.elapse(const Duration(minutes: 20));
    expect(batches().length, 1);
    expect(phone.codes, ['unauthenticated']);
  });

  test(
    'what the background isolate left is sent at the next start or resume',
    () async {
      await started();
      final platform = phone.platform();
      await BackgroundInbox.append(
        phone.store,
        BackgroundInbox.received('m1', platform),
      );
      await BackgroundInbox.append(
        phone.store,
        BackgroundInbox.received('m1', platform),
      );
      await BackgroundInbox.append(
        phone.store,
        BackgroundInbox.received('m2', platform),
      );
      phone.lifecycle.move(open: true);
      await phone.clock.elapse(const Duration(seconds: 30));
      expect(told().toSet(), {'m1', 'm2'});
      expect(told().length, 2);
      expect(phone.disk.containsKey(BackgroundInbox.key), isFalse);
    },
  );

  test(
    'the background waits a random while, so that broadcasts do not stampede',
    () async {
      await started();
      final platform = phone.platform();
      final waits = {
        for (var at = 0; at < 50; at++)
          BackgroundInbox.received(
            'm$at',
            platform,
          ).dueAt.difference(phone.clock.now()).inMilliseconds,
      };
      expect(waits.length, greaterThan(40));
      expect(waits.reduce((a, b) => a > b ? a : b), lessThanOrEqualTo(25000));
    },
  );

  test(
    'the background isolate reports by itself, or leaves it to the app',
    () async {
      await started();
      await phone.kill();
      phone.store = PhoneStore(phone.disk);
      Future<bool> arrives(String id) async {
        final sent = BackgroundDelivery.received(phone.platform(), id);
        await phone.clock.elapse(const Duration(seconds: 26));
        return sent;
      }

      expect(await arrives('m1'), isTrue);
      server.isDown = true;
      expect(await arrives('m2'), isFalse);
      expect(told(), ['m1']);
      server.isDown = false;
      await started();
      expect(told(), ['m1', 'm2']);
      expect(phone.disk.containsKey(BackgroundInbox.key), isFalse);
    },
  );

  test(
    'the background isolate of an install that may not talk is silent',
    () async {
      expect(
        await BackgroundDelivery.received(_Bare(phone).platform, 'm1'),
        isFalse,
      );
      phone.config = AutomataSignalConfig(
        serverUrl: 'https://signal.example',
        trackMessageEvents: false,
        logLevel: SignalLogLevel.none,
      );
      await started();
      expect(
        await BackgroundDelivery.received(phone.platform(), 'm1'),
        isFalse,
      );
      expect(batches(), isEmpty);
    },
  );

  test('a conversion goes at once and takes what waits along', () async {
    await started();
    phone.push.arriving.add(const PushMessage(messageId: 'm1'));
    await FakeClock.settle();
    expect(told(), isEmpty);
    phone.push.tapped.add(const PushMessage(messageId: 'm1'));
    await FakeClock.settle();
    expect(
      [for (final one in server.events) one['type']],
      ['received', 'converted'],
    );
    expect(batches().length, 1);
  });

  test('nothing is lost before there is an id to report for', () async {
    server.isDown = true;
    await phone.start();
    await phone.sdk.sendReceiptConfirmation('m1');
    await phone.clock.elapse(const Duration(minutes: 1));
    expect(batches(), isEmpty);
    server.isDown = false;
    phone.lifecycle.move(open: true);
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(server.events.single['subscription_id'], server.one('iOSPush').id);
  });

  test('a receipt is read as it was written, and nonsense is left out', () {
    final now = DateTime.utc(2026);
    final one = Receipt(
      id: 'e1',
      messageId: 'm1',
      type: SignalEventType.failed,
      isInApp: true,
      occurredAt: now,
      dueAt: now,
      code: -72,
    );
    expect(Receipt.fromJson(one.toJson())?.toJson(), one.toJson());
    expect(Receipt.fromJson({'id': 'e1', 'type': 'unheard'}), isNull);
  });
}
