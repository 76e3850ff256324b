/// In-app messages: one at a time, by their rules, reported as what they were.
library;

import 'dart:async';

import 'package:automata_signal/automata_signal_core.dart';
import 'package:test/test.dart';

import 'fakes/fake_clock.dart';
import 'fakes/fake_platform.dart';
import 'fakes/model_server.dart';

Json _message(
  String id, {
  Json display = const {},
  List<Object?> triggers = const [],
  Json more = const {},
}) => {
  'v': 1,
  'id': id,
  'layout': 'modal',
  'content': {
    'title': id,
    'style': {'bg': '#FFFFFF', 'fg': '#222222', 'corner': 12},
    'image': {'url': 'https://a.example/a.png', 'w': 1, 'h': 1},
    'buttons': [
      {
        'id': 'go',
        'text': 'Go',
        'action': {'type': 'deeplink', 'value': 'app://sale'},
        'converts': true,
      },
      {
        'id': 'no',
        'text': 'No',
        'action': {'type': 'dismiss'},
      },
      {
        'id': 'ask',
        'text': 'Ask',
        'action': {'type': 'push_permission'},
      },
      {
        'id': 'tag',
        'text': 'Tag',
        'action': {'type': 'tag', 'key': 'likes', 'value': 'sales'},
      },
      {
        'id': 'event',
        'text': 'Event',
        'action': {'type': 'event', 'name': 'wish'},
      },
    ],
  },
  'display': display,
  'triggers': triggers,
  ...more,
};

List<Object?> _when(String kind, String op, Object? value, {String key = ''}) =>
    [
      [
        {'kind': kind, 'key': key, 'op': op, 'value': value},
      ],
    ];

