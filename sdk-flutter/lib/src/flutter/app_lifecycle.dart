/// Whether the app is in front, from Flutter's binding.
library;

import 'dart:async';

import 'package:flutter/widgets.dart';

import '../core/platform.dart';

final class AppLifecycle with WidgetsBindingObserver implements Lifecycle {
  AppLifecycle() {
    WidgetsBinding.instance.addObserver(this);
  }

  final StreamController<bool> _changes = StreamController.broadcast();

  @override
  bool get inForeground {
    final state = WidgetsBinding.instance.lifecycleState;
    return state == null || state == AppLifecycleState.resumed;
  }

  @override
  Stream<bool> get changes => _changes.stream;

  @override
  Future<void> get firstFrame =>
      WidgetsBinding.instance.waitUntilFirstFrameRasterized;

  @override
  void didChangeAppLifecycleState(AppLifecycleState state) {
    if (state == AppLifecycleState.resumed) _changes.add(true);
    if (state == AppLifecycleState.paused) _changes.add(false);
  }
}

/// The background isolate's.
final class NoLifecycle implements Lifecycle {
  const NoLifecycle();

  @override
  bool get inForeground => false;

  @override
  Stream<bool> get changes => const Stream.empty();

  @override
  Future<void> get firstFrame => Completer<void>().future;
}
