/// The messages that were fetched, and how often each was shown; kept between starts.
library;

import '../store/key_value_store.dart';
import '../wire/in_app_wire.dart';
import '../wire/json_reading.dart';
import 'in_app_message.dart';
import 'trigger_evaluator.dart';

final class InAppCache {
  InAppCache(KeyValueStore store, {required StoreProblem onProblem})
    : _document = StoredDocument(store, key, onProblem: onProblem);

  static const String key = 'as.iam.v1';
  static const int capacity = 50;
  static const int rememberedCounters = 500;

  final StoredDocument _document;
  final Map<String, InAppMessage> _messages = {};
  final Map<String, ({int total, DateTime? lastAt})> _shown = {};
  final Map<String, int> _inSession = {};
  String? etag;
  DateTime? fetchedAt;
  DateTime? lastShownAt;

  Iterable<InAppMessage> get messages => _messages.values;

  InAppMessage? operator [](String id) => _messages[id];

  Future<void> load() async {
    final j = await _document.load();
    if (j == null) return;
    etag = textOf(j['etag']);
    lastShownAt = DateTime.tryParse(textOf(j['last_shown_at']) ?? '');
    _take(objectsOf(j['messages']));
    objectOf(j['shown'])?.forEach((id, value) {
      final one = objectOf(value);
      _shown[id] = (
        total: intOf(one?['total']) ?? 0,
        lastAt: DateTime.tryParse(textOf(one?['last_at']) ?? ''),
      );
    });
  }

  /// What the server holds for this install now; the ids of those that this version cannot show.
  List<String> replace(Iterable<Json> messages, {required String? newEtag}) {
    _messages.clear();
    etag = newEtag;
    return _take(messages);
  }

  List<String> _take(Iterable<Json> found) {
    final refused = <String>[];
    for (final j in found.take(capacity)) {
      final read = readInAppMessage(j);
      final message = read.message, id = read.id;
      if (message != null) {
        _messages[message.id] = message;
      } else if (id != null) {
        refused.add(id);
      }
    }
    return refused;
  }

  ShownCounters countersOf(String id) => ShownCounters(
    total: _shown[id]?.total ?? 0,
    lastAt: _shown[id]?.lastAt,
    inSession: _inSession[id] ?? 0,
  );

  void shown(String id, DateTime now) {
    _shown[id] = (total: (_shown[id]?.total ?? 0) + 1, lastAt: now);
    _inSession[id] = (_inSession[id] ?? 0) + 1;
    lastShownAt = now;
    while (_shown.length > rememberedCounters) {
      _shown.remove(_shown.keys.first);
    }
  }

  void beginSession() => _inSession.clear();

  /// The messages go; how often they were shown stays.
  void clear() {
    _messages.clear();
    etag = null;
    fetchedAt = null;
  }

  Future<bool> save() => _document.save({
    'etag': etag,
    'last_shown_at': lastShownAt?.toUtc().toIso8601String(),
    'messages': [for (final one in _messages.values) one.raw],
    'shown': {
      for (final MapEntry(:key, :value) in _shown.entries)
        key: {
          'total': value.total,
          'last_at': value.lastAt?.toUtc().toIso8601String(),
        },
    },
  });
}
