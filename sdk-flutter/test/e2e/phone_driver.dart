/// Phones on the Dart VM, moved by whoever writes to standard input: the SDK as it ships, real sockets, real files.
///
/// A line is `{"id": 1, "phone": "a", "do": "launch", …}`; the answer is a line `{"id": 1, "result": …}` or `"error"`.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:math';

import 'package:automata_signal/automata_signal_core.dart';

import '../fakes/fake_platform.dart';

/// The device's clock; alarms ring sooner, so that minutes of patience take seconds.
final class _HastyClock implements SignalClock {
  const _HastyClock(this.speed);

  final int speed;

  @override
  DateTime now() => DateTime.now();

  @override
  Timer timer(Duration after, void Function() callback) =>
      Timer(after ~/ speed, callback);
}

/// Loses requests and answers, and makes up errors, as often as it is told.
final class _BadNetwork implements Transport {
  _BadNetwork(this._inner, this._phone);

  final Transport _inner;
  final _Phone _phone;

  @override
  void close() => _inner.close();

  @override
  Future<SignalResponse> send(SignalRequest request) async {
    final isLast = ++_phone.sent == _phone.lastSend;
    if (isLast && !_phone.diesAnswered) _die();
    final isBad = _phone.random.nextDouble() < _phone.badness;
    final kind = isBad ? _phone.random.nextInt(4) : -1;
    if (kind == 0) throw const TransportFailure('network', 'lost on the way');
    if (kind == 1) return const SignalResponse(500, {}, '{"code": "made_up"}');
    if (kind == 2) {
      return const SignalResponse(429, {
        'retry-after': '1',
      }, '{"code": "made_up"}');
    }
    final answer = await _inner.send(request);
    if (isLast) _die();
    if (kind == 3) throw const TransportFailure('timeout', 'answer lost');
    return answer;
  }
}

/// No handler runs, nothing more is written: as when the system ends the app.
Never _die() {
  Process.killPid(pid, ProcessSignal.sigkill);
  throw StateError('alive after SIGKILL');
}

final class _Phone {
  _Phone(this.folder);

  final Directory folder;
  late SignalPlatform platform;
  late AutomataSignal sdk;
  late FakePush push;
  late FakeLifecycle lifecycle;
  late FakeRenderer renderer;
  late Json settings;
  late Random random;
  double badness = 0;

  /// Requests so far, and the one at which the process dies: before it leaves, or when its answer is there and nobody
  /// has seen it.
  int sent = 0;
  int? lastSend;
  bool diesAnswered = false;
  final FakeDevice device = FakeDevice();
  final List<String> errors = [];
  final List<String> opened = [];
  final List<String> received = [];
  final List<String> clicks = [];

  Future<void> launch(Json given) async {
    settings = given;
    final speed = given['speed'] as int? ?? 1;
    random = Random(given['seed'] as int? ?? 1);
    badness = (given['badness'] as num? ?? 0).toDouble();
    push = FakePush(
      type: SubscriptionType.of(given['type']),
      current: PushToken(given['token'] as String?),
    );
    lifecycle = FakeLifecycle();
    renderer = FakeRenderer();
    platform = SignalPlatform(
      store: FileStore(folder),
      transport: (server) => _BadNetwork(IoTransport(server), this),
      push: push,
      device: device,
      lifecycle: lifecycle,
      renderer: renderer,
      links: device,
      clock: speed == 1 ? const SystemClock() : _HastyClock(speed),
    );
    sdk = AutomataSignal.on(platform);
    sdk.onError.listen((one) => errors.add(one.code));
    sdk
      ..setMessageOpenedHandler((one) => opened.add(one.messageId))
      ..setMessageReceivedHandler((one) => received.add(one.messageId))
      ..setInAppMessageClickHandler((id, action) => clicks.add('$id $action'));
    await sdk.initialize(
      given['app']! as String,
      AutomataSignalConfig(
        serverUrl: given['url']! as String,
        logLevel: SignalLogLevel.none,
        enableInAppMessages: given['in_app'] as bool? ?? true,
      ),
    );
  }

  void dieAt(Json? given) {
    lastSend = given == null ? null : sent + (given['send']! as int);
    diesAnswered = given?['answered'] == true;
  }

