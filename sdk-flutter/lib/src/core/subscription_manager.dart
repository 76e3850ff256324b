/// The subscriptions of this install: push, addresses, in-app.
library;

import 'dart:async';

import 'engine.dart';
import 'net/api_client.dart';
import 'net/endpoints.dart';
import 'platform.dart';
import 'signal_error.dart';
import 'store/key_value_store.dart';
import 'subscription_type.dart';
import 'wire/client_wire.dart';

final class SubscriptionManager {
  SubscriptionManager(this._engine);

  static const int _longestPoll = 60;

  final SignalEngine _engine;
  Timer? _poll;
  int _pollSeconds = 1;
  StreamSubscription<String>? _tokens;

  PushAdapter get _push => _engine.platform.push;

  /// The server's id of the newest subscription of each type.
  Map<SubscriptionType, String> get subscriptionIds => {
    for (final one in _engine.state.records)
      if (one.id case final String id) one.type: id,
  };

  /// What is known of each type.
  SubscriptionState? subscription(SubscriptionType type) {
    final record = _engine.state.record(type);
    if (record == null) return null;
    return SubscriptionState(
      type: type,
      id: record.id,
      status: record.status,
      externalId: _engine.state.linkedExternalId,
    );
  }

  /// Register the device, with a token or without one yet; an install that is registered reports itself anew.
  Future<void> registerPushSubscription() async {
    final type = _push.type;
    if (type == null) return;
    _tokens ??= _push.tokenChanges.listen((token) {
      unawaited(_engine.guard('failed', () => updateToken(type, token)));
    });
    _engine.permission = await _push.permission();
    final found = await _push.token();
    final record = _engine.state.recordFor(type, null);
    record.token = found.value ?? record.token;
    await _announce(type, found);
    if (found.value == null && found.error == null) _pollToken(type);
  }

  /// A registration the first time, a report afterwards.
  Future<void> _announce(SubscriptionType type, PushToken found) async {
    final record = _engine.state.recordFor(type, null);
    final error = found.error;
    final report = {
      ..._engine.reportOf(record),
      if (error != null) ...pushErrorReport(error),
    };
    if (record.id == null) {
      await _engine.enqueueRegistration(
        type,
        token: record.token,
        report: report,
      );
    } else {
      await _engine.enqueueUpdate(type, report);
    }
  }

  /// The in-app subscription has no token: the install is its address.
  Future<void> registerInAppSubscription() =>
      _announce(SubscriptionType.InAppMessage, const PushToken(null));

  /// iOS may take its time with the first token.
  void _pollToken(SubscriptionType type) {
    _poll?.cancel();
    _poll = _engine.platform.clock.timer(
      Duration(seconds: _pollSeconds),
      () => unawaited(_engine.guard('push_failed', () => _askForToken(type))),
    );
  }

  Future<void> _askForToken(SubscriptionType type) async {
    if (_engine.isClosed) return;
    final found = await _push.token();
    final token = found.value;
    if (token != null) {
      await updateToken(type, token);
    } else if (found.error != null) {
      await _engine.enqueueUpdate(type, pushErrorReport(found.error));
    } else {
      _pollSeconds = (_pollSeconds * 2).clamp(1, _longestPoll);
      _pollToken(type);
    }
  }

  /// The platform gave the device a new token.
  Future<void> updateToken(SubscriptionType type, String token) async {
    _poll?.cancel();
    final record = _engine.state.recordFor(type, null);
    if (record.token == token) return;
    record.token = token;
    await _engine.enqueueUpdate(type, {
      ...deviceReport(token: token),
      ...pushErrorReport(null),
    });
    await _engine.state.save();
  }

  /// The id, or null when the server has not answered within `operationTimeout`; the registration goes on then.
  Future<String?> registerEmailSubscription(String email) =>
      _registerAddress(SubscriptionType.Email, email);

  Future<String?> registerSMSSubscription(String phoneNumber) =>
      _registerAddress(SubscriptionType.SMS, phoneNumber);

  Future<String?> registerKakaoSubscription(String phoneNumber) =>
      _registerAddress(SubscriptionType.KakaoTalk, phoneNumber);

  Future<String?> _registerAddress(SubscriptionType type, String text) async {
    final address = text.trim();
    if (address.isEmpty) {
      _engine.report(
        SignalError('invalid_input', 'the ${type.name} address is empty'),
      );
      return null;
    }
    final config = _engine.serverConfig;
    final added = await _engine.enqueueRegistration(
      type,
      token: address,
      doubleOptIn:
          type == SubscriptionType.Email && config.confirmsEmail ||
          type == SubscriptionType.SMS && config.confirmsSMS,
    );
    return _engine.outcome(added);
  }

  /// The user wants nothing on this channel; lasts until they want it again.
  Future<void> disableSubscription(SubscriptionType type) =>
      _switch(type, on: false);

  /// What an administrator switched off stays off.
  Future<void> enableSubscription(SubscriptionType type) =>
      _switch(type, on: true);

  Future<void> _switch(SubscriptionType type, {required bool on}) async {
    final state = _engine.state;
    if (!type.isAddress) state.recordFor(type, null);
    for (final one in state.records) {
      if (one.type == type) one.enabled = on;
    }
    await _engine.enqueueUpdate(type, deviceReport(enabled: on));
    await state.save();
  }

  /// Tell the server when the permission was changed in the device's settings meanwhile.
  Future<void> refreshPermission() async {
    final type = _push.type;
    if (type == null || _engine.state.record(type) == null) return;
    await reportPermission(await _push.permission());
  }

  Future<void> reportPermission(PushPermission permission) async {
    if (permission == _engine.permission) return;
    _engine.permission = permission;
    await _engine.enqueueUpdate(
      _push.type,
      deviceReport(permission: permission),
    );
  }

  Future<void> setLanguage(String language) async {
    _engine.state.language = language;
    await _engine.enqueueUpdate(null, deviceReport(language: language));
    await _engine.state.save();
  }

  /// Enter the code of a double opt-in; false when it is wrong or nothing could be asked.
  Future<bool> confirmSubscription(SubscriptionType type, String code) =>
      _confirm(type, Endpoints.confirm, confirmation(code: code));

  /// Ask for another code.
  Future<bool> resendConfirmation(SubscriptionType type) =>
      _confirm(type, Endpoints.resend, const {});

  Future<bool> _confirm(
    SubscriptionType type,
    String Function(String id) path,
    Json body,
  ) async {
    final record = _engine.state.record(type);
    final id = record?.id;
    if (record == null || id == null || !_engine.hasConsent) {
      _engine.report(
        SignalError('no_subscription', 'no ${type.name} is registered'),
      );
      return false;
    }
    final answer = await _engine.api.call('POST', path(id), body: body);
    switch (answer) {
      case ApiOk():
        final status = SubscriptionAnswer(answer.body).status;
        if (status != SubscriptionStatus.never) record.status = status;
        await _engine.state.save();
        return true;
      case ApiProblem():
        _engine.report(
          SignalError(answer.code, answer.detail, status: answer.status),
        );
      case ApiUnreachable():
        _engine.report(SignalError(answer.code, answer.detail));
    }
    return false;
  }

  Future<void> close() async {
    _poll?.cancel();
    await _tokens?.cancel();
  }
}
