/// Login, channels, tags, in-app triggers and a look into the queue.
library;

import 'package:automata_signal/automata_signal.dart';
import 'package:flutter/material.dart';

const String _appId = String.fromEnvironment('AUTOMATA_SIGNAL_APP_ID');

Future<void> main() async {
  WidgetsFlutterBinding.ensureInitialized();
  AutomataSignal()
    ..setMessageOpenedHandler((message) => _lines.add('opened ${message.link}'))
    ..setInAppMessageClickHandler((id, action) => _lines.add('$id: $action'));
  AutomataSignal().onError.listen((error) => _lines.add('$error'));
  await AutomataSignal().initialize(
    _appId,
    AutomataSignalConfig(logLevel: SignalLogLevel.info),
  );
  runApp(const MaterialApp(title: 'Automata-Signal', home: HomePage()));
}

final List<String> _lines = [];

class HomePage extends StatefulWidget {
  const HomePage({super.key});

  @override
  State<HomePage> createState() => _HomePageState();
}

class _HomePageState extends State<HomePage> {
  final TextEditingController _input = TextEditingController();
  List<String> _waiting = const [];

  Future<void> _run(Future<Object?> Function() call) async {
    final answer = await call();
    if (answer != null) _lines.add('$answer');
    _waiting = await AutomataSignal().waitingOperations;
    if (mounted) setState(() {});
  }

  @override
  void dispose() {
    _input.dispose();
    super.dispose();
  }

  Widget _button(String text, Future<Object?> Function(String input) call) =>
      ElevatedButton(
        onPressed: () => _run(() => call(_input.text)),
        child: Text(text),
      );

  @override
  Widget build(BuildContext context) {
    final signal = AutomataSignal();
    Future<Object?> none(Future<void> work) async {
      await work;
      return null;
    }

    return Scaffold(
      appBar: AppBar(title: const Text('Automata-Signal')),
      body: ListView(
        padding: const EdgeInsets.all(16),
        children: [
          TextField(
            controller: _input,
            decoration: const InputDecoration(
              labelText: 'external id, address, tag=value or trigger=value',
            ),
          ),
          _button('Log in', (text) => none(signal.login(text))),
          _button('Log out', (_) => none(signal.logout())),
          _button('Register e-mail', signal.registerEmail),
          _button('Register SMS', signal.registerSMS),
          _button('Register KakaoTalk', signal.registerKakaoTalk),
          _button('Add tag', (text) => none(signal.addTags(_pair(text)))),
          _button('Remove tag', (text) => none(signal.removeTags([text]))),
          _button(
            'Set trigger',
            (text) => none(signal.addTriggers(_pair(text))),
          ),
          _button('Fetch in-app', (_) => none(signal.fetchInAppMessages())),
          _button(
            'Ask for permission',
            (_) => signal.requestNotificationPermission(),
          ),
          _button('Disable push', (_) => none(signal.disablePush())),
          _button('Enable push', (_) => none(signal.enablePush())),
          Text('waiting: ${_waiting.join(', ')}'),
          for (final line in _lines) Text(line),
        ],
      ),
    );
  }

  static Map<String, Object?> _pair(String text) {
    final at = text.indexOf('=');
    if (at < 0) return {text: true};
    final value = text.substring(at + 1);
    return {text.substring(0, at): num.tryParse(value) ?? value};
  }
}
