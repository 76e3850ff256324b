/// Model, system, language and app version, from device_info_plus and package_info_plus.
library;

import 'dart:io';

import 'package:device_info_plus/device_info_plus.dart';
import 'package:flutter/widgets.dart';
import 'package:package_info_plus/package_info_plus.dart';

import '../core/platform.dart';

final class PluginDeviceProbe implements DeviceProbe {
  DeviceDetails? _known;

  @override
  Future<DeviceDetails> read() async => _known ??= await _read();

  /// A plugin that fails costs its own fields only.
  Future<DeviceDetails> _read() async {
    final locale = WidgetsBinding.instance.platformDispatcher.locale;
    String? model, os, version;
    try {
      if (Platform.isIOS) {
        final found = await DeviceInfoPlugin().iosInfo;
        model = found.utsname.machine;
        os = 'iOS ${found.systemVersion}';
      } else if (Platform.isAndroid) {
        final found = await DeviceInfoPlugin().androidInfo;
        model = '${found.manufacturer} ${found.model}';
        os = 'Android ${found.version.release}';
      }
    } on Exception {
      os = Platform.operatingSystem;
    }
    try {
      version = (await PackageInfo.fromPlatform()).version;
    } on Exception {
      version = null;
    }
    final country = locale.countryCode?.toUpperCase();
    final known = country != null && RegExp(r'^[A-Z]{2}$').hasMatch(country);
    return DeviceDetails(
      model: model,
      os: os,
      osName:
          Platform.isIOS
              ? 'ios'
              : Platform.isAndroid
              ? 'android'
              : null,
      language: locale.toLanguageTag(),
      appVersion: version,
      countryCode: known ? country : null,
    );
  }
}
