/// Every path of the client API, and nowhere else.
library;

abstract final class Endpoints {
  static const String config = '/v1/client/config';
  static const String subscriptions = '/v1/client/subscriptions';
  static const String login = '/v1/client/users/login';
  static const String logout = '/v1/client/users/logout';
  static const String properties = '/v1/client/users/properties';
  static const String events = '/v1/client/events';
  static const String metrics = '/v1/client/sdk-metrics';

  static String subscription(String id) => '/v1/client/subscriptions/$id';
  static String tags(String id) => '/v1/client/subscriptions/$id/tags';
  static String confirm(String id) => '/v1/client/subscriptions/$id/confirm';
  static String resend(String id) =>
      '/v1/client/subscriptions/$id/confirm/resend';
  static String inAppMessages(String id) =>
      '/v1/client/in-app-messages?subscription_id=$id';
}
