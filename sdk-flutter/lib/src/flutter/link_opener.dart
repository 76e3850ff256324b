/// Opens what a button of an in-app message leads to.
library;

import 'package:url_launcher/url_launcher.dart';

import '../core/platform.dart';

final class UrlLinkOpener implements LinkOpener {
  const UrlLinkOpener();

  @override
  Future<void> open(Uri link) async {
    await launchUrl(link, mode: LaunchMode.externalApplication);
  }
}
