/// Whatever is interleaved with whatever faults and kills ends as the same calls made online, one after the other.
library;

import 'dart:async';
import 'dart:io';
import 'dart:math';

import 'package:automata_signal/automata_signal_core.dart';
import 'package:test/test.dart';

import 'fakes/fake_clock.dart';
import 'fakes/fake_platform.dart';
import 'fakes/model_server.dart';

typedef _Call = ({String name, Future<void> Function(Phone phone) run});

List<_Call> _calls(Random random) {
  String pick(List<String> some) => some[random.nextInt(some.length)];
  const people = ['minsu', 'jiyoung', 'minho'];
  const mails = ['a@example.com', 'b@example.com'];
  const phones = ['+821012345678', '+821087654321'];
  return List.generate(4 + random.nextInt(14), (_) {
    final person = pick(people), mail = pick(mails), number = pick(phones);
    final tag = pick(['level', 'city', 'vip']), value = random.nextInt(4);
    final language = pick(['ko', 'en']);
    final token = List.generate(64, (_) => random.nextInt(10)).join();
    final some = <_Call>[
      (name: 'login $person', run: (phone) => phone.sdk.login(person)),
      (name: 'login $person again', run: (phone) => phone.sdk.login(person)),
      (name: 'logout', run: (phone) => phone.sdk.logout()),
      (name: 'email $mail', run: (phone) => phone.sdk.registerEmail(mail)),
      (name: 'sms $number', run: (phone) => phone.sdk.registerSMS(number)),
      (name: 'tag $tag', run: (phone) => phone.sdk.addTags({tag: value})),
      (name: 'untag $tag', run: (phone) => phone.sdk.removeTags([tag])),
      (name: 'disable push', run: (phone) => phone.sdk.disablePush()),
      (name: 'enable push', run: (phone) => phone.sdk.enablePush()),
      (
        name: 'disable email',
        run: (phone) => phone.sdk.disableChannel(SubscriptionType.Email),
      ),
      (
        name: 'language $language',
        run: (phone) => phone.sdk.setLanguage(language),
      ),
      (
        name: 'token',
        run: (phone) async {
          phone.push.current = PushToken(token);
          phone.push.tokens.add(token);
        },
      ),
    ];
    return some[random.nextInt(some.length)];
  });
}

/// Each call online, and the next when all of it is done.
Future<ModelServer> _inOrder(int seed) async {
  final server = ModelServer();
  final phone = Phone(server, seed: seed);
  await phone.start();
  await phone.clock.elapse(const Duration(seconds: 2));
  for (final call in _calls(Random(seed))) {
    await _during(phone.clock, call.run(phone));
    await phone.clock.elapse(const Duration(seconds: 2));
  }
  await phone.kill();
  return server;
}

Future<void> _during(FakeClock clock, Future<void> work) async {
  var done = false;
  unawaited(work.then((_) => done = true));
  while (!done) {
    await clock.elapse(const Duration(seconds: 1));
  }
}

/// The same calls as fast as they come, on a bad network, in processes that die.
Future<({ModelServer server, List<String> story})> _inDisorder(int seed) async {
  final random = Random(seed * 31 + 7);
  final server = ModelServer();
  final phone = Phone(server, seed: seed);
  final badness = random.nextDouble() * 0.7;
  server.fault = (_) {
    if (random.nextDouble() > badness) return Fault.none;
    return Fault.values[1 + random.nextInt(Fault.values.length - 1)];
  };
  final story = <String>[];
  await phone.start();
  for (final call in _calls(Random(seed))) {
    story.add(call.name);
    // It counts as made when it is stored, which takes no network.
    unawaited(call.run(phone).catchError((_) {}));
    if (random.nextBool()) await _stored(phone);
    if (random.nextInt(3) == 0) {
      final wait = Duration(milliseconds: random.nextInt(4000));
      story.add('$wait');
      await phone.clock.elapse(wait);
    }
    if (random.nextInt(5) == 0) {
      story.add('kill');
      await _stored(phone);
      await phone.kill();
      if (random.nextBool()) await phone.clock.elapse(const Duration(hours: 5));
      await phone.start();
    }
  }
  await _stored(phone);
  server.fault = (_) => Fault.none;
  await phone.kill();
  await phone.start();
  await phone.clock.elapse(const Duration(minutes: 15));
  final left = await phone.sdk.waitingOperations;
  if (left.isNotEmpty) story.add('left over: $left');
  await phone.kill();
  return (server: server, story: story);
}

/// Microtasks only: no request gets further than it would in an instant.
Future<void> _stored(Phone phone) async {
  for (var turn = 0; turn < 40; turn++) {
    await Future<void>.value();
  }
}

void main() {
  final seeds = int.parse(Platform.environment['SDK_SEEDS'] ?? '300');
  final first = int.parse(Platform.environment['SDK_FIRST_SEED'] ?? '0');
  test('any interleaving ends in the state of the calls in order', () async {
    for (var seed = first; seed < first + seeds; seed++) {
      final wanted = await _inOrder(seed);
      final found = await _inDisorder(seed);
      expect(
        found.server.summary.difference(wanted.summary),
        isEmpty,
        reason: 'seed $seed, wanted ${wanted.summary}, ${found.story}',
      );
      expect(
        wanted.summary.difference(found.server.summary),
        isEmpty,
        reason: 'seed $seed, found ${found.server.summary}, ${found.story}',
      );
    }
  });
}
