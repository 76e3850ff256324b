/// A scenario of contract/fixtures: what the app calls, which requests must follow, what the server answers.
library;

import 'dart:convert';

import 'package:automata_signal/automata_signal_core.dart';

/// `{{name}}` is a value that was seen before, `{{name:<uuid>}}` one that is seen now, `<uuid>` any; also `<iso8601>`,
/// `<int>`, `<text>`.
final class FixtureValues {
  FixtureValues(this._known);

  final Map<String, Object?> _known;
  int _made = 0;

  static final RegExp _named = RegExp(r'\{\{(\w+)(?::(<\w+>))?\}\}');
  static final RegExp _uuid = RegExp(r'^[0-9a-f-]{36}$');

  String _make(String form) => switch (form) {
    '<uuid>' =>
      '0192f0c1-7a00-7000-8000-${(++_made).toString().padLeft(12, '0')}',
    '<iso8601>' => '2026-12-01T03:00:00Z',
    '<int>' => '1',
    _ => 'text ${++_made}',
  };

  /// What the server answers, made up where the scenario leaves it open.
  Object? produce(Object? wanted) => switch (wanted) {
    final Json object => object.map(
      (key, value) => MapEntry(key, produce(value)),
    ),
    final List<Object?> list => list.map(produce).toList(),
    '<int>' => 1,
    '<uuid>' || '<iso8601>' || '<text>' => _make(wanted! as String),
    final String text => text.replaceAllMapped(_named, (found) {
      final name = found.group(1)!, form = found.group(2);
      if (form != null) _known.putIfAbsent(name, () => _make(form));
      return '${_known[name]}';
    }),
    _ => wanted,
  };

  /// Null when what was sent is what was expected, else what differs.
  String? differs(Object? sent, Object? wanted, [String at = '']) {
    if (wanted is Json && sent is Json) {
      for (final key in {...wanted.keys, ...sent.keys}) {
        if (!wanted.containsKey(key)) return '$at.$key was not expected';
        if (!sent.containsKey(key)) return '$at.$key is missing';
        final found = differs(sent[key], wanted[key], '$at.$key');
        if (found != null) return found;
      }
      return null;
    }
    if (wanted is List<Object?> && sent is List<Object?>) {
      if (wanted.length != sent.length) return '$at has ${sent.length} items';
      for (var i = 0; i < wanted.length; i++) {
        final found = differs(sent[i], wanted[i], '$at[$i]');
        if (found != null) return found;
      }
      return null;
    }
    if (wanted is String) return _differs(sent, wanted, at);
    return sent == wanted ? null : '$at is $sent instead of $wanted';
  }

  String? _differs(Object? sent, String wanted, String at) {
    final named = _named.matchAsPrefix(wanted);
    if (named != null && named.end == wanted.length) {
      final name = named.group(1)!, form = named.group(2);
      if (form != null && !_known.containsKey(name)) {
        if (!_fits(sent, form)) return '$at is no $form: $sent';
        _known[name] = sent;
        return null;
      }
      return sent == _known[name] ? null : '$at is $sent, not $wanted';
    }
    if (wanted.startsWith('<') && wanted.endsWith('>')) {
      return _fits(sent, wanted) ? null : '$at is no $wanted: $sent';
    }
    final text = '${produce(wanted)}';
    return sent == text ? null : '$at is $sent instead of $text';
  }

  bool _fits(Object? sent, String form) => switch (form) {
    '<uuid>' => sent is String && _uuid.hasMatch(sent),
    '<iso8601>' => sent is String && DateTime.tryParse(sent) != null,
    '<int>' => sent is int,
    _ => sent is String,
  };
}

/// Requires exactly the scenario's requests in its order, and answers them.
final class FixtureTransport implements Transport {
  FixtureTransport(this.steps, this.values);

  final List<Json> steps;
  final FixtureValues values;
  int _next = 0;
  String? wrong;

  bool get isDone => _next == steps.length;

  @override
  void close() {}

  @override
  Future<SignalResponse> send(SignalRequest request) async {
    final said = '${request.method} ${request.path}';
    if (isDone) return _refuse('one request too many: $said ${request.body}');
    final step = steps[_next++];
    final path = values.produce(step['path']);
    final wanted = '${step['method']} $path';
    if (said != wanted) return _refuse('$said instead of $wanted');
    final body = request.body == null ? null : jsonDecode(request.body!);
    final found = values.differs(body, step['body'], 'body');
    if (found != null) return _refuse('$wanted: $found');
    final headers = step['headers'] as Json? ?? const {};
    for (final MapEntry(:key, :value) in headers.entries) {
      final found = values.differs(request.headers[key], value, key);
      if (found != null) return _refuse('$wanted: $found');
    }
    final answer = step['response']! as Json;
    if (answer['failure'] case final String code) {
      throw TransportFailure(code, 'as the scenario says');
    }
    final given = values.produce(answer['headers'] ?? <String, Object?>{});
    return SignalResponse(
      answer['status']! as int,
      (given! as Json).cast<String, String>(),
      switch (answer['body']) {
        null => '',
        final String text => text,
        final Object json => jsonEncode(values.produce(json)),
      },
    );
  }

  Future<SignalResponse> _refuse(String what) async {
    wrong ??= 'step $_next: $what';
    throw TransportFailure('network', what);
  }
}
