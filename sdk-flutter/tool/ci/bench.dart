/// What start, login, registrations and receipts of the SDK cost on this machine: one JSON line.
///
///     tool/ci/dart tool/ci/bench.dart http://127.0.0.1:8080 <application id> [sessions]
library;

import 'dart:convert';
import 'dart:io';
import 'dart:math';

import 'package:automata_signal/automata_signal_core.dart';

import '../../test/fakes/fake_platform.dart';

const int _queued = 1000;

Map<String, Object> _figures(List<int> micros) {
  final sorted = [...micros]..sort();
  double at(double share) =>
      sorted[min(sorted.length - 1, (share * sorted.length).floor())] / 1000;
  return {
    'n': sorted.length,
    'p50_ms': at(0.5),
    'p95_ms': at(0.95),
    'p99_ms': at(0.99),
  };
}

Future<void> main(List<String> arguments) async {
  final [url, app, ...rest] = arguments;
  final sessions = int.parse(rest.firstOrNull ?? '20');
  final folder = Directory.systemTemp.createTempSync('sdk-bench');
  final random = Random(7);
  final device = FakeDevice();
  final times = <String, List<int>>{};
  var requests = 0, phones = 0;

  Future<T> timed<T>(String name, Future<T> Function() work) async {
    final watch = Stopwatch()..start();
    final value = await work();
    times.putIfAbsent(name, () => []).add(watch.elapsedMicroseconds);
    return value;
  }

  AutomataSignal phone(Directory home, {bool isOnline = true}) {
    final token = List.generate(64, (_) => random.nextInt(10)).join();
    return AutomataSignal.on(
      SignalPlatform(
        store: FileStore(home),
        transport: isOnline ? IoTransport.new : (_) => _Tunnel(),
        push: FakePush(current: PushToken(token)),
        device: device,
        lifecycle: FakeLifecycle(),
        renderer: FakeRenderer(),
        links: device,
      ),
    );
  }

  final config = AutomataSignalConfig(
    serverUrl: url,
    logLevel: SignalLogLevel.none,
  );
  for (var at = 0; at < sessions; at++) {
    final sdk = phone(Directory('${folder.path}/${phones++}'));
    await timed('initialize', () => sdk.initialize(app, config));
    await timed('first_registrations', sdk.settled);
    await timed(
      'login',
      () => sdk.login('user $at ${random.nextInt(1 << 30)}'),
    );
    await timed('email', () => sdk.registerEmail('user$at@example.com'));
    await timed('sms', () => sdk.registerSMS('+8210${10000000 + at}'));
    await timed('kakao', () => sdk.registerKakaoTalk('+8210${20000000 + at}'));
    requests += sdk.requests;
    await sdk.close();
  }
  final emptyRss = ProcessInfo.currentRss;

  // A thousand things to tell, asked for in a tunnel; then the app starts again in the open.
  final home = Directory('${folder.path}/${phones++}');
  final offline = phone(home, isOnline: false);
  await offline.initialize(
    app,
    AutomataSignalConfig(
      serverUrl: url,
      logLevel: SignalLogLevel.none,
      operationTimeout: Duration.zero,
    ),
  );
  for (var at = 0; at < _queued - 2; at++) {
    await timed(
      'asked_for_offline',
      () => at.isEven ? offline.login('user$at') : offline.logout(),
    );
  }
  await offline.close();
  final full = phone(home);
  await timed('initialize_with_1000', () => full.initialize(app, config));
  await timed('drain_1000', full.settled);
  await full.close();

  stdout.writeln(
    jsonEncode({
      for (final MapEntry(:key, :value) in times.entries) key: _figures(value),
      'requests_per_session': requests / sessions,
      'rss_mb': {
        'vm_and_sdk': emptyRss ~/ (1 << 20),
        'after_a_queue_of_1000': ProcessInfo.currentRss ~/ (1 << 20),
      },
    }),
  );
  folder.deleteSync(recursive: true);
  exit(0);
}

final class _Tunnel implements Transport {
  @override
  void close() {}

  @override
  Future<SignalResponse> send(SignalRequest request) async =>
      throw const TransportFailure('network', 'in a tunnel');
}
