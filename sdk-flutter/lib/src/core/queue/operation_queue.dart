/// The queue of operations: persisted, first in first out, one on its way at a time.
library;

import 'dart:async';
import 'dart:math';

import '../platform.dart';
import '../signal_error.dart';
import '../store/key_value_store.dart';
import '../wire/json_reading.dart';
import 'coalescer.dart';
import 'operation.dart';
import 'retry_policy.dart';

/// What became of an attempt.
sealed class SendResult {
  const SendResult();
}

/// Done; `value` is what the caller waits for.
final class SendDone extends SendResult {
  const SendDone([this.value]);

  final String? value;
}

/// Later again.
final class SendRetry extends SendResult {
  const SendRetry(this.error, {this.after});

  final SignalError error;
  final Duration? after;
}

/// It will never work.
final class SendDropped extends SendResult {
  const SendDropped(this.error);

  final SignalError error;
}

/// Nothing will work until the app starts again or brings a new identity token.
final class SendPaused extends SendResult {
  const SendPaused(this.error);

  final SignalError error;
}

/// The server no longer knows a subscription: do this first, then try again.
final class SendFirst extends SendResult {
  const SendFirst(this.operation, this.error);

  final Operation operation;
  final SignalError error;
}

typedef Send = Future<SendResult> Function(Operation operation);

/// Survives kills: what `add` returned for is stored, and is sent at least once.
final class OperationQueue {
  OperationQueue({
    required KeyValueStore store,
    required this.clock,
    required this.random,
    required this.send,
    required this.onError,
    required StoreProblem onProblem,
    this.policy = const RetryPolicy(),
    this.window = const Duration(seconds: 1),
    this.capacity = 1000,
    this.maxAge = const Duration(days: 7),
  }) : _document = StoredDocument(store, key, onProblem: onProblem);

  static const String key = 'as.queue.v1';
  static const int maxRecoveries = 3;

  final SignalClock clock;
  final Random random;
  final Send send;
  final void Function(SignalError error) onError;
  final RetryPolicy policy;

  /// How long what can be merged waits for company.
  final Duration window;
  final int capacity;
  final Duration maxAge;

  final StoredDocument _document;
  final List<Operation> _waiting = [];
  final Map<String, Completer<String?>> _outcomes = {};
  final List<Completer<void>> _idle = [];
  Timer? _alarm;
  bool _running = false;
  bool _sending = false;
  bool _closed = false;

  /// The longest that the queue ever was.
  int longest = 0;

  List<Operation> get operations => List.unmodifiable(_waiting);

  bool get isEmpty => _waiting.isEmpty;

  Future<void> load() async {
    final stored = await _document.load();
    final found = objectsOf(stored?['operations']).map(Operation.fromJson);
    _waiting.insertAll(0, found.whereType<Operation>());
    longest = max(longest, _waiting.length);
  }

  /// Store it; the future completes when it would survive a kill.
  Future<Operation> add(Operation operation) async {
    final merged = coalesce(_waiting, operation, from: _sending ? 1 : 0);
    final kept = merged ?? operation;
    if (merged == null) {
      if (!operation.kind.isBarrier) operation.delay(clock.now(), window);
      _waiting.add(operation);
      _makeRoom();
      longest = max(longest, _waiting.length);
    }
    await _save();
    _pump();
    return kept;
  }

  /// What the server answered; null when it was dropped, or not done within the time.
  Future<String?> outcome(Operation operation, Duration within) async {
    if (!_waiting.contains(operation)) return _results.remove(operation.id);
    final waited = _outcomes.putIfAbsent(operation.id, Completer.new);
    final late = Completer<String?>();
    final alarm = clock.timer(within, () {
      if (!late.isCompleted) late.complete(null);
    });
    final value = await Future.any([waited.future, late.future]);
    alarm.cancel();
    return value;
  }

  final Map<String, String?> _results = {};

  /// Completes when nothing waits any longer.
  Future<void> idle() {
    if (_waiting.isEmpty) return Future.value();
    final waited = Completer<void>();
    _idle.add(waited);
    return waited.future;
  }

  /// Begin, or go on after a pause.
  void start() {
    _running = true;
    _pump();
  }

