/// HTTP as the core sees it: one request, one answer.
library;

/// A request to the server; `path` begins with a slash and may have a query.
final class SignalRequest {
  const SignalRequest({
    required this.method,
    required this.path,
    required this.headers,
    this.body,
  });

  final String method;
  final String path;
  final Map<String, String> headers;

  /// JSON text.
  final String? body;
}

/// An answer; header names are lower case.
final class SignalResponse {
  const SignalResponse(this.status, this.headers, this.body);

  final int status;
  final Map<String, String> headers;
  final String body;
}

/// Nothing came back, or not in time; the server may have done what was asked.
final class TransportFailure implements Exception {
  const TransportFailure(this.code, this.message);

  /// `network` or `timeout`.
  final String code;
  final String message;

  @override
  String toString() => '$code: $message';
}

abstract interface class Transport {
  /// Throw TransportFailure, and nothing else.
  Future<SignalResponse> send(SignalRequest request);
  void close();
}
