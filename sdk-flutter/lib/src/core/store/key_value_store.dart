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

/// One JSON document under one key. Writes are in order, one at a time, and the last of several that wait wins.
final class StoredDocument {
  StoredDocument(this._store, this.key, {required this.onCorrupt});

  final KeyValueStore _store;
  final String key;

  /// What stood there could not be read: it is forgotten.
  final void Function(String key) onCorrupt;
  Future<void> _writing = Future.value();
  String? _waiting;

  Future<Json?> load() async {
    final text = await _store.read(key);
    if (text == null || text.isEmpty) return null;
    try {
      final value = jsonDecode(text);
      if (value is Json) return value;
    } on FormatException {
      // told below
    }
    onCorrupt(key);
    return null;
  }

  /// Completes when this or a newer state is stored.
  Future<void> save(Json value) {
    final first = _waiting == null;
    _waiting = jsonEncode(value);
    if (first) {
      _writing = _writing.catchError((_) {}).then((_) {
        final text = _waiting!;
        _waiting = null;
        return _store.write(key, text);
      });
    }
    return _writing;
  }
}
