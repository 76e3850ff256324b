/// What this install knows of itself and of its place on the server; kept between starts.
library;

import 'store/key_value_store.dart';
import 'subscription_type.dart';
import 'wire/json_reading.dart';

/// One subscription of this install. For addresses `token` is what was typed, so that it can be registered again.
final class SubscriptionRecord {
  SubscriptionRecord(
    this.type, {
    this.id,
    this.token,
    this.status = SubscriptionStatus.never,
    this.enabled = true,
  });

  final SubscriptionType type;
  String? id;
  String? token;
  int status;

  /// The user's switch, which outlives tokens and restarts.
  bool enabled;

  Json toJson() => {
    'type': type.name,
    'id': id,
    'token': token,
    'status': status,
    'enabled': enabled,
  };

  static SubscriptionRecord? fromJson(Json j) {
    final type = SubscriptionType.of(j['type']);
    if (type == null) return null;
    return SubscriptionRecord(
      type,
      id: textOf(j['id']),
      token: textOf(j['token']),
      status: intOf(j['status']) ?? SubscriptionStatus.never,
      enabled: boolOf(j['enabled']) ?? true,
    );
  }
}

/// Read once at the start; written after every change.
final class SdkState {
  SdkState._(this._document);

  static const String key = 'as.state.v1';

  final StoredDocument _document;

  String appId = '';
  String installId = '';
  String? installSecret;

  /// The server refused this install's secret: the next start makes a new install.
  bool installRejected = false;

  /// Who is logged in, as the app sees it.
  String? externalId;

  /// Who is logged in, as the server last said; operations lie between the two.
  String? linkedExternalId;

  /// The server's id of the user.
  String? userId;
  String? identityToken;
  String? language;
  bool? consent;

  /// For the background isolate and the service extension, which know no configuration.
  String? server;
  bool tracksEvents = true;
  bool requiresConsent = false;

  /// May anything leave the device?
  bool get mayTalk =>
      installSecret != null && (!requiresConsent || (consent ?? false));
  final List<SubscriptionRecord> records = [];

  /// Tags that were set before there was a subscription to carry them.
  Json pendingTags = {};

  /// Every tag set on this install, for in-app conditions.
  Json tags = {};
  Json config = {};

  static Future<SdkState> load(
    KeyValueStore store, {
    required StoreProblem onProblem,
  }) async {
    final document = StoredDocument(store, key, onProblem: onProblem);
    final state = SdkState._(document);
    final j = await document.load();
    if (j != null) state._read(j);
    return state;
  }

  void _read(Json j) {
    appId = textOf(j['app_id']) ?? '';
    installId = textOf(j['install_id']) ?? '';
    installSecret = textOf(j['install_secret']);
    installRejected = boolOf(j['install_rejected']) ?? false;
    externalId = textOf(j['external_id']);
    linkedExternalId = textOf(j['linked_external_id']);
    userId = textOf(j['user_id']);
    identityToken = textOf(j['identity_token']);
    language = textOf(j['language']);
    consent = boolOf(j['consent']);
    server = textOf(j['server']);
    tracksEvents = boolOf(j['tracks_events']) ?? true;
    requiresConsent = boolOf(j['requires_consent']) ?? false;
    pendingTags = {...?objectOf(j['pending_tags'])};
    tags = {...?objectOf(j['tags'])};
    config = {...?objectOf(j['config'])};
    records.addAll(
      objectsOf(
        j['records'],
      ).map(SubscriptionRecord.fromJson).whereType<SubscriptionRecord>(),
    );
  }

  bool _closed = false;

  /// Whoever opened it next writes it from now on.
  void close() => _closed = true;

  Future<bool> save() async =>
      !_closed &&
      await _document.save({
        'app_id': appId,
        'install_id': installId,
        'install_secret': installSecret,
        'install_rejected': installRejected,
        'external_id': externalId,
        'linked_external_id': linkedExternalId,
        'user_id': userId,
        'identity_token': identityToken,
        'language': language,
        'consent': consent,
        'server': server,
        'tracks_events': tracksEvents,
        'requires_consent': requiresConsent,
        'pending_tags': pendingTags,
        'tags': tags,
        'config': config,
        'records': [for (final one in records) one.toJson()],
      });

  /// Begin as a new install; who is logged in and which addresses were typed is kept.
  void renewInstall(String newId) {
    installId = newId;
    installSecret = null;
    installRejected = false;
    linkedExternalId = null;
    for (final one in records) {
      one.id = null;
    }
  }

  /// Begin as another app's install.
  void forget(String newAppId, String newId) {
    appId = newAppId;
    renewInstall(newId);
    externalId = userId = identityToken = language = null;
    records.clear();
    pendingTags = {};
    tags = {};
    config = {};
  }

  /// The newest of its type.
  SubscriptionRecord? record(SubscriptionType type) {
    for (final one in records.reversed) {
      if (one.type == type) return one;
    }
    return null;
  }

  /// The record that a registration means: push and in-app have one each, addresses one per address and user.
  SubscriptionRecord recordFor(SubscriptionType type, String? token) {
    for (final one in records.reversed) {
      if (one.type == type && (!type.isAddress || one.token == token)) {
        return one;
      }
    }
    final made = SubscriptionRecord(type, token: token);
    records.add(made);
    return made;
  }

  List<String> get ids => [
    for (final one in records)
      if (one.id case final String id) id,
  ];

  SubscriptionRecord? byId(String? id) {
    for (final one in records) {
      if (id != null && one.id == id) return one;
    }
    return null;
  }

  /// The device's own push subscription, whichever platform this is.
  SubscriptionRecord? get push =>
      record(SubscriptionType.iOSPush) ?? record(SubscriptionType.AndroidPush);
}
