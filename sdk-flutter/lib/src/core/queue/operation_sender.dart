/// Turns an operation into requests and writes down what the answers say.
library;

import '../net/api_client.dart';
import '../net/endpoints.dart';
import '../sdk_state.dart';
import '../signal_error.dart';
import '../store/key_value_store.dart';
import '../subscription_type.dart';
import '../wire/client_wire.dart';
import 'coalescer.dart';
import 'operation.dart';
import 'operation_queue.dart';

/// Every operation may be sent again: whatever was done already stays as it is.
final class OperationSender {
  OperationSender({
    required this.api,
    required this.state,
    required this.newId,
    required this.now,
    required this.reportOf,
    required this.onChanged,
    required this.onSettled,
  });

  final ApiClient api;
  final SdkState state;
  final String Function() newId;
  final DateTime Function() now;

  /// All that the device has to say about a subscription, switches included.
  final Json Function(SubscriptionRecord record) reportOf;

  /// Something about a subscription is known now that was not before.
  final void Function(SubscriptionRecord record) onChanged;

  /// For metrics.
  final void Function(OperationKind kind, {required bool ok}) onSettled;

  Future<SendResult> call(Operation op) async {
    final result = await switch (op.kind) {
      OperationKind.register => _register(op),
      OperationKind.update => _update(op),
      OperationKind.tags => _tags(op),
      OperationKind.login => _login(op),
      OperationKind.logout => _logout(op),
      OperationKind.properties => _properties(op),
    };
    onSettled(op.kind, ok: result is SendDone);
    return result;
  }

  static Json _report(Operation op) => op.body['report'] as Json? ?? const {};

  Future<SendResult> _register(Operation op) async {
    final type = SubscriptionType.of(op.body['type']);
    if (type == null) return SendDropped(_error(op, 'corrupt', 'no type'));
    final token = tokenOf(_report(op));
    final record = state.recordFor(type, token);
    final report = {...reportOf(record), ..._report(op)};
    final tags = state.pendingTags;
    final answer = await api.call(
      'POST',
      Endpoints.subscriptions,
      idempotencyKey: op.id,
      body: registration(
        installId: state.installId,
        type: type,
        report: report,
        tags: tags,
        externalId: op.externalId,
        identityToken: op.identityToken,
        doubleOptIn: op.body['double_opt_in'] == true,
      ),
    );
    if (answer is! ApiOk) {
      final failed = await _failed(op, answer);
      if (failed is SendDropped && record.id == null) {
        state.records.remove(record);
      }
      return failed;
    }
    final known = SubscriptionAnswer(answer.body);
    final id = known.id;
    if (id == null) return SendRetry(_error(op, 'network', 'no id'));
    // The server may know this address already, from before it was typed again.
    state.records.removeWhere((one) => one != record && one.id == id);
    record
      ..id = id
      ..token = token ?? record.token
      ..status = known.status;
    state.installSecret = known.installSecret ?? state.installSecret;
    if (tags.isNotEmpty) state.pendingTags = {};
    if (!type.isAddress) state.linkedExternalId = known.externalId;
    state.userId = known.userId ?? state.userId;
    await state.save();
    onChanged(record);
    return SendDone(id);
  }

  Future<SendResult> _update(Operation op) async {
    final type = SubscriptionType.of(op.body['type']);
    for (final record in [...state.records]) {
      final id = record.id;
      if (id == null || (type != null && record.type != type)) continue;
      final answer = await api.call(
        'PATCH',
        Endpoints.subscription(id),
        idempotencyKey: op.id,
        body: _report(op),
      );
      if (answer is ApiProblem && answer.subscriptionId != null) {
        if (answer.status == 409) {
          // This address has another subscription, which is the one to use.
          record.id = answer.subscriptionId;
          await state.save();
          onChanged(record);
          continue;
        }
      }
      if (answer is! ApiOk) return _failed(op, answer, record: record);
      record.status = SubscriptionAnswer(answer.body).status;
      record.token = tokenOf(_report(op)) ?? record.token;
      await state.save();
      onChanged(record);
    }
    return const SendDone();
  }

  Future<SendResult> _tags(Operation op) async {
    final ids = state.ids;
    if (ids.isEmpty) {
      state.pendingTags = {
        ...factsToSet(
          mergeFacts(
            factChanges(set: state.pendingTags, remove: const []),
            op.body,
          ),
        ),
      };
      await state.save();
      return const SendDone();
    }
    for (final id in ids) {
      final answer = await api.call(
        'PATCH',
        Endpoints.tags(id),
        idempotencyKey: op.id,
        body: op.body,
      );
      if (answer is! ApiOk) {
        return _failed(op, answer, record: state.byId(id));
      }
    }
    return const SendDone();
  }

