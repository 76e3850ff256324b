/// The SDK sends exactly what the scenarios of contract/fixtures say; the same scenarios are replayed against the server.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:automata_signal/automata_signal_core.dart';
import 'package:test/test.dart';

import 'fakes/contract.dart';
import 'fakes/fake_platform.dart';
import 'fakes/fixture.dart';

/// One line of `sdk_calls`: a method of AutomataSignal with its arguments, or something that happens to the phone.
Future<void> _call(Phone phone, List<Object?> line, FixtureValues values) {
  late final sdk = phone.sdk;
  final given = line.skip(1).map(values.produce).toList();
  String text(int at) => given[at]! as String;
  Json object(int at) => given[at]! as Json;
  PushMessage push(int at) => PushMessage(messageId: text(at));
  return switch (line.first) {
    'initialize' => phone.start(),
    'restart' => phone.kill().then((_) => phone.start()),
    'login' when given.length > 1 => sdk.login(text(0), identityToken: text(1)),
    'login' => sdk.login(text(0)),
    'logout' => sdk.logout(),
    'setIdentityToken' => sdk.setIdentityToken(text(0)),
    'registerEmail' => sdk.registerEmail(text(0)),
    'registerSMS' => sdk.registerSMS(text(0)),
    'registerKakaoTalk' => sdk.registerKakaoTalk(text(0)),
    'addTags' => sdk.addTags(object(0)),
    'removeTags' => sdk.removeTags((given[0]! as List<Object?>).cast()),
    'updateUserProperties' => sdk.updateUserProperties(object(0)),
    'setLanguage' => sdk.setLanguage(text(0)),
    'disablePush' => sdk.disablePush(),
    'enablePush' => sdk.enablePush(),
    'fetchInAppMessages' => sdk.fetchInAppMessages(),
    'displayInAppMessage' => sdk.displayInAppMessage(text(0)),
    'confirmSubscription' => sdk.confirmSubscription(
      SubscriptionType.of(given[0])!,
      text(1),
    ),
    'resendConfirmation' => sdk.resendConfirmation(
      SubscriptionType.of(given[0])!,
    ),
    'newToken' => Future.sync(() => phone.push.tokens.add(text(0))),
    'permission' => Future.sync(() {
      phone.push.allowed = PushPermission.of(given[0])!;
      phone.lifecycle.move(open: true);
    }),
    'resume' => Future.sync(() => phone.lifecycle.move(open: true)),
    'pause' => Future.sync(() => phone.lifecycle.move(open: false)),
    'arrives' => Future.sync(() => phone.push.arriving.add(push(0))),
    'tapped' => Future.sync(() => phone.push.tapped.add(push(0))),
    'tapInApp' => Future.sync(() => phone.renderer.tap(text(0))),
    _ => throw StateError('no such call: ${line.first}'),
  };
}

Future<void> _replay(Json fixture) async {
  final values = FixtureValues({
    'app_id': Phone.appId,
    'message_id': '0192f0c1-7a00-7000-8000-00000000abcd',
    'token_minsu': 'a token about minsu',
    'code': '123456',
    'ios_token': '00112233445566778899aabbccddeeff' * 2,
  });
  final steps = (fixture['steps']! as List<Object?>).cast<Json>();
  final transport = FixtureTransport(steps, values);
  final phone = Phone(transport);
  for (final line
      in (fixture['sdk_calls']! as List<Object?>).cast<List<Object?>>()) {
    if (line.first == 'wait') {
      await phone.clock.elapse(Duration(seconds: line[1]! as int));
      continue;
    }
    unawaited(_call(phone, line, values));
    await phone.clock.elapse(const Duration(seconds: 2));
  }
  expect(transport.wrong, isNull);
  expect(transport.isDone, isTrue, reason: 'some requests were not sent');
  final state = fixture['state']! as Json;
  final found = <String, Object?>{};
  for (final type in SubscriptionType.values) {
    final one = await phone.sdk.subscription(type);
    if (one?.id != null)
      found[type.name] = [one!.id, one.status, one.externalId];
  }
  expect(found, values.produce(state['subscriptions']));
  expect(phone.codes, state['errors']);
  expect(await phone.sdk.waitingOperations, state['waiting'] ?? const []);
  await phone.kill();
}

void main() {
  final folder = Directory(contract('fixtures/first_start.json').parent.path);
  final files =
      folder.listSync().whereType<File>().toList()
        ..sort((a, b) => a.path.compareTo(b.path));
  group('fixture:', () {
    for (final file in files) {
      final fixture = jsonDecode(file.readAsStringSync()) as Json;
      test(fixture['name']! as String, () => _replay(fixture));
    }
  });
}