  void pause() {
    _running = false;
    _alarm?.cancel();
  }

  /// The network may be back: what waits because of failures is tried now, unless the server asked for patience.
  void hurry() {
    if (_waiting.isEmpty || _sending) return;
    final head = _waiting.first;
    if (head.attempts > 0 && !_patient) {
      head.attempts = 0;
      head.dueAt = null;
    }
    _pump();
  }

  bool _patient = false;

  /// A new identity token for whoever is logged in: also what waits for it gets it.
  Future<void> renewIdentityToken(String? externalId, String token) {
    for (final one in _waiting) {
      if (one.externalId == externalId) one.identityToken = token;
    }
    return _save();
  }

  void close() {
    _closed = true;
    _running = false;
    _alarm?.cancel();
  }

  Future<void> clear() {
    _waiting.clear();
    return _save();
  }

  void _makeRoom() {
    while (_waiting.length > capacity) {
      final from = _sending ? 1 : 0;
      final at = _waiting.indexWhere((one) => !one.kind.isIdentity, from);
      if (at < 0) return;
      _finish(_waiting[at]);
      onError(
        SignalError(
          'queue_full',
          'the oldest of $capacity waiting operations was given up',
          operation: _waiting.removeAt(at).kind.name,
        ),
      );
    }
  }

  void _dropExpired() {
    final oldest = clock.now().subtract(maxAge);
    final expired = [
      for (final one in _waiting)
        if (!one.kind.isIdentity && one.createdAt.isBefore(oldest)) one,
    ];
    for (final one in expired) {
      _waiting.remove(one);
      _finish(one);
      onError(
        SignalError('expired', 'it waited too long', operation: one.kind.name),
      );
    }
  }

  Future<bool> _save() => _document.save({
    'operations': [for (final one in _waiting) one.toJson()],
  });

  void _pump() {
    if (!_running || _sending || _closed) return;
    unawaited(_drain());
  }

  Future<void> _drain() async {
    _sending = true;
    try {
      while (_running && !_closed) {
        _dropExpired();
        if (_waiting.isEmpty) break;
        final head = _waiting.first;
        final wait = _waitOf(head);
        if (wait > Duration.zero) {
          _alarm?.cancel();
          _alarm = clock.timer(wait, () {
            // It has waited, whatever the device's clock says by now.
            head.dueAt = null;
            _pump();
          });
          return;
        }
        await _attempt(head);
      }
    } finally {
      _sending = false;
    }
    if (_waiting.isEmpty) {
      for (final one in _idle) {
        one.complete();
      }
      _idle.clear();
    }
  }

  /// What only waits for company does not hold up a login behind it.
  Duration _waitOf(Operation head) {
    final fresh = head.attempts == 0;
    if (fresh && _waiting.skip(1).any((one) => one.kind.isBarrier)) {
      return Duration.zero;
    }
    return head.remaining(clock.now());
  }

  Future<void> _attempt(Operation head) async {
    final result = await send(head);
    if (_closed) return;
    switch (result) {
      case SendDone(:final value):
        _waiting.remove(head);
        _finish(head, value);
      case SendDropped(:final error):
        _waiting.remove(head);
        _finish(head);
        onError(error);
      case SendRetry(:final error, :final after):
        head.attempts += 1;
        _patient = after != null;
        head.delay(
          clock.now(),
          policy.delay(head.attempts, random, retryAfter: after),
        );
        onError(error);
      case SendPaused(:final error):
        pause();
        onError(error);
      case SendFirst(:final operation, :final error):
        head.recoveries += 1;
        onError(error);
        if (head.recoveries > maxRecoveries) {
          _waiting.remove(head);
          _finish(head);
        } else {
          _waiting.insert(0, operation);
        }
    }
    await _save();
  }

  void _finish(Operation operation, [String? value]) {
    final waited = _outcomes.remove(operation.id);
    if (waited != null) {
      waited.complete(value);
    } else if (value != null) {
      // Asked for after it was done: kept for the one caller that is about to.
      _results[operation.id] = value;
      if (_results.length > 50) _results.remove(_results.keys.first);
    }
  }
}
