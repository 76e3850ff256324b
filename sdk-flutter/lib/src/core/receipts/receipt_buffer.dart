/// Events of messages on their way to the server: stored, never twice, up to a hundred in a request.
library;

import 'dart:async';
import 'dart:math';

import '../net/api_client.dart';
import '../net/endpoints.dart';
import '../platform.dart';
import '../queue/retry_policy.dart';
import '../signal_error.dart';
import '../store/key_value_store.dart';
import '../subscription_type.dart';
import '../wire/event_wire.dart';
import '../wire/json_reading.dart';

/// Something that happened to a message on this device.
final class Receipt {
  Receipt({
    required this.id,
    required this.messageId,
    required this.type,
    required this.isInApp,
    required this.occurredAt,
    required this.dueAt,
    this.actionId,
    this.code,
  });

  final String id;
  final String messageId;
  final SignalEventType type;

  /// Whose subscription it is reported for: the in-app one, else the push one.
  final bool isInApp;
  final DateTime occurredAt;
  final DateTime dueAt;
  final String? actionId;
  final int? code;

  /// The same thing happens to a message once; of clicks each button counts, and of a full device each day.
  String get identity => '$messageId/${type.name}/${actionId ?? _day}';

  String get _day =>
      code == SubscriptionStatus.storageFull
          ? occurredAt.toUtc().toIso8601String().substring(0, 10)
          : '';

  Json toJson() => {
    'id': id,
    'message_id': messageId,
    'type': type.name,
    'in_app': isInApp,
    'occurred_at': occurredAt.toUtc().toIso8601String(),
    'due_at': dueAt.toUtc().toIso8601String(),
    'action_id': actionId,
    'code': code,
  };

  static Receipt? fromJson(Json j) {
    final id = textOf(j['id']), messageId = textOf(j['message_id']);
    final occurred = DateTime.tryParse(textOf(j['occurred_at']) ?? '');
    final type = SignalEventType.values.asNameMap()[j['type']];
    if (id == null || messageId == null || occurred == null || type == null) {
      return null;
    }
    return Receipt(
      id: id,
      messageId: messageId,
      type: type,
      isInApp: boolOf(j['in_app']) ?? false,
      occurredAt: occurred,
      dueAt: DateTime.tryParse(textOf(j['due_at']) ?? '') ?? occurred,
      actionId: textOf(j['action_id']),
      code: intOf(j['code']),
    );
  }
}

/// Independent of the queue of operations: a login that waits does not hold up a receipt.
final class ReceiptBuffer {
  ReceiptBuffer({
    required KeyValueStore store,
    required this.clock,
    required this.random,
    required this.api,
    required this.subscriptionId,
    required this.onError,
    required StoreProblem onProblem,
    this.policy = const RetryPolicy(),
    this.maxAge = const Duration(days: 3),
    this.window = const Duration(seconds: 1),
  }) : _document = StoredDocument(store, key, onProblem: onProblem);

  static const String key = 'as.receipts.v1';
  static const int batch = 100;
  static const int remembered = 500;
  static const int capacity = 2000;

  final SignalClock clock;
  final Random random;
  final ApiClient api;

  /// The id to report for, once there is one.
  final String? Function({required bool inApp}) subscriptionId;
  final void Function(SignalError error) onError;
  final RetryPolicy policy;
  final Duration maxAge;

  /// What is due within this goes along with what is due.
  final Duration window;

  final StoredDocument _document;
  final List<Receipt> _waiting = [];
  final List<String> _seen = [];
  Timer? _alarm;
  bool _running = false;
  bool _sending = false;
  bool _closed = false;
  int _attempts = 0;
  int _size = batch;
  DateTime? _notBefore;

  List<Receipt> get receipts => List.unmodifiable(_waiting);

  Future<void> load() async {
    final j = await _document.load();
    _waiting.addAll(
      objectsOf(j?['waiting']).map(Receipt.fromJson).whereType<Receipt>(),
    );
    _seen.addAll(textsOf(j?['seen']));
  }

  /// Store it, unless it was reported before; false then.
  Future<bool> add(Receipt receipt) async {
    if (_seen.contains(receipt.identity)) return false;
    _seen.add(receipt.identity);
    if (_seen.length > remembered) _seen.removeAt(0);
    _waiting.add(receipt);
    if (_waiting.length > capacity) _waiting.removeAt(0);
    await _save();
    _pump();
    return true;
  }

  void start() {
    _running = true;
    _pump();
  }

  void pause() {
    _running = false;
    _alarm?.cancel();
  }

  /// Try again what failed.
  void hurry() {
    if (_attempts > 0 && !_patient) _notBefore = null;
    _pump();
  }

  bool _patient = false;

  void close() {
    _closed = true;
    pause();
  }

  Future<bool> _save() => _document.save({
    'waiting': [for (final one in _waiting) one.toJson()],
    'seen': _seen,
  });

  void _pump() {
    if (_running && !_sending && !_closed) unawaited(_drain());
  }

