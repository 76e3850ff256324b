/// shared_preferences without its cache: the background isolate must see what the app wrote, and the other way round.
library;

import 'dart:io';

import 'package:shared_preferences/shared_preferences.dart';
import 'package:shared_preferences_foundation/shared_preferences_foundation.dart';

import '../core/store/key_value_store.dart';

/// On iOS in the App Group of `--dart-define=AUTOMATA_SIGNAL_APP_GROUP=group.…`, where the service extension reads it.
final class PrefsStore implements KeyValueStore {
  static const String _group = String.fromEnvironment(
    'AUTOMATA_SIGNAL_APP_GROUP',
  );

  final SharedPreferencesAsync _prefs =
      _group.isEmpty || !Platform.isIOS
          ? SharedPreferencesAsync()
          : SharedPreferencesAsync(
            options: SharedPreferencesAsyncFoundationOptions(suiteName: _group),
          );

  @override
  Future<String?> read(String key) => _prefs.getString(key);

  @override
  Future<void> write(String key, String value) => _prefs.setString(key, value);

  @override
  Future<void> remove(String key) => _prefs.remove(key);
}
