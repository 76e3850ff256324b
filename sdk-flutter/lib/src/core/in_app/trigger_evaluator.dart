/// Decides whether a message may be shown now. The server decides alike; contract/trigger_vectors.json binds both.
library;

import '../store/key_value_store.dart';
import 'in_app_message.dart';

/// How often a message was shown on this install.
final class ShownCounters {
  const ShownCounters({this.total = 0, this.lastAt, this.inSession = 0});

  final int total;
  final DateTime? lastAt;
  final int inSession;
}

/// All that a decision looks at.
final class DisplayContext {
  const DisplayContext({
    required this.now,
    required this.minuteOfDay,
    this.appVersion,
    this.sdkVersion,
    this.os,
    this.language,
    this.subscriptionStatus = 1,
    this.counters = const ShownCounters(),
    this.lastShownAt,
    this.globalGapSeconds = 30,
    this.event = const {},
    this.tags = const {},
    this.custom = const {},
    this.attributes = const {},
    this.screen,
    this.sessionSeconds = 0,
  });

  final DateTime now;

  /// By the device's own clock and zone.
  final int minuteOfDay;
  final String? appVersion;
  final String? sdkVersion;
  final String? os;
  final String? language;
  final int subscriptionStatus;
  final ShownCounters counters;

  /// When any message was shown last.
  final DateTime? lastShownAt;
  final int globalGapSeconds;

  /// The property bag of what just happened.
  final Json event;
  final Json tags;
  final Json custom;
  final Json attributes;
  final String? screen;
  final num sessionSeconds;
}

/// Why a message is not shown; `show` when nothing stands in the way. Named as in the vectors.
enum DisplayVerdict {
  show,
  holdout,
  not_started,
  ended,
  app_version,
  sdk_version,
  os,
  lang,
  not_subscribed,
  max_total,
  min_gap,
  per_session,
  global_gap,
  quiet,
  triggers,
}

DisplayVerdict evaluate(InAppMessage message, DisplayContext context) =>
    _eligibility(message, context) ??
    _frequency(message, context) ??
    (triggersHold(message, context)
        ? DisplayVerdict.show
        : DisplayVerdict.triggers);

DisplayVerdict? _eligibility(InAppMessage message, DisplayContext context) {
  final start = message.start, end = message.end;
  final app = message.appVersions, sdk = message.sdkVersions;
  if (message.holdout) return DisplayVerdict.holdout;
  if (start != null && context.now.isBefore(start)) {
    return DisplayVerdict.not_started;
  }
  if (end != null && !context.now.isBefore(end)) return DisplayVerdict.ended;
  if (app != null && !app.holds(context.appVersion)) {
    return DisplayVerdict.app_version;
  }
  if (sdk != null && !sdk.holds(context.sdkVersion)) {
    return DisplayVerdict.sdk_version;
  }
  if (message.os.isNotEmpty && !message.os.contains(context.os)) {
    return DisplayVerdict.os;
  }
  final language = _primary(context.language);
  if (message.languages.isNotEmpty &&
      !message.languages.any((one) => _primary(one) == language)) {
    return DisplayVerdict.lang;
  }
  if (context.subscriptionStatus < 1) return DisplayVerdict.not_subscribed;
  return null;
}

DisplayVerdict? _frequency(InAppMessage message, DisplayContext context) {
  final counters = context.counters, last = counters.lastAt;
  final most = message.maxTotal, gap = message.minGapSeconds;
  final perSession = message.perSession, any = context.lastShownAt;
  if (most != null && counters.total >= most) return DisplayVerdict.max_total;
  if (gap != null && last != null && _seconds(last, context) < gap) {
    return DisplayVerdict.min_gap;
  }
  if (perSession != null && counters.inSession >= perSession) {
    return DisplayVerdict.per_session;
  }
  if (any != null && _seconds(any, context) < context.globalGapSeconds) {
    return DisplayVerdict.global_gap;
  }
  if (message.quiet?.holds(context.minuteOfDay) ?? false) {
    return DisplayVerdict.quiet;
  }
  return null;
}

double _seconds(DateTime since, DisplayContext context) =>
    context.now.difference(since).inMilliseconds / 1000;

String? _primary(String? language) =>
    language?.split(RegExp('[-_]')).first.toLowerCase();

/// One of the groups holds, each of whose conditions holds; no groups: always.
bool triggersHold(InAppMessage message, DisplayContext context) =>
    message.triggers.isEmpty ||
    message.triggers.any(
      (group) => group.every((one) => _conditionHolds(one, context)),
    );

bool _conditionHolds(InAppCondition condition, DisplayContext context) {
  final last = context.lastShownAt, screen = context.screen;
  return switch (condition.kind) {
    ConditionKind.event => _inBag(condition, context.event),
    ConditionKind.tag => _inBag(condition, context.tags),
    ConditionKind.custom => _inBag(condition, context.custom),
    ConditionKind.attr => _inBag(condition, context.attributes),
    ConditionKind.screen => _compare(condition, screen != null, screen),
    ConditionKind.sessionSeconds => _compare(
      condition,
      true,
      context.sessionSeconds,
    ),
    ConditionKind.secondsSinceLast => _compare(
      condition,
      last != null,
      last == null ? null : _seconds(last, context),
    ),
  };
}

bool _inBag(InAppCondition condition, Json bag) =>
    _compare(condition, bag.containsKey(condition.key), bag[condition.key]);

bool _compare(InAppCondition condition, bool present, Object? actual) {
  final wanted = condition.value;
  final op = condition.op;
  if (!present) return op == ConditionOp.nexists || op == ConditionOp.nin;
  return switch (op) {
    ConditionOp.exists => true,
    ConditionOp.nexists => false,
    ConditionOp.eq => _same(actual, wanted),
    ConditionOp.ne => !_same(actual, wanted),
    ConditionOp.gt => _ordered(actual, wanted, (order) => order > 0),
    ConditionOp.gte => _ordered(actual, wanted, (order) => order >= 0),
    ConditionOp.lt => _ordered(actual, wanted, (order) => order < 0),
    ConditionOp.lte => _ordered(actual, wanted, (order) => order <= 0),
    ConditionOp.isIn => _among(actual, wanted),
    ConditionOp.nin => !_among(actual, wanted),
    ConditionOp.contains =>
      actual is String
          ? wanted is String && actual.contains(wanted)
          : _among(wanted, actual),
  };
}

/// Numbers as doubles, everything else of one type by value; never one type for another.
bool _same(Object? left, Object? right) {
  if (left is num && right is num) return left.toDouble() == right.toDouble();
  if (left is String && right is String) return left == right;
  if (left is bool && right is bool) return left == right;
  return left == null && right == null;
}

bool _among(Object? one, Object? all) =>
    all is List<Object?> && all.any((other) => _same(one, other));

bool _ordered(Object? left, Object? right, bool Function(int) holds) =>
    left is num &&
    right is num &&
    holds(left.toDouble().compareTo(right.toDouble()));

/// The one to show of several that may be: highest priority, then earliest start, then smallest id.
InAppMessage? choose(Iterable<InAppMessage> candidates) {
  InAppMessage? best;
  for (final one in candidates) {
    if (best == null || _before(one, best) < 0) best = one;
  }
  return best;
}

int _before(InAppMessage left, InAppMessage right) {
  final priority = right.priority.compareTo(left.priority);
  if (priority != 0) return priority;
  final first = left.start, second = right.start;
  if (first == null || second == null) {
    if (first != second) return first == null ? -1 : 1;
  } else {
    final start = first.compareTo(second);
    if (start != 0) return start;
  }
  return left.id.compareTo(right.id);
}
