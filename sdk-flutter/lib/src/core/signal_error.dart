/// What `onError` tells.
library;

/// Something that did not work; the SDK goes on.
final class SignalError implements Exception {
  const SignalError(this.code, this.message, {this.status, this.operation});

  /// Stable and machine-readable: the server's `code`, or one of the SDK's own (`network`, `timeout`, `store_corrupt`,
  /// `store_failed`, `queue_full`, `expired`, `not_configured`, `handler_failed`, `in_app_…`).
  final String code;

  /// For people.
  final String message;

  /// The HTTP status, when there was an answer.
  final int? status;

  /// What was tried, such as `login`.
  final String? operation;

  @override
  String toString() =>
      'SignalError($code${operation == null ? '' : ', $operation'}): $message';
}
