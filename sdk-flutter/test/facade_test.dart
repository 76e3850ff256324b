/// What an app sees: starting, taps, permission, consent, and calls that do not wait for the network.
library;

import 'dart:async';
import 'dart:convert';

import 'package:automata_signal/automata_signal_core.dart';
import 'package:test/test.dart';

import 'fakes/fake_clock.dart';
import 'fakes/fake_platform.dart';
import 'fakes/model_server.dart';

AutomataSignalConfig _config({
  bool requireConsent = false,
  bool autoPromptPermission = true,
  bool trackMessageEvents = true,
  bool foregroundNotificationsEnabled = true,
  bool clearTagsOnLogout = false,
  bool autoRegisterPush = true,
  bool enableInAppMessages = true,
  String? serverUrl = 'https://signal.example/',
  SignalLogLevel logLevel = SignalLogLevel.none,
  void Function(SignalLogLevel level, String line)? onLog,
}) => AutomataSignalConfig(
  serverUrl: serverUrl,
  requireConsent: requireConsent,
  autoPromptPermission: autoPromptPermission,
  trackMessageEvents: trackMessageEvents,
  foregroundNotificationsEnabled: foregroundNotificationsEnabled,
  clearTagsOnLogout: clearTagsOnLogout,
  autoRegisterPush: autoRegisterPush,
  enableInAppMessages: enableInAppMessages,
  logLevel: logLevel,
  onLog: onLog,
);

