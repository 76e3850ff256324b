/// The part of package:test that the SDK's tests use, for a VM without packages. They run unchanged under the real one.
library;

import 'dart:async';
import 'dart:io';

typedef _Body = FutureOr<void> Function();

final class _Test {
  _Test(this.name, this.body, this.before, this.after);

  final String name;
  final _Body body;
  final List<_Body> before;
  final List<_Body> after;
}

final List<_Test> _tests = [];
final List<String> _groups = [];
final List<_Body> _before = [];
final List<_Body> _after = [];
final List<_Body> _last = [];
bool _scheduled = false;

/// Called with the exit code after the last test; a runner may look at coverage first.
FutureOr<void> Function(int code) onDone = exit;

void group(String name, void Function() body) {
  final before = _before.length, after = _after.length;
  _groups.add(name);
  body();
  _groups.removeLast();
  _before.removeRange(before, _before.length);
  _after.removeRange(after, _after.length);
}

void setUp(_Body body) => _before.add(body);

void tearDown(_Body body) => _after.add(body);

void tearDownAll(_Body body) => _last.add(body);

void test(String name, _Body body) {
  _tests.add(
    _Test([..._groups, name].join(' '), body, [..._before], [..._after]),
  );
  if (!_scheduled) {
    _scheduled = true;
    scheduleMicrotask(_runAll);
  }
}

Future<void> _runAll() async {
  await Future<void>.delayed(Duration.zero);
  final only = Platform.environment['SDK_TEST_ONLY'];
  var passed = 0, failed = 0;
  for (final one in _tests) {
    if (only != null && !one.name.contains(only)) continue;
    try {
      await _run(one).timeout(const Duration(seconds: 60));
      passed += 1;
    } on Object catch (error, trace) {
      failed += 1;
      stdout.writeln('FAILED: ${one.name}\n  $error\n$trace');
    }
  }
  for (final one in _last) {
    await one();
  }
  stdout.writeln('$passed passed, $failed failed');
  await onDone(failed == 0 && passed > 0 ? 0 : 1);
}

/// What a test throws, now or in a callback of its own, fails it.
Future<void> _run(_Test one) {
  final done = Completer<void>();
  void fail(Object error, StackTrace trace) {
    if (!done.isCompleted) done.completeError(error, trace);
  }

  runZonedGuarded(() async {
    try {
      for (final step in one.before) {
        await step();
      }
      try {
        await one.body();
      } finally {
        for (final step in one.after.reversed) {
          await step();
        }
      }
      if (!done.isCompleted) done.complete();
    } on Object catch (error, trace) {
      fail(error, trace);
    }
  }, fail);
  return done.future;
}

/// Thrown by expect.
final class TestFailure implements Exception {
  TestFailure(this.message);

  final String message;

  @override
  String toString() => message;
}

Never fail(String message) => throw TestFailure(message);

typedef _Check = bool Function(Object? value);

final class Matcher {
  const Matcher(this.description, this._matches);

  final String description;
  final _Check _matches;

  bool matches(Object? value) => _matches(value);
}

void expect(Object? actual, Object? matcher, {String? reason}) {
  final wanted = matcher is Matcher ? matcher : equals(matcher);
  if (wanted.matches(actual)) return;
  throw TestFailure(
    'expected ${wanted.description}, was $actual${reason == null ? '' : ' ($reason)'}',
  );
}

Matcher equals(Object? wanted) =>
    Matcher('$wanted', (value) => _deepEqual(value, wanted));

bool _deepEqual(Object? left, Object? right) {
  if (left is Map && right is Map) {
    return left.length == right.length &&
        left.keys.every(
          (key) => right.containsKey(key) && _deepEqual(left[key], right[key]),
        );
  }
  if (left is Set && right is Set) {
    return left.length == right.length && left.containsAll(right);
  }
  if (left is Iterable && right is Iterable) {
    final first = left.toList(), second = right.toList();
    if (first.length != second.length) return false;
    for (var at = 0; at < first.length; at++) {
      if (!_deepEqual(first[at], second[at])) return false;
    }
    return true;
  }
  return left == right;
}

const Matcher isTrue = Matcher('true', _isTrue);
const Matcher isFalse = Matcher('false', _isFalse);
const Matcher isNull = Matcher('null', _isNull);
const Matcher isNotNull = Matcher('not null', _isNotNull);
const Matcher isEmpty = Matcher('empty', _isEmpty);
const Matcher isNotEmpty = Matcher('not empty', _isNotEmpty);

bool _isTrue(Object? value) => value == true;
bool _isFalse(Object? value) => value == false;
bool _isNull(Object? value) => value == null;
bool _isNotNull(Object? value) => value != null;
bool _isEmpty(Object? value) => switch (value) {
  Iterable(:final isEmpty) || Map(:final isEmpty) => isEmpty,
  String(:final isEmpty) => isEmpty,
  _ => false,
};
bool _isNotEmpty(Object? value) => value != null && !_isEmpty(value);

Matcher hasLength(int length) => Matcher(
  'length $length',
  (value) => switch (value) {
    Iterable(length: final found) ||
    Map(length: final found) => found == length,
    String(length: final found) => found == length,
    _ => false,
  },
);

Matcher contains(Object? wanted) => Matcher(
  'containing $wanted',
  (value) => switch (value) {
    String() => value.contains('$wanted'),
    Iterable() => value.any((one) => _deepEqual(one, wanted)),
    Map() => value.containsKey(wanted),
    _ => false,
  },
);

Matcher isNot(Object? unwanted) {
  final matcher = unwanted is Matcher ? unwanted : equals(unwanted);
  return Matcher(
    'not ${matcher.description}',
    (value) => !matcher.matches(value),
  );
}

Matcher isA<T>() => Matcher('a $T', (value) => value is T);

Matcher lessThanOrEqualTo(num limit) =>
    Matcher('at most $limit', (value) => value is num && value <= limit);

Matcher greaterThan(num limit) =>
    Matcher('over $limit', (value) => value is num && value > limit);

Matcher throwsA(Matcher matcher) =>
    Matcher('throwing ${matcher.description}', (value) {
      try {
        (value! as Function)();
      } on Object catch (error) {
        return matcher.matches(error);
      }
      return false;
    });
