/// Declarations that the glue uses, as in firebase_messaging 16.5.0; for the type gate only.
library;

import 'package:firebase_core/firebase_core.dart';

export 'package:firebase_core/firebase_core.dart' show FirebaseException;

enum AuthorizationStatus { authorized, denied, notDetermined, provisional }

class NotificationSettings {
  AuthorizationStatus get authorizationStatus =>
      AuthorizationStatus.notDetermined;
}

class RemoteNotification {
  String? get title => null;
  String? get body => null;
}

class RemoteMessage {
  String? get messageId => null;
  Map<String, dynamic> get data => const {};
  RemoteNotification? get notification => null;
}

typedef BackgroundMessageHandler = Future<void> Function(RemoteMessage message);

class FirebaseMessaging {
  static FirebaseMessaging get instance => throw FirebaseException();
  static Stream<RemoteMessage> get onMessage => const Stream.empty();
  static Stream<RemoteMessage> get onMessageOpenedApp => const Stream.empty();
  static void onBackgroundMessage(BackgroundMessageHandler handler) {}

  Future<String?> getToken({String? vapidKey}) async => null;
  Future<String?> getAPNSToken() async => null;
  Stream<String> get onTokenRefresh => const Stream.empty();
  Future<RemoteMessage?> getInitialMessage() async => null;
  Future<NotificationSettings> getNotificationSettings() async =>
      NotificationSettings();
  Future<NotificationSettings> requestPermission({
    bool alert = true,
    bool announcement = false,
    bool badge = true,
    bool carPlay = false,
    bool criticalAlert = false,
    bool provisional = false,
    bool sound = true,
    bool providesAppNotificationSettings = false,
  }) async => NotificationSettings();
  Future<void> setForegroundNotificationPresentationOptions({
    bool alert = false,
    bool badge = false,
    bool sound = false,
  }) async {}
}
