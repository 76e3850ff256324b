/// Declarations that the glue uses, as in package_info_plus 10.2.1; for the type gate only.
library;

class PackageInfo {
  static Future<PackageInfo> fromPlatform() async => PackageInfo();

  String get version => '';
}
