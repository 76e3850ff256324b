/// Declarations that the glue uses, as in shared_preferences 2.5.5; for the type gate only.
library;

class SharedPreferencesOptions {
  const SharedPreferencesOptions();
}

class SharedPreferencesAsync {
  SharedPreferencesAsync({
    SharedPreferencesOptions options = const SharedPreferencesOptions(),
  });

  Future<String?> getString(String key) async => null;
  Future<void> setString(String key, String value) async {}
  Future<void> remove(String key) async {}
}
