/// The queue of operations: order, merging, patience, and what it does when everything goes wrong.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:math';

import 'package:automata_signal/automata_signal_core.dart';
import 'package:automata_signal/src/core/queue/coalescer.dart';
import 'package:automata_signal/src/core/queue/operation.dart';
import 'package:automata_signal/src/core/queue/retry_policy.dart';
import 'package:test/test.dart';

import 'fakes/fake_clock.dart';
import 'fakes/fake_platform.dart';
import 'fakes/model_server.dart';

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
    server.requests.clear();
  }

  List<String> sent() => [
    for (final one in server.requests)
      '${one.method} ${one.path.split('/').last}',
  ];

  group('order', () {
    test('what is asked for first is sent first, one at a time', () async {
      await started();
      unawaited(phone.sdk.login('a'));
      unawaited(phone.sdk.logout());
      unawaited(phone.sdk.login('b'));
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(sent(), ['POST login', 'POST logout', 'POST login']);
      expect(server.one('iOSPush').user, 'b');
    });

    test('a login is sent even for who is logged in already', () async {
      await started();
      unawaited(phone.sdk.login('a'));
      unawaited(phone.sdk.login('a'));
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(sent(), ['POST login', 'POST login']);
    });

    test('retries keep their idempotency key', () async {
      await started();
      var left = 3;
      server.fault = (_) => left-- > 0 ? Fault.answerLost : Fault.none;
      unawaited(phone.sdk.login('a'));
      await phone.clock.elapse(const Duration(minutes: 2));
      final keys = {
        for (final one in server.requests) one.headers['idempotency-key'],
      };
      expect((server.requests.length, keys.length), (4, 1));
    });
  });

  group('merging', () {
    test('tags asked for together are one request per subscription', () async {
      await started();
      for (var at = 0; at < 20; at++) {
        await phone.sdk.addTags({'tag$at': at});
      }
      await phone.sdk.removeTags(['tag3']);
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(sent(), ['PATCH tags', 'PATCH tags']);
      expect(server.one('iOSPush').tags.length, 19);
    });

    test('nothing is merged across a login', () async {
      await started();
      await phone.sdk.addTags({'a': 1});
      unawaited(phone.sdk.login('minsu'));
      await FakeClock.settle();
      await phone.sdk.addTags({'a': 2});
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(sent().where((one) => one.endsWith('tags')), hasLength(4));
    });

    test('the later word about a key counts', () {
      Json facts(Json set, List<String> remove) => {
        'set': set,
        'remove': remove,
      };
      expect(
        mergeFacts(facts({'a': 1}, []), facts({}, ['a'])),
        facts({}, ['a']),
      );
      expect(
        mergeFacts(facts({}, ['a']), facts({'a': 2}, [])),
        facts({'a': 2}, []),
      );
      expect(
        mergeFacts(facts({'a': 1, 'b': 1}, ['c']), facts({'b': 2}, ['a'])),
        facts({'b': 2}, ['c', 'a']),
      );
    });

    test(
      'switching off and on again is one request with the last word',
      () async {
        await started();
        await phone.sdk.disablePush();
        await phone.sdk.enablePush();
        await phone.sdk.disablePush();
        await phone.clock.elapse(const Duration(seconds: 2));
        expect(sent().length, 1);
        expect(server.one('iOSPush').status, -2);
      },
    );
  });

  group('patience', () {
    test('waits longer and longer, with jitter, up to ten minutes', () {
      const policy = RetryPolicy();
      final random = Random(7);
      for (final (attempt, limit) in [
        (1, 2),
        (2, 4),
        (5, 32),
        (9, 512),
        (10, 600),
        (60, 600),
      ]) {
        final drawn = [
          for (var at = 0; at < 200; at++)
            policy.delay(attempt, random).inMilliseconds,
        ];
        expect(drawn.reduce(max), lessThanOrEqualTo(limit * 1000));
        expect(drawn.reduce(max), greaterThan(limit * 700));
        expect(drawn.toSet().length, greaterThan(50));
      }
    });

    test('never asks earlier than the server wants', () async {
      await started();
      server.retryAfter = '90';
      var left = 1;
      server.fault = (_) => left-- > 0 ? Fault.busy429 : Fault.none;
      unawaited(phone.sdk.login('a'));
      await phone.clock.elapse(const Duration(seconds: 89));
      phone.lifecycle.move(open: true);
      await phone.clock.elapse(Duration.zero);
      expect(sent().where((one) => one == 'POST login'), hasLength(1));
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').user, 'a');
    });

    test(
      'a date in Retry-After counts for a minute, whatever the clock says',
      () async {
        await started();
        server.retryAfter = 'Fri, 31 Dec 2100 23:59:59 GMT';
        var left = 1;
        server.fault = (_) => left-- > 0 ? Fault.busy429 : Fault.none;
        unawaited(phone.sdk.login('a'));
        await phone.clock.elapse(const Duration(seconds: 61));
        expect(server.one('iOSPush').user, 'a');
      },
    );

    test(
      'offline for days, everything arrives when the network is back',
      () async {
        await started();
        server.isDown = true;
        unawaited(phone.sdk.login('minsu'));
        unawaited(phone.sdk.registerEmail('a@example.com'));
        await phone.sdk.addTags({'level': 1});
        await phone.clock.elapse(const Duration(days: 3));
        await phone.kill();
        await phone.start();
        server.isDown = false;
        phone.lifecycle.move(open: true);
        await phone.clock.elapse(const Duration(seconds: 3));
        expect(server.one('Email').user, 'minsu');
        expect(server.one('iOSPush').tags, {'level': 1});
      },
    );

    test('a clock that was set back does not make it wait longer', () async {
      await started();
      var left = 1;
      server.fault = (_) => left-- > 0 ? Fault.error500 : Fault.none;
      unawaited(phone.sdk.login('a'));
      await FakeClock.settle();
      await phone.kill();
      phone.clock.setTo(phone.clock.now().subtract(const Duration(hours: 30)));
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 5));
      expect(server.one('iOSPush').user, 'a');
    });

    test('a clock that is hours ahead loses nothing', () async {
      await started();
      server.isDown = true;
      unawaited(phone.sdk.login('a'));
      await FakeClock.settle();
      phone.clock.setTo(phone.clock.now().add(const Duration(hours: 11)));
      server.isDown = false;
      await phone.clock.elapse(const Duration(minutes: 1));
      expect(server.one('iOSPush').user, 'a');
    });
  });

  group('limits', () {
    test(
      'a full queue gives up tags and changes, never who is logged in',
      () async {
        server.isDown = true;
        await phone.start();
        for (var at = 0; at < 600; at++) {
          unawaited(phone.sdk.login('user$at'));
          unawaited(phone.sdk.addTags({'tag': at}));
          if (at % 50 == 0) await FakeClock.settle();
        }
        await FakeClock.settle();
        final left = await phone.sdk.waitingOperations;
        expect(left.length, 1000);
        expect(left.where((one) => one.startsWith('login')).length, 600);
        expect(phone.codes.where((one) => one == 'queue_full'), isNotEmpty);
      },
    );

    test('tags that wait for a week are given up, a login never is', () async {
      await started();
      server.isDown = true;
      await phone.sdk.addTags({'old': true});
      unawaited(phone.sdk.login('minsu'));
      await phone.clock.elapse(const Duration(days: 8));
      server.isDown = false;
      await phone.clock.elapse(const Duration(minutes: 11));
      expect(phone.codes, contains('expired'));
      expect(server.one('iOSPush').user, 'minsu');
      expect(server.one('iOSPush').tags, isEmpty);
    });
  });

  group('refusals', () {
    test(
      'a lost install secret leads to a new install at the next start',
      () async {
        await started();
        server.secrets.updateAll((_, _) => 'another');
        unawaited(phone.sdk.login('minsu'));
        await phone.clock.elapse(const Duration(seconds: 2));
        expect(phone.codes, ['unauthenticated']);
        expect(await phone.sdk.waitingOperations, hasLength(1));
        await phone.kill();
        await phone.start();
        await phone.clock.elapse(const Duration(seconds: 3));
        expect(server.secrets.length, 2);
        expect(server.one('iOSPush').user, 'minsu');
        expect(server.live.where((one) => one.type == 'iOSPush'), hasLength(1));
      },
    );

    test('an address known under another id is taken over', () async {
      await started();
      unawaited(phone.sdk.login('minsu'));
      unawaited(phone.sdk.registerEmail('a@example.com'));
      await phone.clock.elapse(const Duration(seconds: 2));
      final email = server.one('Email').id;
      server.conflictWith = ('0192f0c1-7a00-7000-8000-00000000c0de', email);
      await phone.sdk.disableChannel(SubscriptionType.Email);
      await phone.clock.elapse(const Duration(seconds: 2));
      final now = await phone.sdk.subscription(SubscriptionType.Email);
      expect(now?.id, '0192f0c1-7a00-7000-8000-00000000c0de');
    });

    test(
      'a server that loses everything again and again is given up on',
      () async {
        await started();
        server.forgetful = true;
        await phone.sdk.addTags({'a': 1});
        await phone.clock.elapse(const Duration(minutes: 1));
        expect(await phone.sdk.waitingOperations, isEmpty);
        expect(phone.codes.where((one) => one == 'not_found').length, 4);
      },
    );

    test(
      'a login that names a lost subscription brings it back first',
      () async {
        await started();
        server.lose(server.one('iOSPush'));
        unawaited(phone.sdk.login('minsu'));
        await phone.clock.elapse(const Duration(seconds: 2));
        expect(sent(), ['POST login', 'POST subscriptions', 'POST login']);
        expect(server.one('iOSPush').user, 'minsu');
      },
    );
  });

  group('storage', () {
    test('a kill right after the queue was stored changes nothing', () async {
      await started();
      unawaited(phone.sdk.login('minsu'));
      await phone.clock.elapse(const Duration(seconds: 2));
      server.isDown = true;
      phone.store.lastWrite = 'as.queue.v1';
      unawaited(phone.sdk.logout());
      await FakeClock.settle();
      await phone.kill();
      await phone.start();
      unawaited(phone.sdk.registerEmail('a@example.com'));
      server.isDown = false;
      phone.lifecycle.move(open: true);
      await phone.clock.elapse(const Duration(seconds: 5));
      expect(server.one('iOSPush').user, isNull);
      expect(server.one('Email').user, isNull);
    });

    test('a no is registered again, too', () async {
      await started();
      await phone.sdk.disablePush();
      await phone.clock.elapse(const Duration(seconds: 2));
      server.lose(server.one('iOSPush'));
      await phone.sdk.addTags({'a': 1});
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').status, -2);
    });

    for (final (key, text) in [
      ('as.state.v1', '{"app_id": '),
      ('as.queue.v1', '[]'),
      ('as.receipts.v1', 'null'),
      ('as.taps.v1', '{{'),
      ('as.iam.v1', '"text"'),
    ]) {
      test('a corrupt $key is told and begun anew', () async {
        await started();
        unawaited(phone.sdk.login('minsu'));
        await phone.clock.elapse(const Duration(seconds: 2));
        await phone.kill();
        phone.disk[key] = text;
        await phone.start();
        await phone.clock.elapse(const Duration(seconds: 2));
        expect(phone.codes, contains('store_corrupt'));
        unawaited(phone.sdk.login('jiyoung'));
        await phone.clock.elapse(const Duration(seconds: 2));
        expect(server.one('iOSPush').user, 'jiyoung');
      });
    }

    test('values of the wrong type inside are left out', () async {
      await started();
      await phone.kill();
      final state = jsonDecode(phone.disk['as.state.v1']!) as Json;
      state['records'] = [
        1,
        {'type': 'Pigeon'},
        {'type': 'Email', 'id': 7},
      ];
      state['tags'] = 'none';
      phone.disk['as.state.v1'] = jsonEncode(state);
      phone.disk['as.queue.v1'] = '{"operations": [7, {"id": "x"}]}';
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.live.where((one) => one.type == 'iOSPush'), hasLength(1));
    });

    test('a full disk is told, and what is in memory goes on', () async {
      await started();
      unawaited(
        phone.sdk.registerEmail('a@example.com').catchError((_) => null),
      );
      phone.store.full = true;
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(phone.codes, contains('store_failed'));
    });
  });

  test('a merged operation keeps what waits in front of it untouched', () {
    Operation tags(String id, Json set) => Operation(
      id: id,
      kind: OperationKind.tags,
      createdAt: DateTime.utc(2026),
      body: {'set': set, 'remove': <String>[]},
    );
    final waiting = [
      tags('sent', {'a': 1}),
    ];
    expect(coalesce(waiting, tags('new', {'b': 1}), from: 1), isNull);
    expect(coalesce(waiting, tags('new', {'b': 1}))?.id, 'sent');
    final stored = Operation.fromJson(
      jsonDecode(jsonEncode(waiting.single.toJson())) as Json,
    );
    expect(stored?.toJson(), waiting.single.toJson());
    expect(Operation.fromJson({'id': 'x', 'kind': 'unheard'}), isNull);
  });
}
