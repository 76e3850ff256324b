/// Events and metrics, as JSON.
library;

import '../store/key_value_store.dart';
import 'json_reading.dart';

/// What can happen to a message on a device; named as on the wire.
enum SignalEventType {
  received,
  converted,
  displayed,
  clicked,
  dismissed,
  failed,
}

/// One event of POST /v1/client/events.
Json event({
  required String id,
  required String messageId,
  required String subscriptionId,
  required SignalEventType type,
  required DateTime occurredAt,
  String? actionId,
  int? code,
}) => {
  'id': id,
  'message_id': messageId,
  'subscription_id': subscriptionId,
  'type': type.name,
  'occurred_at': occurredAt.toUtc().toIso8601String(),
  if (actionId != null) 'action_id': actionId,
  if (code != null) 'code': code,
};

Json eventBatch(List<Json> events) => {'events': events};

/// Which events will never be taken, and why.
final class EventsAnswer {
  EventsAnswer(Json j)
    : accepted = textsOf(j['accepted']),
      rejected = {
        for (final one in objectsOf(j['rejected']))
          if (textOf(one['id']) case final String id)
            id: textOf(one['code']) ?? 'rejected',
      };

  final List<String> accepted;
  final Map<String, String> rejected;
}

/// GET /v1/client/in-app-messages
final class InAppMessagesAnswer {
  InAppMessagesAnswer(Json j)
    : messages = objectsOf(j['messages']).toList(),
      nextFetch = Duration(seconds: intOf(j['next_fetch_seconds']) ?? 60);

  /// Each as the content schema says; read by `InAppMessage.read`.
  final List<Json> messages;
  final Duration nextFetch;
}

/// POST /v1/client/sdk-metrics
Json metricsReport({
  required DateTime from,
  required DateTime to,
  required ({int p50, int p95, int n}) initMs,
  required ({int ok, int fail}) register,
  required ({int ok, int fail}) identify,
  required Map<String, int> errors,
  required int queueMax,
}) => {
  'window': {
    'from': from.toUtc().toIso8601String(),
    'to': to.toUtc().toIso8601String(),
  },
  'init_ms': {'p50': initMs.p50, 'p95': initMs.p95, 'n': initMs.n},
  'register': {'ok': register.ok, 'fail': register.fail},
  'identify': {'ok': identify.ok, 'fail': identify.fail},
  'errors': errors,
  'queue_max': queueMax,
};
