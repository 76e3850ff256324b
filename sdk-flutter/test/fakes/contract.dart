/// The files that bind SDK and server to one another.
library;

import 'dart:io';

/// Found from the package's folder, where `flutter test` runs, or from that of this file.
File contract(String name) {
  final here = File('contract/$name');
  if (here.existsSync()) return here;
  final root = Platform.environment['SDK_ROOT'] ?? '.';
  return File('$root/contract/$name');
}
