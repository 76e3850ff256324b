/// The Android isolate that hears a push while the app is closed.
library;

import 'package:firebase_messaging/firebase_messaging.dart';
import 'package:flutter/widgets.dart';

import '../core/receipts/background_delivery.dart';
import 'flutter_platform.dart';
import 'push_payload.dart';

/// An app with a background handler of its own calls this from it.
@pragma('vm:entry-point')
Future<void> automataSignalBackgroundHandler(RemoteMessage message) async {
  WidgetsFlutterBinding.ensureInitialized();
  final push = readPush(message);
  if (push == null || !push.wantsReceipt) return;
  await BackgroundDelivery.received(backgroundPlatform(), push.messageId);
}
