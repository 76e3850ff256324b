/// Everything but Flutter: for tests, command line programs, and the library that apps import.
library;

export 'src/core/automata_signal.dart';
export 'src/core/config.dart';
export 'src/core/in_app/in_app_message.dart';
export 'src/core/in_app_message_manager.dart' show InAppClickHandler;
export 'src/core/message_manager.dart' show MessageHandler;
export 'src/core/metrics.dart';
export 'src/core/net/io_transport.dart';
export 'src/core/net/transport.dart';
export 'src/core/platform.dart';
export 'src/core/signal_error.dart';
export 'src/core/store/file_store.dart';
export 'src/core/store/key_value_store.dart';
export 'src/core/subscription_type.dart';
