/// Time that only passes when a test says so.
library;

import 'dart:async';

import 'package:automata_signal/automata_signal_core.dart';

final class FakeClock implements SignalClock {
  FakeClock([DateTime? start]) : _now = start ?? DateTime.utc(2026, 12, 1, 3);

  DateTime _now;
  final List<_Alarm> _alarms = [];

  @override
  DateTime now() => _now;

  /// The device's clock is set to another time: alarms ring when they would have.
  void setTo(DateTime time) {
    final by = time.difference(_now);
    _now = time;
    for (final one in _alarms) {
      one.at = one.at.add(by);
    }
  }

  @override
  Timer timer(Duration after, void Function() callback) {
    final alarm = _Alarm(_now.add(after), callback);
    _alarms.add(alarm);
    return alarm;
  }

  /// Everything that can happen without time passing, happens.
  static Future<void> settle() async {
    for (var turn = 0; turn < 4; turn++) {
      await Future<void>(() {});
    }
  }

  Future<void> elapse(Duration by) async {
    final end = _now.add(by);
    await settle();
    while (true) {
      _alarms.removeWhere((one) => !one.isActive);
      final due = _alarms.where((one) => !one.at.isAfter(end)).toList();
      if (due.isEmpty) break;
      final next = due.reduce((a, b) => b.at.isBefore(a.at) ? b : a);
      if (next.at.isAfter(_now)) _now = next.at;
      next.ring();
      await settle();
    }
    _now = end;
    await settle();
  }
}

final class _Alarm implements Timer {
  _Alarm(this.at, this._callback);

  DateTime at;
  final void Function() _callback;
  bool _done = false;

  void ring() {
    _done = true;
    _callback();
  }

  @override
  void cancel() => _done = true;

  @override
  bool get isActive => !_done;

  @override
  int get tick => 0;
}
