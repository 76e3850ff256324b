/// Start, login and three registrations, timed on a real device; see README, "Performance on a device".
library;

import 'package:automata_signal/automata_signal.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:integration_test/integration_test.dart';

const String _appId = String.fromEnvironment('AUTOMATA_SIGNAL_APP_ID');

void main() {
  final binding = IntegrationTestWidgetsFlutterBinding.ensureInitialized();

  testWidgets('start, login, three registrations', (tester) async {
    final times = <String, int>{};
    Future<void> timed(String name, Future<Object?> Function() work) async {
      final watch = Stopwatch()..start();
      await work();
      times[name] = watch.elapsedMilliseconds;
    }

    final signal = AutomataSignal();
    await timed('initialize', () => signal.initialize(_appId));
    await timed('login', () => signal.login('perf'));
    await timed('email', () => signal.registerEmail('perf@example.com'));
    await timed('sms', () => signal.registerSMS('+821012345678'));
    await timed('kakao', () => signal.registerKakaoTalk('+821012345678'));
    binding.reportData = {...times, 'requests': signal.requests};
    expect(times['initialize']! < 1000, isTrue);
  });
}
