/// Declarations that the glue uses, as in firebase_core 4.13.0; for the type gate only.
library;

class FirebaseApp {}

abstract final class Firebase {
  static List<FirebaseApp> get apps => const [];
  static Future<FirebaseApp> initializeApp() async => FirebaseApp();
}

class FirebaseException implements Exception {
  String get code => '';
  String? get message => null;
}
