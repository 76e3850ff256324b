/// Where the SDK remembers things between starts of the app.
library;

import 'dart:convert';

typedef Json = Map<String, Object?>;

/// Texts by key. Writes are seen by every isolate of the app.
abstract interface class KeyValueStore {
  Future<String?> read(String key);
  Future<void> write(String key, String value);
  Future<void> remove(String key);
}

/// Forgets everything with the process.
final class MemoryStore implements KeyValueStore {
  MemoryStore([Map<String, String>? values]) : values = values ?? {};

  final Map<String, String> values;

  @override
  Future<String?> read(String key) async => values[key];

  @override
  Future<void> write(String key, String value) async => values[key] = value;

  @override
  Future<void> remove(String key) async => values.remove(key);
}

/// What went wrong with a store: `store_corrupt` or `store_failed`.
typedef StoreProblem = void Function(String code, String message);

/// One JSON document under one key. Writes are in order, one at a time, and the last of several that wait wins.
final class StoredDocument {
  StoredDocument(this._store, this.key, {required this.onProblem});

  final KeyValueStore _store;
  final String key;
  final StoreProblem onProblem;
  Future<bool> _writing = Future.value(true);
  String? _waiting;

  /// Null when there is nothing, or nothing that can be read: that is told, and forgotten.
  Future<Json?> load() async {
    final text = await _store.read(key);
    if (text == null || text.isEmpty) return null;
    try {
      final value = jsonDecode(text);
      if (value is Json) return value;
    } on FormatException {
      // told below
    }
    onProblem('store_corrupt', '$key could not be read and begins anew');
    return null;
  }

  /// Completes when this or a newer state is stored, or could not be: that is told, and false.
  Future<bool> save(Json value) {
    final first = _waiting == null;
    _waiting = jsonEncode(value);
    if (first) _writing = _writing.then((_) => _write());
    return _writing;
  }

  Future<bool> _write() async {
    final text = _waiting!;
    _waiting = null;
    try {
      await _store.write(key, text);
      return true;
    } on Object catch (error) {
      onProblem('store_failed', '$key: $error');
      return false;
    }
  }
}
