/// What the server puts into a push, read from what firebase_messaging hands over.
library;

import 'package:firebase_messaging/firebase_messaging.dart';

import '../core/platform.dart';

/// Null for a push of somebody else.
PushMessage? readPush(RemoteMessage? message) {
  final data = message?.data;
  final id = data?['as_mid'];
  if (message == null || data == null || id is! String) return null;
  final link = data['as_link'];
  return PushMessage(
    messageId: id,
    title: message.notification?.title,
    body: message.notification?.body,
    link: link is String ? link : null,
    wantsReceipt: data['as_rcpt'] == '1',
    payload: {
      for (final MapEntry(:key, :value) in data.entries)
        if (!key.startsWith('as_')) key: value,
    },
  );
}
