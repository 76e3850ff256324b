/// The phone, for the core: thin adapters over plugins.
library;

import '../core/net/io_transport.dart';
import '../core/platform.dart';
import 'app_lifecycle.dart';
import 'device_probe.dart';
import 'firebase_push.dart';
import 'in_app_host.dart';
import 'link_opener.dart';
import 'prefs_store.dart';

SignalPlatform? _platform;

/// What `AutomataSignal()` stands on in an app.
SignalPlatform defaultPlatform() =>
    _platform ??= SignalPlatform(
      store: PrefsStore(),
      transport: IoTransport.new,
      push: FirebasePush(),
      device: PluginDeviceProbe(),
      lifecycle: AppLifecycle(),
      renderer: InAppHost(),
      links: const UrlLinkOpener(),
    );

/// The same for the background isolate, which has no screen and no lifecycle to listen to.
SignalPlatform backgroundPlatform() => SignalPlatform(
  store: PrefsStore(),
  transport: IoTransport.new,
  push: FirebasePush(),
  device: PluginDeviceProbe(),
  lifecycle: const NoLifecycle(),
  renderer: InAppHost(),
  links: const UrlLinkOpener(),
);
