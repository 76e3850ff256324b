/// How the SDK itself is doing: start-up time, success rates, errors.
library;

import 'dart:math';

import 'store/key_value_store.dart';
import 'wire/event_wire.dart';

/// Counts since the last report; small, and in memory only.
final class SignalMetrics {
  SignalMetrics(this._from);

  static const int _samples = 100;

  DateTime _from;
  final List<int> _initMs = [];
  int registered = 0;
  int notRegistered = 0;
  int identified = 0;
  int notIdentified = 0;
  final Map<String, int> errors = {};
  int queueMax = 0;

  DateTime get from => _from;

  void initialized(Duration took) {
    if (_initMs.length < _samples) _initMs.add(took.inMilliseconds);
  }

  void failed(String code) => errors[code] = (errors[code] ?? 0) + 1;

  void sawQueue(int length) => queueMax = max(queueMax, length);

  /// Milliseconds that this share of starts took at most; 0 without any.
  int startedWithin(double share) {
    if (_initMs.isEmpty) return 0;
    final sorted = [..._initMs]..sort();
    return sorted[min(sorted.length - 1, (sorted.length * share).floor())];
  }

  Json report(DateTime to) => metricsReport(
    from: _from,
    to: to,
    initMs: (
      p50: startedWithin(0.5),
      p95: startedWithin(0.95),
      n: _initMs.length,
    ),
    register: (ok: registered, fail: notRegistered),
    identify: (ok: identified, fail: notIdentified),
    errors: errors,
    queueMax: queueMax,
  );

  void begin(DateTime from) {
    _from = from;
    _initMs.clear();
    registered = notRegistered = identified = notIdentified = queueMax = 0;
    errors.clear();
  }
}
