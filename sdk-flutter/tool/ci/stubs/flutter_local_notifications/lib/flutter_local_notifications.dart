/// Declarations that the glue uses, as in flutter_local_notifications 20 to 22 (named parameters); for the type gate
/// only.
library;

class AndroidInitializationSettings {
  const AndroidInitializationSettings(this.defaultIcon);

  final String defaultIcon;
}

class InitializationSettings {
  const InitializationSettings({this.android});

  final AndroidInitializationSettings? android;
}

class NotificationResponse {
  String? get payload => null;
}

class NotificationAppLaunchDetails {
  bool get didNotificationLaunchApp => false;
  NotificationResponse? get notificationResponse => null;
}

typedef DidReceiveNotificationResponseCallback =
    void Function(NotificationResponse details);

class Importance {
  const Importance(this.value);

  static const Importance high = Importance(4);

  final int value;
}

class Priority {
  const Priority(this.value);

  static const Priority high = Priority(1);

  final int value;
}

class AndroidNotificationDetails {
  const AndroidNotificationDetails(
    this.channelId,
    this.channelName, {
    this.importance = Importance.high,
    this.priority = Priority.high,
    this.tag,
  });

  final String channelId;
  final String channelName;
  final Importance importance;
  final Priority priority;
  final String? tag;
}

class NotificationDetails {
  const NotificationDetails({this.android});

  final AndroidNotificationDetails? android;
}

class FlutterLocalNotificationsPlugin {
  Future<bool?> initialize({
    required InitializationSettings settings,
    DidReceiveNotificationResponseCallback? onDidReceiveNotificationResponse,
  }) async => null;

  Future<void> show({
    required int id,
    String? title,
    String? body,
    NotificationDetails? notificationDetails,
    String? payload,
  }) async {}

  Future<void> cancelAll() async {}

  Future<NotificationAppLaunchDetails?>
  getNotificationAppLaunchDetails() async => null;
}