  Future<SendResult> _login(Operation op) async {
    final name = op.externalId;
    if (name == null) return SendDropped(_error(op, 'corrupt', 'no user'));
    if (state.installSecret == null) {
      // No install yet: the first registration will name the user.
      state.linkedExternalId = name;
      await state.save();
      return const SendDone();
    }
    final answer = await api.call(
      'POST',
      Endpoints.login,
      idempotencyKey: op.id,
      body: loginRequest(
        externalId: name,
        subscriptionIds: state.ids,
        identityToken: op.identityToken,
      ),
    );
    if (answer is! ApiOk) return _failed(op, answer);
    final known = LoginAnswer(answer.body);
    state.linkedExternalId = name;
    state.userId = known.userId;
    for (final one in known.subscriptions) {
      final record = state.byId(one.replaces ?? one.id);
      if (record == null) continue;
      record
        ..id = one.id
        ..status = one.status ?? record.status;
    }
    _dropDoubles();
    await state.save();
    state.records.forEach(onChanged);
    return SendDone(known.userId);
  }

  Future<SendResult> _logout(Operation op) async {
    if (state.installSecret == null) {
      state.linkedExternalId = null;
      await state.save();
      return const SendDone();
    }
    final answer = await api.call(
      'POST',
      Endpoints.logout,
      idempotencyKey: op.id,
      body: logoutRequest(subscriptionIds: state.ids),
    );
    if (answer is! ApiOk) return _failed(op, answer);
    final left = LogoutAnswer(answer.body).subscriptionIds;
    // Two people of a shared device may have had one address: the server keeps one of the two.
    state.records.removeWhere(
      (one) => one.id != null && !left.contains(one.id),
    );
    state.linkedExternalId = null;
    state.userId = null;
    await state.save();
    state.records.forEach(onChanged);
    return const SendDone();
  }

  Future<SendResult> _properties(Operation op) async {
    final id = state.push?.id ?? state.ids.firstOrNull;
    if (id == null) {
      return SendDropped(
        _error(op, 'no_subscription', 'nothing is registered'),
      );
    }
    final answer = await api.call(
      'PATCH',
      Endpoints.properties,
      idempotencyKey: op.id,
      body: propertiesRequest(subscriptionId: id, changes: op.body),
    );
    if (answer is! ApiOk) return _failed(op, answer, record: state.byId(id));
    return const SendDone();
  }

  void _dropDoubles() {
    final seen = <String>{};
    state.records.removeWhere((one) => one.id != null && !seen.add(one.id!));
  }

  Future<SendResult> _failed(
    Operation op,
    ApiResult answer, {
    SubscriptionRecord? record,
  }) async {
    switch (answer) {
      case ApiUnreachable(:final code, :final detail):
        return SendRetry(_error(op, code, detail));
      case ApiProblem(isTransient: true, :final retryAfter):
        return SendRetry(_problem(op, answer), after: retryAfter);
      case ApiProblem(status: 401 || 403):
        // A token of the app's own server can be brought later; a lost secret needs a new install.
        if (answer.status == 401 && answer.field != 'identity_token') {
          state.installRejected = true;
          await state.save();
        }
        return SendPaused(_problem(op, answer));
      case ApiProblem(status: 404 || 410):
        final lost = record ?? state.byId(answer.subscriptionId);
        if (lost == null) return SendDropped(_problem(op, answer));
        lost.id = null;
        await state.save();
        return SendFirst(registerAgain(lost), _problem(op, answer));
      default:
        return SendDropped(_problem(op, answer));
    }
  }

  /// What registers a lost subscription anew, for whoever the server last knew.
  Operation registerAgain(SubscriptionRecord record) => Operation(
    id: newId(),
    kind: OperationKind.register,
    createdAt: now(),
    externalId: state.linkedExternalId,
    identityToken:
        state.linkedExternalId == state.externalId ? state.identityToken : null,
    body: {
      'type': record.type.name,
      if (record.type.isAddress) 'address': record.token,
      'report': deviceReport(token: record.token),
    },
  );

  SignalError _error(Operation op, String code, String detail) =>
      SignalError(code, detail, operation: op.kind.name);

  SignalError _problem(Operation op, ApiResult answer) {
    final problem = answer as ApiProblem;
    return SignalError(
      problem.code,
      problem.detail,
      status: problem.status,
      operation: op.kind.name,
    );
  }
}
