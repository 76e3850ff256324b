/// The SDK's face: what an app calls.
library;

import 'dart:async';

import '../default_platform.dart'
    if (dart.library.ui) '../flutter/flutter_platform.dart';
import 'config.dart';
import 'engine.dart';
import 'in_app/in_app_message.dart';
import 'in_app_message_manager.dart';
import 'message_manager.dart';
import 'metrics.dart';
import 'platform.dart';
import 'signal_error.dart';
import 'subscription_manager.dart';
import 'subscription_type.dart';
import 'user_manager.dart';

/// One per app. Calls made before `initialize` wait for it; handlers may be set at any time.
class AutomataSignal {
  factory AutomataSignal() => _instance;

  AutomataSignal._internal(this._platform);

  /// An independent instance: for tests and tools.
  AutomataSignal.on(SignalPlatform platform) : _platform = (() => platform);

  static final AutomataSignal _instance = AutomataSignal._internal(
    defaultPlatform,
  );

  final SignalPlatform Function() _platform;
  final StreamController<SignalError> _errors = StreamController.broadcast();
  final StreamController<SubscriptionState> _changes =
      StreamController.broadcast();
  final Completer<void> _opened = Completer();
  AutomataSignalConfig config = AutomataSignalConfig();
  Future<void>? _opening;
  StreamSubscription<bool>? _lifecycle;
  MessageHandler? _onOpened;
  MessageHandler? _onReceived;
  InAppClickHandler? _onClick;

  late final SignalEngine _engine;
  late final SubscriptionManager _subscriptionManager;
  late final UserManager _userManager;
  late final MessageManager _messageManager;
  late final InAppMessageManager _inAppMessageManager;

  /// What did not work; the SDK goes on by itself.
  Stream<SignalError> get onError => _errors.stream;

  /// Ids, statuses and users of subscriptions as the server answers them.
  Stream<SubscriptionState> get onSubscriptionChanged => _changes.stream;

  /// The server's id of the user who is logged in.
  String? get automataId =>
      _opened.isCompleted ? _userManager.automataId : null;

  /// How the SDK itself is doing.
  SignalMetrics? get metrics => _opened.isCompleted ? _engine.metrics : null;

  /// Requests so far.
  int get requests => _opened.isCompleted ? _engine.api.requests : 0;

  /// Local work only: the network and the permission prompt follow in the background. Called again, it goes on after
  /// a pause.
  Future<void> initialize(String appId, [AutomataSignalConfig? config]) async {
    final before = _opening;
    if (before != null) {
      await before;
      _engine.start();
      return;
    }
    this.config = config ?? this.config;
    await (_opening = _initialize(appId));
  }

  Future<void> _initialize(String appId) async {
    final platform = _platform();
    final began = platform.clock.now();
    _engine = await SignalEngine.open(
      platform,
      appId,
      config,
      errors: _errors,
      changes: _changes,
    );
    _subscriptionManager = SubscriptionManager(_engine);
    _userManager = UserManager(_engine);
    _messageManager =
        MessageManager(_engine)
          ..setMessageOpenedHandler(_onOpened)
          ..setMessageReceivedHandler(_onReceived);
    _inAppMessageManager =
        InAppMessageManager(_engine, _subscriptionManager, _userManager)
          ..onClick = _onClick
          ..askPermission = requestNotificationPermission;
    await _engine.guard('push_failed', _messageManager.initialize);
    if (config.autoRegisterPush) {
      await _engine.guard(
        'push_failed',
        _subscriptionManager.registerPushSubscription,
      );
    }
    if (config.enableInAppMessages) {
      await _engine.guard('in_app_failed', _inAppMessageManager.initialize);
    }
    _engine.start();
    _lifecycle = platform.lifecycle.changes.listen(
      (open) => _engine.guard('failed', () => _foreground(open: open)),
    );
    _opened.complete();
    _engine.metrics.initialized(platform.clock.now().difference(began));
    unawaited(_engine.guard('failed', () => _afterStart(platform)));
  }

