/// In-app messages: fetched, decided on, shown one at a time, and what people did with them reported.
library;

import 'dart:async';

import 'engine.dart';
import 'in_app/in_app_message.dart';
import 'in_app/message_cache.dart';
import 'in_app/trigger_evaluator.dart';
import 'net/api_client.dart';
import 'net/endpoints.dart';
import 'platform.dart';
import 'sdk_state.dart';
import 'signal_error.dart';
import 'store/key_value_store.dart';
import 'subscription_manager.dart';
import 'subscription_type.dart';
import 'user_manager.dart';
import 'wire/client_wire.dart';
import 'wire/event_wire.dart';

typedef InAppClickHandler = void Function(String messageId, String actionId);

final class InAppMessageManager {
  InAppMessageManager(this._engine, this._subscriptions, this._users);

  /// A message counts as seen after this.
  static const Duration impressionAfter = Duration(seconds: 1);
  static const Duration _tick = Duration(seconds: 5);
  static const Duration _newSessionAfter = Duration(seconds: 30);
  static const Duration _shortestInterval = Duration(seconds: 60);

  final SignalEngine _engine;
  final SubscriptionManager _subscriptions;
  final UserManager _users;
  late final InAppCache _cache = InAppCache(
    _engine.platform.store,
    onProblem: _engine.storeProblem,
  );
  InAppClickHandler? onClick;

  /// Asks for the notification permission; set by the facade.
  Future<void> Function()? askPermission;

  final Json _custom = {};
  Json _event = const {};
  String? _screen;
  DateTime? _sessionBegan;
  DateTime? _leftAt;
  String? _showing;
  String? _wanted;
  bool _paused = false;
  bool _fetching = false;
  Duration? _serverInterval;
  Timer? _timer;
  final List<Timer> _display = [];

  SubscriptionRecord? get _record =>
      _engine.state.record(SubscriptionType.InAppMessage);

  bool get _isOn =>
      _engine.config.enableInAppMessages && (_record?.enabled ?? true);

  DateTime get _now => _engine.platform.clock.now();

  /// The messages that this install may show some time.
  List<InAppMessage> get cachedMessages => _cache.messages.toList();

  Future<void> initialize() async {
    _sessionBegan = _now;
    _event = const {'app_open': true};
    try {
      await _cache.load();
    } on Object catch (error) {
      _engine.report(SignalError('in_app_not_started', '$error'));
      await _reportCode(SubscriptionStatus.inAppNotStarted);
      return;
    }
    final before = _record?.status;
    await _subscriptions.registerInAppSubscription();
    if (before == SubscriptionStatus.inAppNotStarted) await _reportCode(null);
    evaluateAll();
  }

  Future<void> _reportCode(int? code) => _engine.enqueueUpdate(
    SubscriptionType.InAppMessage,
    pushErrorReport(code),
  );

  /// Ask the server, at most once a minute and only while the app is open.
  Future<void> fetchMessages() async {
    final id = _record?.id;
    final last = _cache.fetchedAt;
    final interval = _interval;
    final early =
        last != null &&
        _now.difference(last).abs() < interval &&
        interval > Duration.zero;
    final open = _engine.platform.lifecycle.inForeground;
    if (!_isOn || id == null || !open || _fetching || !_engine.hasConsent) {
      return;
    }
    if (early) return evaluateAll();
    _fetching = true;
    try {
      _cache.fetchedAt = _now;
      final answer = await _engine.api.call(
        'GET',
        Endpoints.inAppMessages(id),
        etag: _cache.etag,
      );
      if (!_engine.isClosed) await _take(answer);
    } finally {
      _fetching = false;
    }
    evaluateAll();
  }

  Duration get _interval {
    final told = _serverInterval ?? _engine.serverConfig.inAppInterval;
    return told > _shortestInterval ? told : _shortestInterval;
  }

