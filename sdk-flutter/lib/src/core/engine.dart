/// What all managers stand on: state, queue, receipts, time, and one way to report what went wrong.
library;

import 'dart:async';

import 'config.dart';
import 'metrics.dart';
import 'net/api_client.dart';
import 'net/endpoints.dart';
import 'net/transport.dart';
import 'platform.dart';
import 'queue/operation.dart';
import 'queue/operation_queue.dart';
import 'queue/operation_sender.dart';
import 'receipts/receipt_buffer.dart';
import 'sdk_state.dart';
import 'signal_error.dart';
import 'store/key_value_store.dart';
import 'subscription_type.dart';
import 'wire/client_wire.dart';
import 'wire/event_wire.dart';

/// One install of one app. Opened by `initialize`.
final class SignalEngine {
  SignalEngine._(this.platform, this.config, this.errors, this.changes);

  final SignalPlatform platform;
  AutomataSignalConfig config;
  final StreamController<SignalError> errors;
  final StreamController<SubscriptionState> changes;

  late final SdkState state;
  late final ApiClient api;
  late final OperationQueue queue;
  late final ReceiptBuffer receipts;
  late final Transport transport;
  late final SignalMetrics metrics;
  DeviceDetails device = const DeviceDetails();
  PushPermission? permission;
  bool _closed = false;
  final Map<SubscriptionRecord, SubscriptionState> _told = {};

  bool get isClosed => _closed;

  /// What the server said about how to behave.
  ConfigAnswer get serverConfig => ConfigAnswer(state.config);

  /// Local work only: reads what is stored and begins to send.
  static Future<SignalEngine> open(
    SignalPlatform platform,
    String appId,
    AutomataSignalConfig config, {
    required StreamController<SignalError> errors,
    required StreamController<SubscriptionState> changes,
  }) async {
    final engine = SignalEngine._(platform, config, errors, changes);
    final store = platform.store;
    engine.metrics = SignalMetrics(platform.clock.now());
    engine.state = await SdkState.load(store, onProblem: engine.storeProblem);
    final state = engine.state;
    engine._openNetwork(appId);
    await engine.queue.load();
    await engine.receipts.load();
    if (state.appId != appId) {
      if (state.appId.isNotEmpty) await engine.queue.clear();
      state.forget(appId, platform.uuid());
    } else if (state.installId.isEmpty || state.installRejected) {
      state.renewInstall(platform.uuid());
    }
    engine._settleWithQueue();
    state
      ..server = config.server?.toString()
      ..tracksEvents = config.trackMessageEvents
      ..requiresConsent = config.requireConsent;
    await state.save();
    engine.device = await platform.device.read();
    await engine.mergeBackground();
    return engine;
  }

  /// A kill may have come between storing an operation and storing what it changes here: the queue is right.
  void _settleWithQueue() {
    for (final one in queue.operations) {
      final type = SubscriptionType.of(one.body['type']);
      final address = one.body['address'];
      if (one.kind == OperationKind.register && type != null) {
        state.recordFor(type, address is String ? address : null);
      }
    }
    for (final one in queue.operations.reversed) {
      if (one.kind == OperationKind.login || one.kind == OperationKind.logout) {
        state.externalId = one.externalId;
        state.identityToken = one.identityToken;
        return;
      }
    }
    if (state.installSecret != null) state.externalId = state.linkedExternalId;
  }

  void _openNetwork(String appId) {
    final server = config.server;
    transport = server == null ? const _NoServer() : platform.transport(server);
    api = ApiClient(
      transport: transport,
      appId: appId,
      installId: () => state.installId,
      installSecret: () => state.installSecret,
    );
    final sender = OperationSender(
      api: api,
      state: state,
      newId: platform.uuid,
      now: platform.clock.now,
      reportOf: reportOf,
      onChanged: _changed,
      onSettled: _settled,
    );
    queue = OperationQueue(
      store: platform.store,
      clock: platform.clock,
      random: platform.random,
      send: sender.call,
      onError: report,
      onProblem: storeProblem,
    );
    receipts = ReceiptBuffer(
      store: platform.store,
      clock: platform.clock,
      random: platform.random,
      api: api,
      subscriptionId:
          ({required bool inApp}) =>
              inApp
                  ? state.record(SubscriptionType.InAppMessage)?.id
                  : state.push?.id ?? state.ids.firstOrNull,
      onError: report,
      onProblem: storeProblem,
    );
  }

  /// May anything leave the device?
  bool get hasConsent => !config.requireConsent || (state.consent ?? false);

  /// Send what waits, if it may.
  void start() {
    if (!hasConsent || _closed) return;
    queue.start();
    receipts.start();
  }

  void pause() {
    queue.pause();
    receipts.pause();
  }

  Future<void> close() async {
    _closed = true;
    queue.close();
    receipts.close();
    state.close();
    transport.close();
  }

  void report(SignalError error) {
    if (_closed) return;
    metrics.failed(error.code);
    log(SignalLogLevel.error, '$error');
    errors.add(error);
  }

  /// What goes wrong in the background, in a plugin for example, is told and does no further harm.
  Future<void> guard(String code, Future<void> Function() work) async {
    try {
      await work();
    } on Object catch (error) {
      report(SignalError(code, '$error'));
    }
  }

