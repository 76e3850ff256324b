/// What the core needs from where it runs: Flutter's glue implements it in an app, tests and tools implement it too.
library;

import 'dart:async';
import 'dart:math';

import 'in_app/in_app_message.dart';
import 'net/transport.dart';
import 'store/key_value_store.dart';
import 'subscription_type.dart';

/// The time, and alarms.
abstract interface class SignalClock {
  DateTime now();

  /// Call back once, after the duration.
  Timer timer(Duration after, void Function() callback);
}

/// The device's own clock.
final class SystemClock implements SignalClock {
  const SystemClock();

  @override
  DateTime now() => DateTime.now();

  @override
  Timer timer(Duration after, void Function() callback) =>
      Timer(after, callback);
}

/// What the device says about itself.
final class DeviceDetails {
  const DeviceDetails({
    this.model,
    this.os,
    this.osName,
    this.language,
    this.appVersion,
    this.countryCode,
  });

  final String? model;

  /// Name and version, as `iOS 18.1`.
  final String? os;

  /// `ios` or `android`.
  final String? osName;
  final String? language;
  final String? appVersion;

  /// ISO 3166-1 alpha-2.
  final String? countryCode;
}

abstract interface class DeviceProbe {
  Future<DeviceDetails> read();
}

/// A push as the platform handed it over.
final class PushMessage {
  const PushMessage({
    required this.messageId,
    this.title,
    this.body,
    this.link,
    this.wantsReceipt = true,
    this.payload = const {},
  });

  final String messageId;
  final String? title;
  final String? body;

  /// What a tap opens.
  final String? link;
  final bool wantsReceipt;

  /// The sender's own data.
  final Map<String, Object?> payload;
}

/// A token, or the status code of what stands in the way.
final class PushToken {
  const PushToken(this.value, {this.error});

  final String? value;
  final int? error;
}

/// Push, as the platform does it.
abstract interface class PushAdapter {
  /// Null where there is no push.
  SubscriptionType? get type;
  Future<PushPermission> permission();
  Future<PushPermission> requestPermission();
  Future<PushToken> token();
  Stream<String> get tokenChanges;

  /// Pushes that arrive while the app is open.
  Stream<PushMessage> get received;

  /// Taps while the app lives.
  Stream<PushMessage> get opened;

  /// The tap that started the app.
  Future<PushMessage?> initialMessage();

  /// Show a push that arrived while the app is open, where the platform does not do it.
  Future<void> present(PushMessage message);
  Future<void> setForegroundPresentation({required bool enabled});
  Future<void> clearDisplayed();
}

abstract interface class Lifecycle {
  bool get inForeground;

  /// True on resume, false on pause.
  Stream<bool> get changes;

  /// Completes when the first frame was drawn.
  Future<void> get firstFrame;
}

/// Draws an in-app message; the core decides what and when.
abstract interface class InAppRenderer {
  /// Whether there is something to draw on now.
  bool get ready;
  void show(InAppPresentation presentation);

  /// Take away what is shown, if it is this message.
  void hide(String messageId);
}

/// One display: what to draw, and whom to tell.
final class InAppPresentation {
  InAppPresentation({
    required this.message,
    required this.onVisible,
    required this.onAction,
    required this.onDismissed,
  });

  final InAppMessage message;

  /// It is on the screen now.
  final void Function() onVisible;

  /// A button, or the message itself (`body`), was tapped.
  final void Function(String actionId) onAction;

  /// Closed without a button.
  final void Function() onDismissed;
}

abstract interface class LinkOpener {
  Future<void> open(Uri link);
}

/// Everything together.
final class SignalPlatform {
  SignalPlatform({
    required this.store,
    required this.transport,
    required this.push,
    required this.device,
    required this.lifecycle,
    required this.renderer,
    required this.links,
    this.clock = const SystemClock(),
    Random? random,
  }) : random = random ?? Random.secure();

  final KeyValueStore store;
  final Transport Function(Uri server) transport;
  final PushAdapter push;
  final DeviceProbe device;
  final Lifecycle lifecycle;
  final InAppRenderer renderer;
  final LinkOpener links;
  final SignalClock clock;
  final Random random;

  /// A random UUID (version 4).
  String uuid() {
    final bytes = List<int>.generate(16, (_) => random.nextInt(256));
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    final hex =
        bytes.map((one) => one.toRadixString(16).padLeft(2, '0')).join();
    return '${hex.substring(0, 8)}-${hex.substring(8, 12)}-'
        '${hex.substring(12, 16)}-${hex.substring(16, 20)}-${hex.substring(20)}';
  }
}
