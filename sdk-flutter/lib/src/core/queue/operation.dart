/// One thing to tell the server; persisted before it is sent, and sent in the order of asking.
library;

import '../store/key_value_store.dart';
import '../wire/json_reading.dart';

/// What kinds there are, and how they may be merged, dropped and delayed.
enum OperationKind {
  register(isBarrier: true, isIdentity: true),
  update(),
  tags(),
  login(isBarrier: true, isIdentity: true),
  logout(isBarrier: true, isIdentity: true),
  properties();

  const OperationKind({this.isBarrier = false, this.isIdentity = false});

  /// Nothing is merged across it, and what waits for company in front of it goes at once.
  final bool isBarrier;

  /// Never dropped for age or room.
  final bool isIdentity;

  static OperationKind? of(Object? name) {
    for (final one in values) {
      if (one.name == name) return one;
    }
    return null;
  }
}

final class Operation {
  Operation({
    required this.id,
    required this.kind,
    required this.createdAt,
    this.body = const {},
    this.externalId,
    this.identityToken,
    this.attempts = 0,
    this.recoveries = 0,
    this.dueAt,
    this.wait = Duration.zero,
  });

  /// Also the Idempotency-Key.
  final String id;
  final OperationKind kind;
  final DateTime createdAt;
  Json body;

  /// Who was logged in when it was asked for; of a login who logs in.
  final String? externalId;
  String? identityToken;
  int attempts;

  /// How often something was registered again for its sake.
  int recoveries;

  /// Not sent before this.
  DateTime? dueAt;

  /// How long it was made to wait: a clock that was set back must not make it longer.
  Duration wait;

  void delay(DateTime now, Duration by) {
    dueAt = now.add(by);
    wait = by;
  }

  Duration remaining(DateTime now) {
    final due = dueAt;
    if (due == null) return Duration.zero;
    final left = due.difference(now);
    if (left.isNegative) return Duration.zero;
    return left > wait ? wait : left;
  }

  Json toJson() => {
    'id': id,
    'kind': kind.name,
    'created_at': createdAt.toUtc().toIso8601String(),
    'body': body,
    'external_id': externalId,
    'identity_token': identityToken,
    'attempts': attempts,
    'recoveries': recoveries,
    'due_at': dueAt?.toUtc().toIso8601String(),
    'wait_ms': wait.inMilliseconds,
  };

  static Operation? fromJson(Json j) {
    final id = textOf(j['id']);
    final kind = OperationKind.of(j['kind']);
    final created = DateTime.tryParse(textOf(j['created_at']) ?? '');
    if (id == null || kind == null || created == null) return null;
    return Operation(
      id: id,
      kind: kind,
      createdAt: created,
      body: {...?objectOf(j['body'])},
      externalId: textOf(j['external_id']),
      identityToken: textOf(j['identity_token']),
      attempts: intOf(j['attempts']) ?? 0,
      recoveries: intOf(j['recoveries']) ?? 0,
      dueAt: DateTime.tryParse(textOf(j['due_at']) ?? ''),
      wait: Duration(milliseconds: intOf(j['wait_ms']) ?? 0),
    );
  }
}