  Future<void> _drain() async {
    _sending = true;
    try {
      while (_running && !_closed) {
        final now = clock.now();
        final oldest = now.subtract(maxAge);
        _waiting.removeWhere((one) => one.occurredAt.isBefore(oldest));
        final ready = [
          for (final one in _waiting)
            if (subscriptionId(inApp: one.isInApp) != null) one,
        ];
        if (ready.isEmpty) return;
        final soon = now.add(window);
        final due = ready.where((one) => !one.dueAt.isAfter(soon));
        var next = ready.map((one) => one.dueAt).reduce(_earlier);
        final pause = _notBefore;
        if (pause != null && pause.isAfter(next)) next = pause;
        if (next.isAfter(now)) {
          _alarm?.cancel();
          // A clock that was set back must not hold anything up for longer than a pause can be.
          final wait = next.difference(now);
          _alarm = clock.timer(wait > _longest ? _longest : wait, () {
            _notBefore = null;
            _pump();
          });
          return;
        }
        await _send(due.take(_size).toList());
      }
    } finally {
      _sending = false;
    }
  }

  static const Duration _longest = Duration(days: 1);

  static DateTime _earlier(DateTime a, DateTime b) => a.isBefore(b) ? a : b;

  Future<void> _send(List<Receipt> some) async {
    final answer = await api.call(
      'POST',
      Endpoints.events,
      body: eventBatch([
        for (final one in some)
          event(
            id: one.id,
            messageId: one.messageId,
            subscriptionId: subscriptionId(inApp: one.isInApp)!,
            type: one.type,
            occurredAt: one.occurredAt,
            actionId: one.actionId,
            code: one.code,
          ),
      ]),
    );
    if (_closed) return;
    switch (answer) {
      case ApiOk():
        _succeeded();
        _waiting.removeWhere(some.contains);
        EventsAnswer(answer.body).rejected.forEach((id, code) {
          onError(SignalError(code, 'event $id', operation: 'events'));
        });
      case ApiUnreachable(:final code, :final detail):
        _delay(null);
        onError(SignalError(code, detail, operation: 'events'));
      case ApiProblem(isTransient: true):
        _delay(answer.retryAfter);
        onError(_problem(answer));
      case ApiProblem(status: 401 || 403 || 404):
        pause();
        onError(_problem(answer));
      case ApiProblem():
        // One that the server cannot read must not take its neighbours along.
        if (some.length > 1) {
          _size = max(1, some.length ~/ 2);
        } else {
          _waiting.removeWhere(some.contains);
          onError(_problem(answer));
        }
    }
    await _save();
  }

  void _succeeded() {
    _attempts = 0;
    _notBefore = null;
    _patient = false;
    _size = min(batch, _size * 2);
  }

  void _delay(Duration? retryAfter) {
    _attempts += 1;
    _patient = retryAfter != null;
    final wait = policy.delay(_attempts, random, retryAfter: retryAfter);
    _notBefore = clock.now().add(wait);
  }

  static SignalError _problem(ApiProblem answer) => SignalError(
    answer.code,
    answer.detail,
    status: answer.status,
    operation: 'events',
  );
}

/// What the background isolate leaves for the app's next start or resume: it shares no memory and no lock with it.
abstract final class BackgroundInbox {
  static const String key = 'as.bg.v1';
  static const int capacity = 200;

  static Future<void> append(KeyValueStore store, Receipt receipt) async {
    final document = StoredDocument(store, key, onProblem: (_, _) {});
    final before = objectsOf((await document.load())?['waiting']).toList();
    final all = [...before, receipt.toJson()];
    await document.save({
      'waiting': all.sublist(max(0, all.length - capacity)),
    });
  }

  /// Everything that was left there, and forget it.
  static Future<List<Receipt>> take(KeyValueStore store) async {
    final document = StoredDocument(store, key, onProblem: (_, _) {});
    final found = objectsOf((await document.load())?['waiting']);
    final receipts = found.map(Receipt.fromJson).whereType<Receipt>().toList();
    if (receipts.isNotEmpty) await store.remove(key);
    return receipts;
  }

  /// It was sent after all.
  static Future<void> remove(KeyValueStore store, String id) async {
    final document = StoredDocument(store, key, onProblem: (_, _) {});
    final found = objectsOf((await document.load())?['waiting']);
    final left = [
      for (final one in found)
        if (one['id'] != id) one,
    ];
    if (left.isEmpty) return store.remove(key);
    await document.save({'waiting': left});
  }

  /// For a push that arrived while no app was there to hear it. It is not sent at once: a broadcast would otherwise
  /// bring every device to the server in the same second.
  static Receipt received(
    String messageId,
    SignalPlatform platform, {
    Duration spread = const Duration(seconds: 25),
  }) {
    final now = platform.clock.now();
    final wait = platform.random.nextInt(spread.inMilliseconds + 1);
    return Receipt(
      id: platform.uuid(),
      messageId: messageId,
      type: SignalEventType.received,
      isInApp: false,
      occurredAt: now,
      dueAt: now.add(Duration(milliseconds: wait)),
    );
  }
}