  Future<void> _take(ApiResult answer) async {
    switch (answer) {
      case ApiOk(status: 304):
        return;
      case ApiOk():
        final found = InAppMessagesAnswer(answer.body);
        _serverInterval = found.nextFetch;
        final refused = _cache.replace(
          found.messages,
          newEtag: answer.headers['etag'],
        );
        for (final id in refused) {
          await _fail(id, SubscriptionStatus.unsupportedVersion);
        }
        await _store(found.messages.isEmpty ? null : _cache.messages);
      case ApiProblem(status: 404 || 410):
        _record?.id = null;
        _engine.report(SignalError(answer.code, answer.detail, status: 404));
        await _subscriptions.registerInAppSubscription();
        _cache.fetchedAt = null;
      case ApiProblem():
        _engine.report(
          SignalError(answer.code, answer.detail, status: answer.status),
        );
      case ApiUnreachable():
        _engine.report(SignalError(answer.code, answer.detail));
    }
  }

  Future<void> _store([Iterable<InAppMessage>? fetched]) async {
    if (await _cache.save()) return;
    for (final one in fetched?.toList() ?? const <InAppMessage>[]) {
      await _fail(one.id, SubscriptionStatus.storageFull);
    }
  }

  Future<void> _fail(String id, int code) =>
      _engine.receipt(id, SignalEventType.failed, inApp: true, code: code);

  /// Show this one, if its rules allow it now.
  Future<void> displayMessage(String messageId) async {
    if (!_isOn) return _fail(messageId, SubscriptionStatus.inAppSwitchedOff);
    final message = _cache[messageId];
    if (message == null) {
      return _engine.report(
        SignalError('in_app_unknown', 'there is no message $messageId'),
      );
    }
    final verdict = _evaluateTriggers(message);
    if (verdict != DisplayVerdict.show) {
      _engine.report(
        SignalError('in_app_conditions', '$messageId: ${verdict.name}'),
      );
      return _fail(messageId, SubscriptionStatus.conditionsNotMet);
    }
    _wanted = messageId;
    evaluateAll();
  }

  /// A person tapped something that the app drew by itself.
  Future<void> trackAction(String messageId, String actionId) async {
    await _engine.receipt(
      messageId,
      SignalEventType.clicked,
      inApp: true,
      actionId: actionId,
    );
    final button = _button(messageId, actionId);
    if (button?.converts ?? false) {
      await _engine.receipt(messageId, SignalEventType.converted, inApp: true);
    }
  }

  InAppButton? _button(String messageId, String actionId) {
    for (final one in _cache[messageId]?.buttons ?? const <InAppButton>[]) {
      if (one.id == actionId) return one;
    }
    return null;
  }

  void addTriggers(Json values) {
    _custom.addAll(values);
    evaluateAll();
  }

  void removeTriggers(Iterable<String> keys) {
    keys.forEach(_custom.remove);
    evaluateAll();
  }

  /// Something happened in the app: `name` becomes true beside its properties.
  void trackEvent(String name, [Json properties = const {}]) {
    _event = {...properties, name: true};
    evaluateAll();
  }

  void setScreen(String? name) {
    _screen = name;
    evaluateAll();
  }

  /// Nothing is shown while paused, in a checkout for example.
  void pause({required bool paused}) {
    _paused = paused;
    if (!paused) evaluateAll();
  }

  Future<void> resumed() async {
    final left = _leftAt;
    if (left != null && _now.difference(left) >= _newSessionAfter) {
      _sessionBegan = _now;
      _cache.beginSession();
      _event = const {'app_open': true};
    }
    _leftAt = null;
    await fetchMessages();
    evaluateAll();
  }

  void left() {
    _leftAt = _now;
    _timer?.cancel();
  }

  /// Whoever was logged in before must not leave messages behind.
  Future<void> forget() async {
    final showing = _showing;
    if (showing != null) _engine.platform.renderer.hide(showing);
    _closeDisplay();
    _cache.clear();
    await _store();
  }

  /// Show the best of those that may be shown, and look again in a while.
  void evaluateAll() {
    if (_engine.isClosed || !_isOn) return;
    _arm();
    final open = _engine.platform.lifecycle.inForeground;
    if (_showing != null || _paused || !open) return;
    if (!_engine.platform.renderer.ready) return;
    final wanted = _wanted == null ? null : _cache[_wanted!];
    _wanted = null;
    final best =
        wanted ??
        choose(
          _cache.messages.where(
            (one) => _evaluateTriggers(one) == DisplayVerdict.show,
          ),
        );
    if (best != null) _present(best);
  }

