/// Declarations that the glue uses, as in device_info_plus 13.2.0; for the type gate only.
library;

class IosUtsname {
  String get machine => '';
}

class IosDeviceInfo {
  IosUtsname get utsname => IosUtsname();
  String get systemVersion => '';
}

class AndroidBuildVersion {
  String get release => '';
}

class AndroidDeviceInfo {
  String get manufacturer => '';
  String get model => '';
  AndroidBuildVersion get version => AndroidBuildVersion();
}

class DeviceInfoPlugin {
  Future<IosDeviceInfo> get iosInfo async => IosDeviceInfo();
  Future<AndroidDeviceInfo> get androidInfo async => AndroidDeviceInfo();
}
