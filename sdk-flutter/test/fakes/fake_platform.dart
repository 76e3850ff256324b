/// A phone without a phone: everything that the core asks of its platform, under a test's control.
library;

import 'dart:async';
import 'dart:math';

import 'package:automata_signal/automata_signal_core.dart';

import 'fake_clock.dart';

final class FakePush implements PushAdapter {
  FakePush({
    this.type = SubscriptionType.iOSPush,
    this.current = const PushToken(
      '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
    ),
    this.allowed = PushPermission.granted,
  });

  @override
  SubscriptionType? type;
  PushToken current;
  PushPermission allowed;
  PushPermission answer = PushPermission.granted;
  int prompts = 0;

  /// The plugin throws, as one that was not set up does.
  bool broken = false;
  PushMessage? initial;
  bool? foreground;
  int cleared = 0;
  final List<PushMessage> presented = [];
  final StreamController<String> tokens = StreamController.broadcast();
  final StreamController<PushMessage> arriving = StreamController.broadcast();
  final StreamController<PushMessage> tapped = StreamController.broadcast();

  @override
  Future<PushPermission> permission() async {
    if (broken) throw StateError('no Firebase app');
    return allowed;
  }

  @override
  Future<PushPermission> requestPermission() async {
    prompts += 1;
    return allowed = answer;
  }

  @override
  Future<PushToken> token() async => current;

  @override
  Stream<String> get tokenChanges => tokens.stream;

  @override
  Stream<PushMessage> get received => arriving.stream;

  @override
  Stream<PushMessage> get opened => tapped.stream;

  @override
  Future<PushMessage?> initialMessage() async => initial;

  @override
  Future<void> present(PushMessage message) async => presented.add(message);

  @override
  Future<void> setForegroundPresentation({required bool enabled}) async =>
      foreground = enabled;

  @override
  Future<void> clearDisplayed() async => cleared += 1;
}

final class FakeLifecycle implements Lifecycle {
  @override
  bool inForeground = true;
  final StreamController<bool> _changes = StreamController.broadcast();

  void move({required bool open}) {
    inForeground = open;
    _changes.add(open);
  }

  @override
  Stream<bool> get changes => _changes.stream;

  @override
  Future<void> get firstFrame async {}
}

final class FakeRenderer implements InAppRenderer {
  @override
  bool ready = true;

  /// Ids in the order of showing.
  final List<String> shown = [];
  InAppPresentation? onScreen;

  /// Whether what is shown becomes visible by itself.
  bool draws = true;

  @override
  void show(InAppPresentation presentation) {
    if (onScreen != null) throw StateError('two messages on the screen');
    onScreen = presentation;
    shown.add(presentation.message.id);
    if (draws) presentation.onVisible();
  }

  @override
  void hide(String messageId) {
    if (onScreen?.message.id == messageId) onScreen = null;
  }

  void tap(String buttonId) => onScreen!.onAction(buttonId);

  void close() => onScreen!.onDismissed();
}

final class FakeDevice implements DeviceProbe, LinkOpener {
  DeviceDetails details = const DeviceDetails(
    model: 'iPhone17,1',
    os: 'iOS 18.1',
    osName: 'ios',
    language: 'ko-KR',
    appVersion: '2.3.0',
    countryCode: 'KR',
  );
  final List<Uri> openedLinks = [];

  @override
  Future<DeviceDetails> read() async => details;

  @override
  Future<void> open(Uri link) async => openedLinks.add(link);
}

/// Forgets nothing but what a killed process writes after its death.
final class PhoneStore implements KeyValueStore {
  PhoneStore(this.values);

  final Map<String, String> values;
  bool dead = false;
  bool full = false;

  /// The process dies when it has written this key.
  String? lastWrite;

  /// This key cannot even be read.
  String? unreadable;

  @override
  Future<String?> read(String key) async {
    if (key == unreadable) throw StateError('the disk is broken');
    return values[key];
  }

  @override
  Future<void> write(String key, String value) async {
    if (full) throw StateError('no space left');
    if (!dead) values[key] = value;
    if (key == lastWrite) dead = true;
  }

  @override
  Future<void> remove(String key) async {
    if (!dead) values.remove(key);
  }
}

/// A phone with the app on it: it can be started, killed and started again, and remembers what was stored.
final class Phone {
  Phone(
    Transport transport, {
    FakeClock? clock,
    int seed = 1,
    AutomataSignalConfig? config,
  }) : _transport = transport,
       clock = clock ?? FakeClock(),
       random = Random(seed),
       config =
           config ??
           AutomataSignalConfig(
             serverUrl: 'https://signal.example',
             logLevel: SignalLogLevel.none,
           );

  static const String appId = '0192f0c1-7a00-7000-8000-000000000001';

  final Transport _transport;
  final FakeClock clock;
  final Random random;
  AutomataSignalConfig config;
  final Map<String, String> disk = {};
  FakePush push = FakePush();
  final FakeDevice device = FakeDevice();
  final List<SignalError> errors = [];
  final List<SubscriptionState> changes = [];
  FakeLifecycle lifecycle = FakeLifecycle();
  FakeRenderer renderer = FakeRenderer();
  late PhoneStore store;
  late AutomataSignal sdk;

  List<String> get codes => [for (final one in errors) one.code];

  SignalPlatform platform() => SignalPlatform(
    store: store,
    transport: (_) => _transport,
    push: push,
    device: device,
    lifecycle: lifecycle,
    renderer: renderer,
    links: device,
    clock: clock,
    random: random,
  );

  /// A new process.
  AutomataSignal launch() {
    store = PhoneStore(disk);
    lifecycle = FakeLifecycle();
    renderer = FakeRenderer();
    sdk = AutomataSignal.on(platform());
    sdk.onError.listen(errors.add);
    sdk.onSubscriptionChanged.listen(changes.add);
    return sdk;
  }

  Future<void> start() async {
    launch();
    await sdk.initialize(appId, config);
    await FakeClock.settle();
  }

  /// The process ends wherever it is.
  Future<void> kill() async {
    store.dead = true;
    await sdk.close();
  }
}