  void _arm() {
    _timer?.cancel();
    if (_cache.messages.isEmpty) return;
    _timer = _engine.platform.clock.timer(_tick, evaluateAll);
  }

  DisplayVerdict _evaluateTriggers(InAppMessage message) {
    final device = _engine.device, began = _sessionBegan, now = _now;
    final local = now.toLocal();
    return evaluate(
      message,
      DisplayContext(
        now: now,
        minuteOfDay: local.hour * 60 + local.minute,
        appVersion: device.appVersion,
        sdkVersion: sdkVersion,
        os: device.osName,
        language: _engine.language,
        subscriptionStatus: _record?.status ?? SubscriptionStatus.never,
        counters: _cache.countersOf(message.id),
        lastShownAt: _cache.lastShownAt,
        event: _event,
        tags: _engine.state.tags,
        custom: _custom,
        attributes: deviceReport(
          model: device.model,
          os: device.os,
          language: _engine.language,
          appVersion: device.appVersion,
          sdkVersion: sdkVersion,
          countryCode: device.countryCode,
        ),
        screen: _screen,
        sessionSeconds:
            began == null ? 0 : now.difference(began).inMilliseconds / 1000,
      ),
    );
  }

  /// In the background, whatever comes of it.
  void _then(Future<void> Function() work) =>
      unawaited(_engine.guard('in_app_failed', work));

  void _present(InAppMessage message) {
    _showing = message.id;
    if (message.delay > Duration.zero) {
      _after(message.delay, () => _draw(message));
    } else {
      _draw(message);
    }
  }

  void _after(Duration wait, void Function() then) =>
      _display.add(_engine.platform.clock.timer(wait, then));

  void _draw(InAppMessage message) {
    if (_engine.isClosed || _showing != message.id) return;
    _engine.platform.renderer.show(
      InAppPresentation(
        message: message,
        onVisible: () => _seen(message),
        onAction: (actionId) => _then(() => _acted(message, actionId)),
        onDismissed: () => _then(() => _dismissed(message)),
      ),
    );
  }

  void _seen(InAppMessage message) {
    if (_showing != message.id) return;
    _cache.shown(message.id, _now);
    _then(_store);
    _after(impressionAfter, () {
      _then(
        () =>
            _engine.receipt(message.id, SignalEventType.displayed, inApp: true),
      );
    });
    if (message.autoDismiss > Duration.zero) {
      _after(message.autoDismiss, () => _then(() => _dismissed(message)));
    }
  }

  Future<void> _acted(InAppMessage message, String actionId) async {
    if (_showing != message.id) return;
    _hide(message);
    // Who taps has seen it, however quickly.
    await _engine.receipt(message.id, SignalEventType.displayed, inApp: true);
    final action = _button(message.id, actionId)?.action;
    if (action is! DismissAction) await trackAction(message.id, actionId);
    try {
      onClick?.call(message.id, actionId);
    } on Object catch (error) {
      _engine.report(SignalError('handler_failed', '$error'));
    }
    switch (action) {
      case OpenAction(:final link):
        await _engine.platform.links.open(link);
      case PushPermissionAction():
        await askPermission?.call();
      case TagAction(:final key, :final value):
        await _users.changeTags(set: {key: value});
      case EventAction(:final name):
        trackEvent(name);
      case DismissAction():
        await _engine.receipt(
          message.id,
          SignalEventType.dismissed,
          inApp: true,
        );
      case null:
        break;
    }
    evaluateAll();
  }

  Future<void> _dismissed(InAppMessage message) async {
    if (_showing != message.id) return;
    _hide(message);
    await _engine.receipt(message.id, SignalEventType.dismissed, inApp: true);
    evaluateAll();
  }

  void _hide(InAppMessage message) {
    _closeDisplay();
    _engine.platform.renderer.hide(message.id);
  }

  void _closeDisplay() {
    _showing = null;
    for (final one in _display) {
      one.cancel();
    }
    _display.clear();
  }

  void close() {
    _timer?.cancel();
    _closeDisplay();
  }
}
