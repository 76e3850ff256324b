/// Who uses the app.
library;

import 'engine.dart';
import 'queue/operation.dart';
import 'signal_error.dart';
import 'store/key_value_store.dart';
import 'wire/client_wire.dart';

/// Takes effect here at once, and on the server in the order of asking.
final class UserManager {
  UserManager(this._engine);

  static const int longestExternalId = 256;

  final SignalEngine _engine;

  /// The app's own id of whoever is logged in.
  String? get externalId => _engine.state.externalId;

  /// The server's id of the user.
  String? get automataId => _engine.state.userId;

  /// Completes when the server knows, or after `operationTimeout` while it is tried on.
  Future<void> identifyUser(String externalId, {String? identityToken}) async {
    if (externalId.isEmpty || externalId.length > longestExternalId) {
      return _engine.report(
        const SignalError(
          'invalid_input',
          'an external id has 1 to $longestExternalId characters',
          operation: 'login',
        ),
      );
    }
    final state = _engine.state;
    state.externalId = externalId;
    state.identityToken = identityToken;
    final login = await _engine.enqueue(OperationKind.login);
    await state.save();
    await _engine.outcome(login);
  }

  Future<void> logoutUser() async {
    final state = _engine.state;
    final names = state.tags.keys.toList();
    final cleared =
        _engine.config.clearTagsOnLogout ? changeTags(remove: names) : null;
    state.externalId = null;
    state.identityToken = null;
    final logout = await _engine.enqueue(OperationKind.logout);
    await cleared;
    await state.save();
    await _engine.outcome(logout);
  }

  /// Properties of the user; null removes one.
  Future<void> updateUserProperties(Map<String, Object?> properties) async {
    if (properties.isEmpty) return;
    await _engine.enqueue(
      OperationKind.properties,
      body: factChanges(
        set: {...properties}..removeWhere((_, value) => value == null),
        remove: [
          for (final MapEntry(:key, :value) in properties.entries)
            if (value == null) key,
        ],
      ),
    );
  }

  /// Tags of every subscription of this install.
  Future<void> changeTags({
    Json set = const {},
    List<String> remove = const [],
  }) async {
    if (set.isEmpty && remove.isEmpty) return;
    final state = _engine.state;
    state.tags = {...state.tags, ...set}
      ..removeWhere((key, _) => remove.contains(key));
    await _engine.enqueue(
      OperationKind.tags,
      body: factChanges(set: set, remove: remove),
    );
    await state.save();
  }

  /// A new token of the app's own server, for what waits because the old one was refused.
  Future<void> renewIdentityToken(String token) async {
    _engine.state.identityToken = token;
    await _engine.queue.renewIdentityToken(externalId, token);
    await _engine.state.save();
    _engine.start();
  }
}