  Future<void> _afterStart(SignalPlatform platform) async {
    if (config.autoRegisterPush && config.autoPromptPermission) {
      await platform.lifecycle.firstFrame;
      if (_engine.permission == PushPermission.not_asked) {
        await requestNotificationPermission();
      }
    }
    await _engine.queue.idle();
    if (_engine.isClosed) return;
    await _engine.fetchConfig();
    if (_engine.isClosed) return;
    await _inAppMessageManager.fetchMessages();
  }

  Future<void> _foreground({required bool open}) async {
    if (!open) {
      _inAppMessageManager.left();
      return _engine.sendMetrics();
    }
    await _engine.mergeBackground();
    await _subscriptionManager.refreshPermission();
    _engine.queue.hurry();
    _engine.receipts.hurry();
    await _inAppMessageManager.resumed();
  }

  Future<SignalEngine> get _ready async {
    await _opened.future;
    return _engine;
  }

  /// Completes when the server has answered, or after `operationTimeout` while it is tried on.
  Future<void> login(String externalId, {String? identityToken}) async {
    await _ready;
    final before = _userManager.externalId;
    // Asked for before anything is awaited: what is called next comes after it.
    final done = _userManager.identifyUser(
      externalId,
      identityToken: identityToken,
    );
    if (before != externalId) await _inAppMessageManager.forget();
    await done;
  }

  Future<void> logout() async {
    await _ready;
    final done = _userManager.logoutUser();
    await _inAppMessageManager.forget();
    await done;
  }

  /// A new token of the app's own server, after `onError` told of `unauthenticated`.
  Future<void> setIdentityToken(String token) async {
    await _ready;
    await _userManager.renewIdentityToken(token);
  }

  Future<void> setLanguage(String language) async {
    await _ready;
    await _subscriptionManager.setLanguage(language);
  }

  Future<void> addTags(Map<String, Object?> tags) async {
    await _ready;
    await _userManager.changeTags(set: tags);
    _inAppMessageManager.evaluateAll();
  }

  Future<void> removeTags(List<String> tagNames) async {
    await _ready;
    await _userManager.changeTags(remove: tagNames);
    _inAppMessageManager.evaluateAll();
  }

  Future<void> updateUserProperties(Map<String, Object?> properties) async {
    await _ready;
    await _userManager.updateUserProperties(properties);
  }

  /// No pushes until `enablePush`, whatever happens to token and app.
  Future<void> disablePush() async => _switchPush(on: false);

  Future<void> enablePush() async => _switchPush(on: true);

  Future<void> _switchPush({required bool on}) async {
    final type = (await _ready).platform.push.type;
    if (type == null) return;
    await (on
        ? _subscriptionManager.enableSubscription(type)
        : _subscriptionManager.disableSubscription(type));
  }

  Future<void> disableChannel(SubscriptionType type) async {
    await _ready;
    await _subscriptionManager.disableSubscription(type);
  }

  Future<void> enableChannel(SubscriptionType type) async {
    await _ready;
    await _subscriptionManager.enableSubscription(type);
  }

  /// The subscription's id, or null when the server has not answered in time; it is registered all the same.
  Future<String?> registerEmail(String email) async {
    await _ready;
    return _subscriptionManager.registerEmailSubscription(email);
  }

  Future<String?> registerSMS(String phoneNumber) async {
    await _ready;
    return _subscriptionManager.registerSMSSubscription(phoneNumber);
  }

  Future<String?> registerKakaoTalk(String phoneNumber) async {
    await _ready;
    return _subscriptionManager.registerKakaoSubscription(phoneNumber);
  }

  /// Enter the code of a double opt-in.
  Future<bool> confirmSubscription(SubscriptionType type, String code) async {
    await _ready;
    return _subscriptionManager.confirmSubscription(type, code);
  }

  Future<bool> resendConfirmation(SubscriptionType type) async {
    await _ready;
    return _subscriptionManager.resendConfirmation(type);
  }

