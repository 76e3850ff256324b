/// What an app may choose.
library;

/// How much the SDK says.
enum SignalLogLevel { none, error, info, debug }

/// The first six are the specification's, with its defaults.
final class AutomataSignalConfig {
  AutomataSignalConfig({
    this.autoRegisterPush = true,
    this.autoPromptPermission = true,
    this.trackMessageEvents = true,
    this.defaultLanguage,
    this.foregroundNotificationsEnabled = true,
    this.enableInAppMessages = true,
    this.serverUrl,
    this.testType = 0,
    this.logLevel = SignalLogLevel.error,
    this.requireConsent = false,
    this.operationTimeout = const Duration(seconds: 10),
    this.clearTagsOnLogout = false,
    this.onLog,
  });

  /// Register for push when the SDK starts.
  final bool autoRegisterPush;

  /// Ask for the notification permission after the first frame.
  final bool autoPromptPermission;

  /// Report what was received and opened.
  final bool trackMessageEvents;

  /// Reported instead of the device's language.
  final String? defaultLanguage;

  /// Show pushes that arrive while the app is open.
  final bool foregroundNotificationsEnabled;

  /// Fetch and show in-app messages.
  final bool enableInAppMessages;

  /// Where the server is; else `--dart-define=AUTOMATA_SIGNAL_URL=https://…`.
  final String? serverUrl;

  /// 0 production, 1 development, 2 ad-hoc.
  final int testType;

  final SignalLogLevel logLevel;

  /// Nothing leaves the device before `setConsent(true)`.
  final bool requireConsent;

  /// How long a call waits for the server before it goes on in the background.
  final Duration operationTimeout;

  /// Remove the tags of this install when its user logs out. The specification leaves them.
  final bool clearTagsOnLogout;

  /// Where log lines go; `print` otherwise.
  final void Function(SignalLogLevel level, String line)? onLog;

  static const String _definedUrl = String.fromEnvironment(
    'AUTOMATA_SIGNAL_URL',
  );

  /// The server's address, without a slash at its end; null when nobody named one.
  Uri? get server {
    final given = (serverUrl ?? _definedUrl).trim();
    final uri = Uri.tryParse(
      given.endsWith('/') ? given.substring(0, given.length - 1) : given,
    );
    final usable = uri != null && uri.hasAuthority && uri.isScheme('https');
    final local = uri != null && uri.hasAuthority && uri.isScheme('http');
    return usable || local ? uri : null;
  }
}
