/// Requests and answers about subscriptions and users, as JSON.
library;

import '../store/key_value_store.dart';
import '../subscription_type.dart';
import 'json_reading.dart';

/// What a device reports about itself and its push; null members are left out.
Json deviceReport({
  String? model,
  String? os,
  String? language,
  String? appVersion,
  String? sdkVersion,
  String? countryCode,
  int? testType,
  String? token,
  PushPermission? permission,
  bool? enabled,
}) => {
  if (model != null) 'device_model': model,
  if (os != null) 'device_os': os,
  if (language != null) 'device_language': language,
  if (appVersion != null) 'app_version': appVersion,
  if (sdkVersion != null) 'sdk_version': sdkVersion,
  if (countryCode != null) 'country_code': countryCode,
  if (testType != null) 'test_type': testType,
  if (token != null) 'token': token,
  if (permission != null) 'permission': permission.name,
  if (enabled != null) 'enabled': enabled,
};

/// A code that stands in the way of push, or null when nothing does any longer.
Json pushErrorReport(int? code) => {'push_error': code};

/// POST /v1/client/subscriptions
Json registration({
  required String installId,
  required SubscriptionType type,
  required Json report,
  Json tags = const {},
  String? externalId,
  String? identityToken,
  bool doubleOptIn = false,
}) => {
  'install_id': installId,
  'type': type.name,
  ...report,
  if (tags.isNotEmpty) 'tags': tags,
  if (externalId != null) 'external_id': externalId,
  if (identityToken != null) 'identity_token': identityToken,
  if (doubleOptIn) 'double_opt_in': true,
};

/// The token that a stored report carries.
String? tokenOf(Json report) => textOf(report['token']);

/// Tags, and properties of a user.
Json factChanges({required Json set, required List<String> remove}) => {
  'set': set,
  'remove': remove,
};

Json factsToSet(Json changes) => objectOf(changes['set']) ?? const {};

List<String> factsToRemove(Json changes) => textsOf(changes['remove']);

Json loginRequest({
  required String externalId,
  required List<String> subscriptionIds,
  String? identityToken,
}) => {
  'external_id': externalId,
  'subscription_ids': subscriptionIds,
  if (identityToken != null) 'identity_token': identityToken,
};

Json logoutRequest({required List<String> subscriptionIds}) => {
  'subscription_ids': subscriptionIds,
};

Json propertiesRequest({
  required String subscriptionId,
  required Json changes,
}) => {'subscription_id': subscriptionId, 'properties': changes};

Json confirmation({required String code}) => {'code': code};

/// A subscription as the server answers it.
final class SubscriptionAnswer {
  SubscriptionAnswer(Json j)
    : id = textOf(j['id']),
      type = SubscriptionType.of(j['type']),
      status = intOf(j['subscription_status']) ?? SubscriptionStatus.never,
      userId = textOf(j['user_id']),
      externalId = textOf(j['external_id']),
      installSecret = textOf(j['install_secret']);

  final String? id;
  final SubscriptionType? type;
  final int status;
  final String? userId;
  final String? externalId;
  final String? installSecret;
}

/// One subscription in the answer to a login or logout.
final class LinkedAnswer {
  LinkedAnswer(Json j)
    : id = textOf(j['id']),
      status = intOf(j['subscription_status']),
      replaces = textOf(j['replaces']);

  final String? id;
  final int? status;

  /// The id that was merged into this one.
  final String? replaces;
}

final class LoginAnswer {
  LoginAnswer(Json j)
    : userId = textOf(j['user_id']),
      externalId = textOf(j['external_id']),
      created = boolOf(j['created']) ?? false,
      subscriptions =
          objectsOf(j['subscriptions']).map(LinkedAnswer.new).toList();

  final String? userId;
  final String? externalId;
  final bool created;
  final List<LinkedAnswer> subscriptions;
}

final class LogoutAnswer {
  LogoutAnswer(Json j)
    : subscriptionIds = {
        for (final one in objectsOf(j['subscriptions']))
          if (textOf(one['id']) case final String id) id,
      };

  final Set<String> subscriptionIds;
}

/// GET /v1/client/config
final class ConfigAnswer {
  ConfigAnswer(Json j)
    : receiptsEnabled = boolOf(j['receipts_enabled']) ?? true,
      inAppInterval = Duration(seconds: intOf(j['iam_min_interval']) ?? 60),
      confirmsEmail = boolOf(objectOf(j['double_opt_in'])?['email']) ?? false,
      confirmsSMS = boolOf(objectOf(j['double_opt_in'])?['sms']) ?? false,
      identityRequired = boolOf(j['identity_required']) ?? false,
      metricsSample = numberOf(j['metrics_sample']) ?? 0,
      minimumVersion = textOf(j['min_sdk_version']),
      defaultLanguage = textOf(j['default_language']);

  final bool receiptsEnabled;
  final Duration inAppInterval;
  final bool confirmsEmail;
  final bool confirmsSMS;
  final bool identityRequired;
  final double metricsSample;
  final String? minimumVersion;
  final String? defaultLanguage;
}

/// Problem details (RFC 9457).
final class ProblemAnswer {
  ProblemAnswer(Json j)
    : code = textOf(j['code']),
      detail = textOf(j['detail']),
      field = textOf(j['field']),
      subscriptionId = textOf(j['subscription_id']);

  final String? code;
  final String? detail;
  final String? field;
  final String? subscriptionId;
}