  /// What is known of the newest subscription of a type.
  Future<SubscriptionState?> subscription(SubscriptionType type) async {
    await _ready;
    return _subscriptionManager.subscription(type);
  }

  /// Ask the person; true when pushes are allowed.
  Future<bool> requestNotificationPermission() async {
    final push = _engine.platform.push;
    await _subscriptionManager.reportPermission(PushPermission.pending);
    final answer = await push.requestPermission();
    await _subscriptionManager.reportPermission(answer);
    return answer == PushPermission.granted;
  }

  void setMessageOpenedHandler(MessageHandler? handler) {
    _onOpened = handler;
    if (_opened.isCompleted) _messageManager.setMessageOpenedHandler(handler);
  }

  void setMessageReceivedHandler(MessageHandler? handler) {
    _onReceived = handler;
    if (_opened.isCompleted) _messageManager.setMessageReceivedHandler(handler);
  }

  Future<void> sendReceiptConfirmation(String messageId) async {
    await _ready;
    await _messageManager.sendReceiptConfirmation(messageId);
  }

  Future<void> clearMessages() async {
    await _ready;
    await _messageManager.clearMessages();
    await _inAppMessageManager.forget();
  }

  Future<void> fetchInAppMessages() async {
    await _ready;
    await _inAppMessageManager.fetchMessages();
  }

  Future<void> displayInAppMessage(String messageId) async {
    await _ready;
    await _inAppMessageManager.displayMessage(messageId);
  }

  Future<void> trackInAppMessageAction(
    String messageId,
    String actionId,
  ) async {
    await _ready;
    await _inAppMessageManager.trackAction(messageId, actionId);
  }

  void setInAppMessageClickHandler(InAppClickHandler? handler) {
    _onClick = handler;
    if (_opened.isCompleted) _inAppMessageManager.onClick = handler;
  }

  /// What conditions of the kind `custom` look at.
  Future<void> addTrigger(String key, Object? value) async =>
      addTriggers({key: value});

  Future<void> addTriggers(Map<String, Object?> triggers) async {
    await _ready;
    _inAppMessageManager.addTriggers(triggers);
  }

  Future<void> removeTrigger(String key) async {
    await _ready;
    _inAppMessageManager.removeTriggers([key]);
  }

  /// What conditions of the kind `event` look at.
  Future<void> trackEvent(
    String name, [
    Map<String, Object?> properties = const {},
  ]) async {
    await _ready;
    _inAppMessageManager.trackEvent(name, properties);
  }

  /// What conditions of the kind `screen` look at.
  Future<void> setScreen(String? name) async {
    await _ready;
    _inAppMessageManager.setScreen(name);
  }

  Future<void> pauseInAppMessages({required bool paused}) async {
    await _ready;
    _inAppMessageManager.pause(paused: paused);
  }

  /// The messages that this install may show some time.
  Future<List<InAppMessage>> get inAppMessages async {
    await _ready;
    return _inAppMessageManager.cachedMessages;
  }

  /// With `requireConsent`: nothing leaves the device before true, nor after false.
  Future<void> setConsent(bool given) async {
    final engine = await _ready;
    engine.state.consent = given;
    await engine.state.save();
    given ? engine.start() : engine.pause();
  }

  /// What waits to be sent, for an inspector in the app.
  Future<List<String>> get waitingOperations async => [
    for (final one in (await _ready).queue.operations)
      '${one.kind.name} (${one.attempts})',
  ];

  /// Completes when everything that was asked for was sent.
  Future<void> settled() async {
    final engine = await _ready;
    await engine.queue.idle();
  }

  /// Stop, as when the process ends: for tests and tools.
  Future<void> close() async {
    if (_opening == null) return;
    await _opening;
    await _lifecycle?.cancel();
    await _messageManager.close();
    await _subscriptionManager.close();
    _inAppMessageManager.close();
    await _engine.close();
  }
}