  void log(SignalLogLevel level, String line) {
    if (level.index > config.logLevel.index) return;
    final target = config.onLog;
    if (target != null) {
      target(level, line);
    } else {
      // ignore: avoid_print
      print('AutomataSignal: $line');
    }
  }

  /// What is in memory goes on.
  void storeProblem(String code, String message) =>
      report(SignalError(code, message));

  /// The language to report.
  String? get language =>
      state.language ?? config.defaultLanguage ?? device.language;

  /// All that there is to say about a subscription.
  Json reportOf(SubscriptionRecord record) => {
    ...deviceReport(
      model: device.model,
      os: device.os,
      language: language,
      appVersion: device.appVersion,
      sdkVersion: sdkVersion,
      countryCode: device.countryCode,
      testType: config.testType,
      enabled: record.enabled ? null : false,
    ),
    if (record.type.isPush)
      ...deviceReport(token: record.token, permission: permission),
  };

  Operation operation(
    OperationKind kind, {
    Json body = const {},
    String? externalId,
    String? identityToken,
  }) => Operation(
    id: platform.uuid(),
    kind: kind,
    createdAt: platform.clock.now(),
    body: body,
    externalId: externalId,
    identityToken: identityToken,
  );

  /// An operation of whoever is logged in now.
  Future<Operation> enqueue(OperationKind kind, {Json body = const {}}) async {
    final added = await queue.add(
      operation(
        kind,
        body: body,
        externalId: state.externalId,
        identityToken: state.identityToken,
      ),
    );
    metrics.sawQueue(queue.longest);
    return added;
  }

  Future<Operation> enqueueRegistration(
    SubscriptionType type, {
    String? token,
    Json report = const {},
    bool doubleOptIn = false,
  }) async {
    // Known from now on, so that switches set before it is sent mean it, too.
    state.recordFor(type, token);
    final added = await enqueue(
      OperationKind.register,
      body: {
        'type': type.name,
        if (type.isAddress) 'address': token,
        'report': {...report, ...deviceReport(token: token)},
        if (doubleOptIn) 'double_opt_in': true,
      },
    );
    await state.save();
    return added;
  }

  /// A change of one type's subscriptions, or of all (null).
  Future<Operation> enqueueUpdate(SubscriptionType? type, Json report) =>
      enqueue(
        OperationKind.update,
        body: {'type': type?.name, 'report': report},
      );

  Future<String?> outcome(Operation operation) =>
      queue.outcome(operation, config.operationTimeout);

  /// Report something that happened to a message.
  Future<bool> receipt(
    String messageId,
    SignalEventType type, {
    bool inApp = false,
    String? actionId,
    int? code,
  }) async {
    if (!config.trackMessageEvents && !inApp) return false;
    if (!serverConfig.receiptsEnabled) return false;
    final now = platform.clock.now();
    return receipts.add(
      Receipt(
        id: platform.uuid(),
        messageId: messageId,
        type: type,
        isInApp: inApp,
        occurredAt: now,
        // A conversion at once; what only just happened waits for company.
        dueAt:
            type == SignalEventType.converted ? now : now.add(receipts.window),
        actionId: actionId,
        code: code,
      ),
    );
  }

  /// Take in what the background isolate left.
  Future<void> mergeBackground() async {
    for (final one in await BackgroundInbox.take(platform.store)) {
      await receipts.add(one);
    }
  }

  /// Ask how to behave; at most once a start, after the install is known.
  Future<void> fetchConfig() async {
    if (state.installSecret == null || !hasConsent) return;
    final answer = await api.call('GET', Endpoints.config);
    if (_closed || answer is! ApiOk) return;
    state.config = answer.body;
    await state.save();
  }

  /// Report how the SDK does, for the share of installs that the server asks for, once an hour at most.
  Future<void> sendMetrics() async {
    final now = platform.clock.now();
    final due = now.difference(metrics.from) >= const Duration(hours: 1);
    if (!due || !hasConsent || state.installSecret == null) return;
    if (platform.random.nextDouble() >= serverConfig.metricsSample) {
      metrics.begin(now);
      return;
    }
    await api.call('POST', Endpoints.metrics, body: metrics.report(now));
    metrics.begin(now);
  }

  void _changed(SubscriptionRecord record) {
    final told = SubscriptionState(
      type: record.type,
      id: record.id,
      status: record.status,
      externalId: state.linkedExternalId,
    );
    // Receipts may have waited for an id to report for.
    receipts.hurry();
    if (_closed || told == _told[record]) return;
    _told[record] = told;
    changes.add(told);
  }

  void _settled(OperationKind kind, {required bool ok}) {
    if (kind == OperationKind.register) {
      ok ? metrics.registered++ : metrics.notRegistered++;
    } else if (kind == OperationKind.login) {
      ok ? metrics.identified++ : metrics.notIdentified++;
    }
  }
}

/// Nobody said where the server is.
final class _NoServer implements Transport {
  const _NoServer();

  @override
  Future<SignalResponse> send(SignalRequest request) async =>
      throw const TransportFailure(
        'not_configured',
        'set serverUrl, or --dart-define=AUTOMATA_SIGNAL_URL=https://…',
      );

  @override
  void close() {}
}