  Future<Object?> state() async => {
    'subscriptions': {
      for (final type in SubscriptionType.values)
        if (await sdk.subscription(type) case final SubscriptionState one)
          if (one.id != null)
            type.name: {
              'id': one.id,
              'status': one.status,
              'external_id': one.externalId,
            },
    },
    'automata_id': sdk.automataId,
    'errors': errors,
    'opened': opened,
    'received': received,
    'clicks': clicks,
    'shown': renderer.shown,
    'on_screen': renderer.onScreen?.message.id,
    'links': [for (final one in device.openedLinks) '$one'],
    'waiting': await sdk.waitingOperations,
    'requests': sdk.requests,
  };
}

final Map<String, _Phone> _phones = {};
final Directory _root = Directory.systemTemp.createTempSync('phones');
int _folders = 0;

PushMessage _push(Json data) => PushMessage(
  messageId: data['as_mid']! as String,
  link: data['as_link'] as String?,
  wantsReceipt: data['as_rcpt'] == '1',
);

Future<Object?> _do(Json line) async {
  final name = line['phone']! as String;
  final fresh = _phones[name];
  final what = line['do'];
  if (what == 'launch') {
    // A folder of the caller's outlives the process.
    final own = line['folder'] as String?;
    final phone = _Phone(Directory(own ?? '${_root.path}/${_folders++}'));
    _phones[name] = phone;
    phone.dieAt(line['die_at'] as Json?);
    await phone.launch(line);
    return null;
  }
  final phone = fresh!;
  final sdk = phone.sdk;
  final given = line['with'];
  switch (what) {
    case 'restart':
      await sdk.close();
      await phone.launch({...phone.settings, ...?given as Json?});
    case 'settle':
      await sdk.settled();
    case 'login':
      final some = (given! as List<Object?>).cast<String>();
      await sdk.login(some.first, identityToken: some.elementAtOrNull(1));
    case 'logout':
      await sdk.logout();
    case 'registerEmail':
      return sdk.registerEmail(given! as String);
    case 'registerSMS':
      return sdk.registerSMS(given! as String);
    case 'registerKakaoTalk':
      return sdk.registerKakaoTalk(given! as String);
    case 'addTags':
      await sdk.addTags(given! as Json);
    case 'removeTags':
      await sdk.removeTags((given! as List<Object?>).cast());
    case 'properties':
      await sdk.updateUserProperties(given! as Json);
    case 'setLanguage':
      await sdk.setLanguage(given! as String);
    case 'push':
      await (given == true ? sdk.enablePush() : sdk.disablePush());
    case 'disableChannel':
      await sdk.disableChannel(SubscriptionType.of(given)!);
    case 'newToken':
      phone.push.tokens.add(given! as String);
    case 'permission':
      phone.push.allowed = PushPermission.of(given)!;
      phone.lifecycle.move(open: true);
    case 'arrives':
      phone.push.arriving.add(_push(given! as Json));
    case 'tapped':
      phone.push.tapped.add(_push(given! as Json));
    case 'fetchInAppMessages':
      await sdk.fetchInAppMessages();
    case 'addTrigger':
      final some = given! as List<Object?>;
      await sdk.addTrigger(some.first! as String, some.last);
    case 'tapInApp':
      phone.renderer.tap(given! as String);
    case 'badness':
      phone.badness = (given! as num).toDouble();
    case 'dieAt':
      phone.dieAt(given as Json?);
      phone.badness = 0;
      phone.lifecycle.move(open: true);
    case 'state':
      return phone.state();
    case 'kill':
      await sdk.close();
    default:
      throw StateError('no such thing to do: $what');
  }
  return null;
}

Future<void> main() async {
  final lines = stdin.transform(utf8.decoder).transform(const LineSplitter());
  await for (final text in lines) {
    final line = jsonDecode(text) as Json;
    unawaited(
      _do(line).then(
        (result) =>
            stdout.writeln(jsonEncode({'id': line['id'], 'result': result})),
        onError:
            (Object error, StackTrace trace) => stdout.writeln(
              jsonEncode({'id': line['id'], 'error': '$error\n$trace'}),
            ),
      ),
    );
  }
  for (final phone in _phones.values) {
    await phone.sdk.close();
  }
  _root.deleteSync(recursive: true);
  exit(0);
}
