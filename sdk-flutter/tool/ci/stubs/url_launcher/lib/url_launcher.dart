/// Declarations that the glue uses, as in url_launcher 6.3.2; for the type gate only.
library;

enum LaunchMode { platformDefault, externalApplication }

Future<bool> launchUrl(
  Uri url, {
  LaunchMode mode = LaunchMode.platformDefault,
}) async => false;