void main() {
  late ModelServer server;
  late Phone phone;
  setUp(() {
    server = ModelServer();
    phone = Phone(server);
  });
  const message = PushMessage(messageId: 'm1', link: 'app://sale');

  group('config', () {
    test('has the specification\'s defaults', () {
      final config = AutomataSignalConfig();
      expect(config.autoRegisterPush, isTrue);
      expect(config.autoPromptPermission, isTrue);
      expect(config.trackMessageEvents, isTrue);
      expect(config.defaultLanguage, isNull);
      expect(config.foregroundNotificationsEnabled, isTrue);
      expect(config.enableInAppMessages, isTrue);
    });

    test('takes http and https addresses, and nothing else', () {
      Uri? server(String text) => AutomataSignalConfig(serverUrl: text).server;
      expect('${server('https://a.example/')}', 'https://a.example');
      expect('${server(' http://127.0.0.1:8080 ')}', 'http://127.0.0.1:8080');
      expect(server('a.example'), isNull);
      expect(server('ftp://a.example'), isNull);
      expect(server(''), isNull);
    });
  });

  group('initialize', () {
    test('is done without the network', () async {
      server.isDown = true;
      phone.launch();
      var done = false;
      unawaited(
        phone.sdk
            .initialize(Phone.appId, phone.config)
            .then((_) => done = true),
      );
      await FakeClock.settle();
      expect(done, isTrue);
      expect((await phone.sdk.waitingOperations).length, 2);
    });

    test('says what is missing when nobody named the server', () async {
      phone.config = _config(serverUrl: null);
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 1));
      expect(phone.codes, contains('not_configured'));
    });

    test('holds calls that come before it', () async {
      phone.launch();
      unawaited(phone.sdk.login('minsu'));
      await FakeClock.settle();
      await phone.sdk.initialize(Phone.appId, phone.config);
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').user, 'minsu');
      expect(phone.sdk.automataId, 'user-minsu');
    });

    test('asks for the permission after the first frame, once', () async {
      phone.push.allowed = PushPermission.not_asked;
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(phone.push.prompts, 1);
      expect(server.one('iOSPush').permission, 'granted');
      await phone.kill();
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(phone.push.prompts, 1);
    });

    test(
      'asks nobody when told so, and reports that nobody was asked',
      () async {
        phone.push.allowed = PushPermission.not_asked;
        phone.config = _config(autoPromptPermission: false);
        await phone.start();
        await phone.clock.elapse(const Duration(seconds: 3));
        expect(phone.push.prompts, 0);
        expect(server.one('iOSPush').status, -18);
      },
    );

    test('registers nothing when told so, and a login is remembered', () async {
      phone.config = _config(
        autoRegisterPush: false,
        enableInAppMessages: false,
      );
      await phone.start();
      await phone.sdk.login('minsu');
      await phone.sdk.addTags({'level': 3});
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.requests, isEmpty);
      unawaited(phone.sdk.registerEmail('a@example.com'));
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('Email').user, 'minsu');
      expect(server.one('Email').tags, {'level': 3});
      unawaited(phone.sdk.logout());
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('Email').user, isNull);
    });

    test('waits for a late token and reports it', () async {
      phone.push.current = const PushToken(null);
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').status, 0);
      phone.push.current = const PushToken('aabb');
      await phone.clock.elapse(const Duration(minutes: 2));
      expect(server.one('iOSPush').token, 'aabb');
      expect(server.one('iOSPush').status, 1);
    });

    test('reports what stands in the way of a token', () async {
      phone.push.current = const PushToken(null, error: -13);
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').status, -13);
    });

    test('goes on without push when the plugin throws', () async {
      phone.push.broken = true;
      await phone.start();
      unawaited(phone.sdk.login('minsu'));
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(phone.codes, ['push_failed']);
      expect(server.one('InAppMessage').user, 'minsu');
      phone.lifecycle.move(open: true);
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(phone.codes, ['push_failed']);
    });

    test('begins anew as another app', () async {
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 2));
      await phone.kill();
      phone.launch();
      await phone.sdk.initialize(
        '0192f0c1-7a00-7000-8000-000000000002',
        phone.config,
      );
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.secrets.length, 2);
    });

    test('called again goes on after a pause', () async {
      server.identityToken = 'right';
      await phone.start();
      unawaited(phone.sdk.login('minsu'));
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(phone.codes, ['unauthenticated']);
      server.identityToken = null;
      await phone.sdk.initialize(Phone.appId);
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').user, 'minsu');
    });
  });

  group('taps', () {
    test('a cold start\'s tap reaches a handler that is set before', () async {
      final opened = <String>[];
      phone.push.initial = message;
      phone.launch();
      phone.sdk.setMessageOpenedHandler((one) => opened.add(one.link!));
      await phone.sdk.initialize(Phone.appId, phone.config);
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(opened, ['app://sale']);
      expect([for (final one in server.events) one['type']], ['converted']);
    });

    test(
      'without a handler it survives a kill and is handed over once',
      () async {
        final opened = <String>[];
        phone.push.initial = message;
        await phone.start();
        await phone.clock.elapse(const Duration(seconds: 2));
        await phone.kill();
        await phone.start();
        await phone.clock.elapse(const Duration(seconds: 2));
        phone.sdk.setMessageOpenedHandler((one) => opened.add(one.messageId));
        await FakeClock.settle();
        phone.push.tapped.add(message);
        await phone.clock.elapse(const Duration(seconds: 2));
        expect(opened, ['m1']);
        expect(server.events.length, 1);
      },
    );

    test('a tap that the platform has only a second later is found', () async {
      final opened = <String>[];
      phone.launch();
      phone.sdk.setMessageOpenedHandler((one) => opened.add(one.messageId));
      await phone.sdk.initialize(Phone.appId, phone.config);
      phone.push.initial = message;
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(opened, ['m1']);
    });

    test('a handler that throws is told and does no harm', () async {
      await phone.start();
      phone.sdk.setMessageOpenedHandler((_) => throw StateError('oops'));
      phone.push.tapped.add(message);
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(phone.codes, ['handler_failed']);
    });

    test('clearMessages forgets what nobody asked for', () async {
      await phone.start();
      phone.push.tapped.add(message);
      await phone.clock.elapse(const Duration(seconds: 1));
      await phone.sdk.clearMessages();
      final opened = <String>[];
      phone.sdk.setMessageOpenedHandler((one) => opened.add(one.messageId));
      await FakeClock.settle();
      expect(opened, isEmpty);
      expect(phone.push.cleared, 1);
    });
  });

  group('arrivals', () {
    test('are presented, reported and handed over', () async {
      final received = <String>[];
      await phone.start();
      phone.sdk.setMessageReceivedHandler((one) => received.add(one.messageId));
      phone.push.arriving
        ..add(message)
        ..add(const PushMessage(messageId: 'm2', wantsReceipt: false));
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(received, ['m1', 'm2']);
      expect(phone.push.presented.length, 2);
      expect([for (final one in server.events) one['message_id']], ['m1']);
    });

    test('are neither shown nor reported when told so', () async {
      phone.config = _config(
        trackMessageEvents: false,
        foregroundNotificationsEnabled: false,
      );
      await phone.start();
      phone.push.arriving.add(message);
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(phone.push.foreground, isFalse);
      expect(phone.push.presented, isEmpty);
      expect(server.events, isEmpty);
    });

    test('are not reported where the application wants no receipts', () async {
      server.config = {'receipts_enabled': false};
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 2));
      phone.push.arriving.add(message);
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(server.events, isEmpty);
    });
  });

  group('calls', () {
    test(
      'a registration answers the id, or null when the server is slow',
      () async {
        await phone.start();
        await phone.clock.elapse(const Duration(seconds: 2));
        String? id;
        unawaited(
          phone.sdk.registerEmail('a@example.com').then((one) => id = one),
        );
        await phone.clock.elapse(const Duration(seconds: 1));
        expect(id, server.one('Email').id);
        server.isDown = true;
        var answered = false;
        unawaited(
          phone.sdk.registerSMS('+821012345678').then((one) {
            answered = true;
            id = one;
          }),
        );
        await phone.clock.elapse(const Duration(seconds: 11));
        expect((answered, id), (true, null));
        server.isDown = false;
        await phone.clock.elapse(const Duration(minutes: 11));
        expect(server.one('SMS').token, '+821012345678');
      },
    );

    test('refuse what could never be meant', () async {
      await phone.start();
      await phone.sdk.login('');
      await phone.sdk.login('x' * 257);
      expect(await phone.sdk.registerEmail('  '), isNull);
      expect(phone.codes, ['invalid_input', 'invalid_input', 'invalid_input']);
      expect(
        await phone.sdk.confirmSubscription(SubscriptionType.SMS, '1'),
        isFalse,
      );
      expect(phone.codes.last, 'no_subscription');
    });

    test('a confirmation says when nothing could be asked', () async {
      await phone.start();
      unawaited(phone.sdk.registerEmail('a@example.com'));
      await phone.clock.elapse(const Duration(seconds: 2));
      server.isDown = true;
      expect(
        await phone.sdk.resendConfirmation(SubscriptionType.Email),
        isFalse,
      );
      await FakeClock.settle();
      expect(phone.codes, ['network']);
    });

    test(
      'where the application asks for it, addresses wait to be confirmed',
      () async {
        server.config = {
          'double_opt_in': {'email': true, 'sms': false},
        };
        await phone.start();
        await phone.clock.elapse(const Duration(seconds: 2));
        unawaited(phone.sdk.registerEmail('a@example.com'));
        unawaited(phone.sdk.registerSMS('+821012345678'));
        await phone.clock.elapse(const Duration(seconds: 2));
        final bodies = [
          for (final one in server.requests)
            if (one.method == 'POST') jsonDecode(one.body!) as Json,
        ];
        expect(
          [for (final one in bodies) one['double_opt_in']],
          [null, null, true, null],
        );
      },
    );

    test('changes are told once each', () async {
      await phone.start();
      unawaited(phone.sdk.login('minsu'));
      await phone.clock.elapse(const Duration(seconds: 2));
      await phone.sdk.addTags({'a': 1});
      await phone.clock.elapse(const Duration(seconds: 2));
      final told = [
        for (final one in phone.changes) '${one.type.name} ${one.externalId}',
      ];
      expect(told, [
        'iOSPush null',
        'InAppMessage null',
        'iOSPush minsu',
        'InAppMessage minsu',
      ]);
      expect(phone.changes.toSet().length, 4);
      expect('${phone.changes.first}', contains('iOSPush'));
      expect(phone.changes.first.isSubscribed, isTrue);
    });

    test('removing tags at logout is an app\'s choice', () async {
      phone.config = _config(clearTagsOnLogout: true);
      await phone.start();
      unawaited(phone.sdk.login('minsu'));
      await phone.sdk.addTags({'level': 5});
      unawaited(phone.sdk.logout());
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(server.one('iOSPush').tags, isEmpty);
      expect(server.one('iOSPush').user, isNull);
    });

    test('a permission that is taken away and given back follows', () async {
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 2));
      for (final (allowed, status) in [
        (PushPermission.denied, -22),
        (PushPermission.granted, 1),
      ]) {
        phone.push.allowed = allowed;
        phone.lifecycle.move(open: true);
        await phone.clock.elapse(const Duration(seconds: 2));
        expect(server.one('iOSPush').status, status);
      }
    });

    test('what an administrator switched off stays off', () async {
      await phone.start();
      await phone.sdk.disablePush();
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').status, -2);
      await phone.kill();
      await phone.start();
      phone.push.tokens.add('ffff');
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').status, -2);
      await phone.sdk.enablePush();
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(server.one('iOSPush').status, 1);
    });
  });

  group('consent', () {
    test(
      'before it nothing leaves the device, with it everything does',
      () async {
        phone.config = _config(requireConsent: true);
        await phone.start();
        unawaited(phone.sdk.login('minsu'));
        phone.push.arriving.add(message);
        await phone.sdk.fetchInAppMessages();
        await phone.clock.elapse(const Duration(minutes: 5));
        expect(server.requests, isEmpty);
        await phone.sdk.setConsent(true);
        await phone.clock.elapse(const Duration(seconds: 3));
        expect(server.one('iOSPush').user, 'minsu');
        expect(server.events.length, 1);
      },
    );

    test('taken back stops everything', () async {
      phone.config = _config(requireConsent: true);
      await phone.start();
      await phone.sdk.setConsent(true);
      await phone.clock.elapse(const Duration(seconds: 2));
      await phone.sdk.setConsent(false);
      final before = server.requests.length;
      await phone.sdk.addTags({'a': 1});
      await phone.clock.elapse(const Duration(minutes: 1));
      expect(server.requests.length, before);
    });
  });

  group('log', () {
    test('goes where the app wants it, as loud as it wants', () async {
      final lines = <String>[];
      phone.config = _config(
        logLevel: SignalLogLevel.error,
        onLog: (_, line) => lines.add(line),
      );
      server.fault = (_) => Fault.error500;
      await phone.start();
      await phone.clock.elapse(const Duration(seconds: 1));
      expect(lines.first, contains('internal_error'));
      await phone.kill();
    });
  });

  group('metrics', () {
    test('count starts, registrations, logins and errors', () async {
      server.fault =
          (one) => one.path.endsWith('login') ? Fault.error500 : Fault.none;
      await phone.start();
      unawaited(phone.sdk.login('minsu'));
      await phone.clock.elapse(const Duration(seconds: 1));
      final metrics = phone.sdk.metrics!;
      expect((metrics.registered, metrics.notIdentified), (2, 1));
      expect(metrics.errors['internal_error'], 1);
      expect(metrics.queueMax, greaterThan(0));
      expect(metrics.startedWithin(0.95), 0);
      expect(phone.sdk.requests, greaterThan(2));
    });

    test('are reported by the share of installs that was asked for', () async {
      for (final (sample, sent) in [(0.0, 0), (1.0, 1)]) {
        server.config = {'metrics_sample': sample};
        await phone.start();
        await phone.clock.elapse(const Duration(minutes: 61));
        phone.lifecycle.move(open: false);
        await phone.clock.elapse(const Duration(seconds: 1));
        final found = server.requests.where(
          (one) => one.path.contains('metrics'),
        );
        expect(found.length, sent);
        await phone.kill();
      }
    });
  });

  test('the singleton is one', () {
    expect(identical(AutomataSignal(), AutomataSignal()), isTrue);
    expect(AutomataSignal().automataId, isNull);
    expect(AutomataSignal().metrics, isNull);
    expect(AutomataSignal().requests, 0);
  });
}