void main() {
  late ModelServer server;
  late Phone phone;
  setUp(() {
    server = ModelServer();
    phone = Phone(server);
  });

  Future<void> started(List<Json> messages) async {
    server.inApp = messages;
    await phone.start();
    await phone.clock.elapse(const Duration(seconds: 3));
  }

  List<String> events() => [
    for (final one in server.events)
      [
        one['type'],
        one['message_id'],
        if (one['action_id'] != null) one['action_id'],
        if (one['code'] != null) one['code'],
      ].join(' '),
  ];

  Iterable<SignalRequest> fetches() =>
      server.requests.where((one) => one.path.contains('in-app'));

  test('the most important one is shown, the next after a while', () async {
    await started([
      _message('low', display: {'priority': 1, 'max_total': 1}),
      _message('high', display: {'priority': 9, 'max_total': 1}),
    ]);
    expect(phone.renderer.shown, ['high']);
    phone.renderer.close();
    await phone.clock.elapse(const Duration(seconds: 20));
    expect(phone.renderer.shown, ['high']);
    await phone.clock.elapse(const Duration(seconds: 15));
    expect(phone.renderer.shown, ['high', 'low']);
    expect(events(), ['displayed high', 'dismissed high', 'displayed low']);
  });

  test('an impression counts after a second on the screen', () async {
    phone.launch();
    server.inApp = [_message('m1')];
    phone.renderer.draws = false;
    await phone.sdk.initialize(Phone.appId, phone.config);
    await phone.clock.elapse(const Duration(seconds: 10));
    expect(events(), isEmpty);
    phone.renderer.onScreen!.onVisible();
    await phone.clock.elapse(const Duration(milliseconds: 500));
    phone.renderer.close();
    await phone.clock.elapse(const Duration(seconds: 5));
    expect(events(), ['dismissed m1']);
  });

  test('impressions survive a restart', () async {
    final once = _message('m1', display: {'max_total': 1});
    await started([once]);
    expect(phone.renderer.shown, ['m1']);
    await phone.kill();
    await phone.start();
    await phone.clock.elapse(const Duration(minutes: 5));
    expect(phone.renderer.shown, isEmpty);
  });

  test('the cache shows what it can while the server is away', () async {
    await started([_message('m1', triggers: _when('screen', 'eq', 'cart'))]);
    await phone.kill();
    server.isDown = true;
    await phone.start();
    await phone.sdk.setScreen('cart');
    await phone.clock.elapse(const Duration(seconds: 1));
    expect(phone.renderer.shown, ['m1']);
  });

  test('a button that converts opens its link and tells the app', () async {
    final clicks = <String>[];
    phone.launch();
    phone.sdk.setInAppMessageClickHandler(
      (id, action) => clicks.add('$id $action'),
    );
    server.inApp = [_message('m1')];
    await phone.sdk.initialize(Phone.appId, phone.config);
    await phone.clock.elapse(const Duration(seconds: 3));
    phone.renderer.tap('go');
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(clicks, ['m1 go']);
    expect('${phone.device.openedLinks.single}', 'app://sale');
    expect(events(), ['displayed m1', 'clicked m1 go', 'converted m1']);
    expect(phone.renderer.onScreen, isNull);
  });

  for (final (button, check) in <(String, bool Function(Phone, ModelServer))>[
    ('tag', (phone, server) => server.one('iOSPush').tags['likes'] == 'sales'),
    ('ask', (phone, server) => phone.push.prompts == 1),
    ('event', (phone, server) => phone.renderer.shown.last == 'wished'),
    ('no', (phone, server) => phone.renderer.onScreen == null),
  ]) {
    test('the button $button does what it says', () async {
      await started([
        _message('m1', display: {'max_total': 1, 'priority': 1}),
        _message('wished', triggers: _when('event', 'eq', true, key: 'wish')),
      ]);
      phone.renderer.tap(button);
      await phone.clock.elapse(const Duration(seconds: 40));
      expect(check(phone, server), isTrue);
    });
  }

  test('triggers are looked at when something changes', () async {
    await started([
      _message('custom', triggers: _when('custom', 'eq', 'gold', key: 'plan')),
      _message('event', triggers: _when('event', 'gt', 100, key: 'amount')),
      _message('tag', triggers: _when('tag', 'exists', null, key: 'vip')),
    ]);
    expect(phone.renderer.shown, isEmpty);
    Future<void> close() async {
      phone.renderer.close();
      await phone.clock.elapse(const Duration(seconds: 40));
    }

    await phone.sdk.addTrigger('plan', 'gold');
    expect(phone.renderer.shown, ['custom']);
    await phone.sdk.removeTrigger('plan');
    await close();
    await phone.sdk.trackEvent('purchase', {'amount': 120});
    expect(phone.renderer.shown, ['custom', 'event']);
    await phone.sdk.trackEvent('something else');
    await close();
    await phone.sdk.addTags({'vip': true});
    expect(phone.renderer.shown, ['custom', 'event', 'tag']);
    await phone.sdk.removeTags(['vip']);
  });

  test('time in the session is a trigger by itself', () async {
    await started([
      _message('m1', triggers: _when('session_seconds', 'gte', 60)),
    ]);
    await phone.clock.elapse(const Duration(seconds: 50));
    expect(phone.renderer.shown, isEmpty);
    await phone.clock.elapse(const Duration(seconds: 15));
    expect(phone.renderer.shown, ['m1']);
  });

  test('half a minute away begins a new session', () async {
    await started([
      _message('m1', display: {'per_session': 1}),
    ]);
    phone.renderer.close();
    Future<void> away(int seconds) async {
      phone.lifecycle.move(open: false);
      await phone.clock.elapse(Duration(seconds: seconds));
      phone.lifecycle.move(open: true);
      await phone.clock.elapse(const Duration(seconds: 40));
    }

    await away(20);
    expect(phone.renderer.shown, ['m1']);
    await away(30);
    expect(phone.renderer.shown, ['m1', 'm1']);
  });

  test('it waits for its delay and goes by itself', () async {
    await started([
      _message(
        'm1',
        display: {'delay_ms': 5000, 'auto_dismiss_s': 3, 'max_total': 1},
      ),
    ]);
    expect(phone.renderer.shown, isEmpty);
    await phone.clock.elapse(const Duration(seconds: 3));
    expect(phone.renderer.shown, ['m1']);
    await phone.clock.elapse(const Duration(seconds: 5));
    expect(phone.renderer.onScreen, isNull);
    expect(events(), ['displayed m1', 'dismissed m1']);
  });

  test(
    'nothing is shown while paused, away, or without a place to draw',
    () async {
      phone.launch();
      server.inApp = [_message('m1')];
      phone.renderer.ready = false;
      await phone.sdk.initialize(Phone.appId, phone.config);
      await phone.clock.elapse(const Duration(seconds: 10));
      await phone.sdk.pauseInAppMessages(paused: true);
      phone.renderer.ready = true;
      await phone.clock.elapse(const Duration(seconds: 10));
      expect(phone.renderer.shown, isEmpty);
      await phone.sdk.pauseInAppMessages(paused: false);
      expect(phone.renderer.shown, ['m1']);
    },
  );

  test('asked for at most once a minute, and with what is known', () async {
    await started([_message('m1', triggers: _when('screen', 'eq', 'x'))]);
    for (var at = 0; at < 5; at++) {
      await phone.sdk.fetchInAppMessages();
    }
    await phone.clock.elapse(const Duration(seconds: 58));
    await phone.sdk.fetchInAppMessages();
    await FakeClock.settle();
    expect(fetches().length, 2);
    expect(fetches().last.headers['if-none-match'], isNotNull);
    expect(await phone.sdk.inAppMessages, hasLength(1));
  });

  test('another user does not see what was there for the first', () async {
    await started([_message('m1')]);
    expect(phone.renderer.onScreen, isNotNull);
    server.inApp = [];
    unawaited(phone.sdk.login('jiyoung'));
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(phone.renderer.onScreen, isNull);
    expect(await phone.sdk.inAppMessages, isEmpty);
    server.inApp = [_message('m2')];
    await phone.sdk.fetchInAppMessages();
    await phone.clock.elapse(const Duration(seconds: 40));
    expect(phone.renderer.shown, ['m1', 'm2']);
  });

  group('asked for by id', () {
    test('it is shown when its rules allow it, before others', () async {
      await started([
        _message('m1', triggers: _when('custom', 'exists', null, key: 'x')),
        _message(
          'm2',
          triggers: _when('custom', 'exists', null, key: 'x'),
          display: {'priority': 9},
        ),
      ]);
      await phone.sdk.pauseInAppMessages(paused: true);
      await phone.sdk.addTrigger('x', 1);
      await phone.sdk.displayInAppMessage('m1');
      await phone.sdk.pauseInAppMessages(paused: false);
      expect(phone.renderer.shown, ['m1']);
    });

    test('rules that do not hold are told, as is an unknown id', () async {
      await started([_message('m1', triggers: _when('screen', 'eq', 'cart'))]);
      await phone.sdk.displayInAppMessage('m1');
      await phone.sdk.displayInAppMessage('m9');
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(events(), ['failed m1 -72']);
      expect(phone.codes, ['in_app_conditions', 'in_app_unknown']);
    });

    test('switched off, it is given up', () async {
      await started([_message('m1', triggers: _when('screen', 'eq', 'cart'))]);
      await phone.sdk.disableChannel(SubscriptionType.InAppMessage);
      await phone.sdk.displayInAppMessage('m1');
      await phone.sdk.setScreen('cart');
      await phone.clock.elapse(const Duration(seconds: 3));
      expect(events(), ['failed m1 -71']);
      expect(server.one('InAppMessage').status, -2);
      expect(phone.renderer.shown, isEmpty);
    });

    test('what the app draws by itself is reported by it', () async {
      await started([_message('m1', triggers: _when('screen', 'eq', 'cart'))]);
      await phone.sdk.trackInAppMessageAction('m1', 'go');
      await phone.sdk.trackInAppMessageAction('m1', 'no');
      await phone.clock.elapse(const Duration(seconds: 2));
      expect(events(), ['clicked m1 go', 'converted m1', 'clicked m1 no']);
    });
  });

  test('what this version cannot show is given up, once', () async {
    await started([
      _message('m1', more: {'v': 2}),
      _message('m2', more: {'layout': 'hologram'}),
      {'v': 1, 'layout': 'modal'},
    ]);
    expect(events(), ['failed m1 -70', 'failed m2 -70']);
    await phone.clock.elapse(const Duration(minutes: 2));
    server.inApp = [
      ...server.inApp,
      _message('m3', triggers: _when('screen', 'eq', 'x')),
    ];
    await phone.sdk.fetchInAppMessages();
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(events().length, 2);
  });

  test('no room to keep them is told, once a day', () async {
    await phone.start();
    await phone.clock.elapse(const Duration(seconds: 62));
    server.inApp = [_message('m1', triggers: _when('screen', 'eq', 'x'))];
    phone.store.full = true;
    await phone.sdk.fetchInAppMessages();
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(phone.codes, contains('store_failed'));
    expect(events(), ['failed m1 -73']);
    for (final (screen, later) in const [
      ('y', Duration(minutes: 2)),
      ('z', Duration(days: 1)),
    ]) {
      await phone.clock.elapse(later);
      server.inApp = [_message('m1', triggers: _when('screen', 'eq', screen))];
      await phone.sdk.fetchInAppMessages();
      await phone.clock.elapse(const Duration(seconds: 2));
    }
    expect(events(), ['failed m1 -73', 'failed m1 -73']);
  });

  test('a start that fails is reported and lifted by the next', () async {
    phone.launch();
    phone.store.unreadable = 'as.iam.v1';
    await phone.sdk.initialize(Phone.appId, phone.config);
    await phone.clock.elapse(const Duration(seconds: 3));
    expect(phone.codes, ['in_app_not_started']);
    await phone.kill();
    await phone.start();
    await phone.clock.elapse(const Duration(seconds: 3));
    expect(server.one('InAppMessage').status, 1);
  });

  test('a lost in-app subscription is registered again', () async {
    await started([]);
    server.lose(server.one('InAppMessage'));
    await phone.clock.elapse(const Duration(seconds: 60));
    await phone.sdk.fetchInAppMessages();
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(server.one('InAppMessage').status, 1);
    server.inApp = [_message('m1')];
    await phone.sdk.fetchInAppMessages();
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(phone.renderer.shown, ['m1']);
  });

  for (final fault in [Fault.error500, Fault.lost]) {
    test(
      'a fetch that meets $fault is told and tried at the next chance',
      () async {
        await started([]);
        server.fault =
            (one) => one.path.contains('in-app') ? fault : Fault.none;
        await phone.clock.elapse(const Duration(seconds: 60));
        await phone.sdk.fetchInAppMessages();
        await FakeClock.settle();
        expect(phone.codes, hasLength(1));
        server.fault = (_) => Fault.none;
        server.inApp = [_message('m1')];
        await phone.clock.elapse(const Duration(seconds: 61));
        await phone.sdk.fetchInAppMessages();
        await FakeClock.settle();
        expect(phone.renderer.shown, ['m1']);
      },
    );
  }

  test('a handler that throws does no harm', () async {
    await started([_message('m1')]);
    phone.sdk.setInAppMessageClickHandler((_, _) => throw StateError('oops'));
    phone.renderer.tap('go');
    await phone.clock.elapse(const Duration(seconds: 2));
    expect(phone.codes, ['handler_failed']);
    expect(phone.device.openedLinks, hasLength(1));
  });
}
