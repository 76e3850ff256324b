/// Pushes: what arrived, what was tapped, and that the server hears of both.
library;

import 'dart:async';

import 'engine.dart';
import 'platform.dart';
import 'signal_error.dart';
import 'store/key_value_store.dart';
import 'wire/event_wire.dart';
import 'wire/json_reading.dart';

typedef MessageHandler = FutureOr<void> Function(PushMessage message);

/// A tap that comes before its handler is stored and handed over once, whichever start of the app has the handler.
final class MessageManager {
  MessageManager(this._engine);

  static const String key = 'as.taps.v1';
  static const int _remembered = 100;

  final SignalEngine _engine;
  late final StoredDocument _document = StoredDocument(
    _engine.platform.store,
    key,
    onProblem: _engine.storeProblem,
  );
  final List<PushMessage> _pending = [];
  final List<String> _tapped = [];
  final List<StreamSubscription<PushMessage>> _listening = [];
  MessageHandler? _onOpened;
  MessageHandler? _onReceived;
  Timer? _again;

  Future<void> initialize() async {
    final j = await _document.load();
    _tapped.addAll(textsOf(j?['tapped']));
    _pending.addAll(
      objectsOf(j?['pending']).map(_fromJson).whereType<PushMessage>(),
    );
    final push = _engine.platform.push;
    _listening
      ..add(push.received.listen((one) => _inTurn(() => received(one))))
      ..add(push.opened.listen((one) => _inTurn(() => opened(one))));
    await push.setForegroundPresentation(
      enabled: _engine.config.foregroundNotificationsEnabled,
    );
    await _takeInitial();
    // Platforms have been seen to have the tap ready only a moment later.
    _again = _engine.platform.clock.timer(
      const Duration(seconds: 1),
      () => unawaited(_engine.guard('push_failed', _takeInitial)),
    );
    await _deliver();
  }

  Future<void> _turn = Future.value();

  /// Handlers see messages in the order of arrival.
  void _inTurn(Future<void> Function() work) =>
      _turn = _turn.then((_) => _engine.guard('failed', work));

  Future<void> _takeInitial() async {
    if (_engine.isClosed) return;
    final message = await _engine.platform.push.initialMessage();
    if (message != null) await opened(message);
  }

  /// May be set before or after `initialize`; gets the tap that started the app, too.
  void setMessageOpenedHandler(MessageHandler? handler) {
    _onOpened = handler;
    unawaited(_engine.guard('failed', _deliver));
  }

  void setMessageReceivedHandler(MessageHandler? handler) =>
      _onReceived = handler;

  /// A push arrived while the app is open.
  Future<void> received(PushMessage message) async {
    if (message.wantsReceipt) await sendReceiptConfirmation(message.messageId);
    if (_engine.config.foregroundNotificationsEnabled) {
      await _engine.platform.push.present(message);
    }
    await _call(_onReceived, message);
  }

  /// A push was tapped. However often the platform tells it, it counts once.
  Future<void> opened(PushMessage message) async {
    if (_tapped.contains(message.messageId)) return;
    _tapped.add(message.messageId);
    if (_tapped.length > _remembered) _tapped.removeAt(0);
    _pending.add(message);
    await _save();
    await _engine.receipt(message.messageId, SignalEventType.converted);
    await _deliver();
  }

  /// Report that a message arrived; the SDK does it by itself unless the app handles pushes on its own.
  Future<void> sendReceiptConfirmation(String messageId) =>
      _engine.receipt(messageId, SignalEventType.received);

  /// Remove what is displayed in the notification centre, and taps that nobody asked for.
  Future<void> clearMessages() async {
    _pending.clear();
    await _save();
    await _engine.platform.push.clearDisplayed();
  }

  Future<void> _deliver() async {
    while (_pending.isNotEmpty && _onOpened != null && !_engine.isClosed) {
      final message = _pending.removeAt(0);
      await _save();
      await _call(_onOpened, message);
    }
  }

  Future<void> _call(MessageHandler? handler, PushMessage message) async {
    if (handler == null) return;
    try {
      await handler(message);
    } on Object catch (error) {
      _engine.report(SignalError('handler_failed', '$error'));
    }
  }

  Future<bool> _save() => _document.save({
    'tapped': _tapped,
    'pending': [for (final one in _pending) _toJson(one)],
  });

  static Json _toJson(PushMessage one) => {
    'message_id': one.messageId,
    'title': one.title,
    'body': one.body,
    'link': one.link,
    'wants_receipt': one.wantsReceipt,
    'payload': one.payload,
  };

  static PushMessage? _fromJson(Json j) {
    final id = textOf(j['message_id']);
    if (id == null) return null;
    return PushMessage(
      messageId: id,
      title: textOf(j['title']),
      body: textOf(j['body']),
      link: textOf(j['link']),
      wantsReceipt: boolOf(j['wants_receipt']) ?? true,
      payload: objectOf(j['payload']) ?? const {},
    );
  }

  Future<void> close() async {
    _again?.cancel();
    for (final one in _listening) {
      await one.cancel();
    }
  }
}
