/// Shows pushes that arrive while the app is open, on Android only: on iOS two delegates would fight over them.
library;

import 'dart:async';
import 'dart:convert';

import 'package:flutter_local_notifications/flutter_local_notifications.dart';

import '../core/platform.dart';

final class LocalPresenter {
  static const String _channelId = 'automata_signal';
  static const String _channelName = 'Messages';
  static const String _icon = String.fromEnvironment(
    'AUTOMATA_SIGNAL_ANDROID_ICON',
    defaultValue: '@mipmap/ic_launcher',
  );

  final FlutterLocalNotificationsPlugin _plugin =
      FlutterLocalNotificationsPlugin();
  final StreamController<PushMessage> _opened = StreamController.broadcast();
  Future<void>? _ready;

  Stream<PushMessage> get opened => _opened.stream;

  Future<void> _prepare() =>
      _ready ??= _plugin.initialize(
        settings: const InitializationSettings(
          android: AndroidInitializationSettings(_icon),
        ),
        onDidReceiveNotificationResponse: (response) {
          final message = _decode(response.payload);
          if (message != null) _opened.add(message);
        },
      );

  /// The message's id is the tag, as in the server's own pushes: the same message replaces itself.
  Future<void> show(PushMessage message) async {
    await _prepare();
    await _plugin.show(
      id: message.messageId.hashCode & 0x7fffffff,
      title: message.title,
      body: message.body,
      notificationDetails: NotificationDetails(
        android: AndroidNotificationDetails(
          _channelId,
          _channelName,
          importance: Importance.high,
          priority: Priority.high,
          tag: message.messageId,
        ),
      ),
      payload: jsonEncode({
        'as_mid': message.messageId,
        'as_link': message.link,
      }),
    );
  }

  /// The tap on one of ours that started the app.
  Future<PushMessage?> initialMessage() async {
    final details = await _plugin.getNotificationAppLaunchDetails();
    if (details == null || !details.didNotificationLaunchApp) return null;
    return _decode(details.notificationResponse?.payload);
  }

  Future<void> clear() => _plugin.cancelAll();

  static PushMessage? _decode(String? payload) {
    if (payload == null) return null;
    try {
      final value = jsonDecode(payload);
      if (value case {
        'as_mid': final String id,
        'as_link': final Object? link,
      }) {
        return PushMessage(messageId: id, link: link is String ? link : null);
      }
    } on FormatException {
      return null;
    }
    return null;
  }
}
