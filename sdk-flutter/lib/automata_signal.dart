/// Automata-Signal for Flutter: `import 'package:automata_signal/automata_signal.dart';`
library;

export 'automata_signal_core.dart';
export 'src/flutter/background_handler.dart';
