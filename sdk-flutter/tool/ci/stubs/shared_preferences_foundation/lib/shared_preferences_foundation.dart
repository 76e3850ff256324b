/// Declarations that the glue uses, as in shared_preferences_foundation 2.5; for the type gate only.
library;

import 'package:shared_preferences/shared_preferences.dart';

class SharedPreferencesAsyncFoundationOptions extends SharedPreferencesOptions {
  SharedPreferencesAsyncFoundationOptions({this.suiteName});

  final String? suiteName;
}
