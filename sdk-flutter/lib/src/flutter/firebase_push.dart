/// Push by firebase_messaging: FCM tokens on Android, APNs tokens on iOS, because the server sends to APNs itself.
library;

import 'dart:async';
import 'dart:io';

import 'package:firebase_core/firebase_core.dart';
import 'package:firebase_messaging/firebase_messaging.dart';

import '../core/platform.dart';
import '../core/subscription_type.dart';
import 'background_handler.dart';
import 'local_presenter.dart';
import 'push_payload.dart';

final class FirebasePush implements PushAdapter {
  /// A token that is not there by then comes later, as a change.
  static const Duration _patience = Duration(seconds: 2);

  final LocalPresenter _presenter = LocalPresenter();
  bool _listening = false;

  FirebaseMessaging get _messaging => FirebaseMessaging.instance;

  @override
  SubscriptionType? get type {
    if (Platform.isIOS) return SubscriptionType.iOSPush;
    if (Platform.isAndroid) return SubscriptionType.AndroidPush;
    return null;
  }

  /// Once, also when the app has done it before.
  Future<void> _prepare() async {
    if (Firebase.apps.isEmpty) await Firebase.initializeApp();
    if (_listening) return;
    _listening = true;
    if (Platform.isAndroid) {
      FirebaseMessaging.onBackgroundMessage(automataSignalBackgroundHandler);
    }
  }

  @override
  Future<PushPermission> permission() async {
    await _prepare();
    return _permission(await _messaging.getNotificationSettings());
  }

  @override
  Future<PushPermission> requestPermission() async {
    await _prepare();
    return _permission(await _messaging.requestPermission());
  }

  static PushPermission _permission(NotificationSettings settings) =>
      switch (settings.authorizationStatus) {
        AuthorizationStatus.authorized ||
        AuthorizationStatus.provisional => PushPermission.granted,
        AuthorizationStatus.denied => PushPermission.denied,
        AuthorizationStatus.notDetermined => PushPermission.not_asked,
      };

  @override
  Future<PushToken> token() async {
    try {
      await _prepare();
      final token = await (Platform.isIOS
              ? _messaging.getAPNSToken()
              : _messaging.getToken())
          .timeout(_patience);
      return PushToken(token);
    } on TimeoutException {
      return const PushToken(null);
    } on FirebaseException catch (error) {
      return PushToken(null, error: _code(error));
    }
  }

  /// What the catalogue of subscription codes says about it; null for what may pass.
  static int? _code(FirebaseException error) {
    final text = '${error.code} ${error.message}'.toUpperCase();
    if (Platform.isIOS) {
      if (text.contains('ENTITLEMENT')) {
        return SubscriptionStatus.pushCapabilityMissing;
      }
      if (text.contains('SIMULATOR')) return SubscriptionStatus.simulator;
      return null;
    }
    if (text.contains('MISSING_INSTANCEID_SERVICE')) return -8;
    if (text.contains('INVALID_SENDER') || text.contains('SENDER_ID'))
      return -6;
    if (text.contains('SERVICE_VERSION_UPDATE_REQUIRED')) return -7;
    return null;
  }

  /// On iOS a refresh of the FCM token says that the APNs token may have changed.
  @override
  Stream<String> get tokenChanges =>
      _messaging.onTokenRefresh.asyncExpand((token) async* {
        if (!Platform.isIOS) {
          yield token;
          return;
        }
        final apns = await _messaging.getAPNSToken();
        if (apns != null) yield apns;
      });

  @override
  Stream<PushMessage> get received => _read(FirebaseMessaging.onMessage);

  @override
  Stream<PushMessage> get opened {
    final own = StreamController<PushMessage>();
    _read(FirebaseMessaging.onMessageOpenedApp).listen(own.add);
    _presenter.opened.listen(own.add);
    return own.stream;
  }

  static Stream<PushMessage> _read(Stream<RemoteMessage> messages) =>
      messages.map(readPush).where((one) => one != null).cast<PushMessage>();

  @override
  Future<PushMessage?> initialMessage() async {
    await _prepare();
    return readPush(await _messaging.getInitialMessage()) ??
        await _presenter.initialMessage();
  }

  /// iOS shows it by itself, see below; the presenter never touches iOS.
  @override
  Future<void> present(PushMessage message) async {
    if (Platform.isAndroid) await _presenter.show(message);
  }

  @override
  Future<void> setForegroundPresentation({required bool enabled}) async {
    if (!Platform.isIOS) return;
    await _prepare();
    await _messaging.setForegroundNotificationPresentationOptions(
      alert: enabled,
      badge: enabled,
      sound: enabled,
    );
  }

  @override
  Future<void> clearDisplayed() async {
    if (Platform.isAndroid) await _presenter.clear();
  }
}
