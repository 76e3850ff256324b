/// Calls the server on behalf of this install and tells apart what may become of a call.
library;

import 'dart:convert';

import '../store/key_value_store.dart';
import '../wire/client_wire.dart';
import 'transport.dart';

/// The version of this SDK; pubspec.yaml says the same.
const String sdkVersion = '0.1.0';

/// What became of a call.
sealed class ApiResult {
  const ApiResult();
}

/// 2xx or 304.
final class ApiOk extends ApiResult {
  const ApiOk(this.status, this.body, this.headers);

  final int status;
  final Json body;
  final Map<String, String> headers;
}

/// Any other status, as problem details say it.
final class ApiProblem extends ApiResult {
  const ApiProblem(
    this.status,
    this.code,
    this.detail, {
    this.field,
    this.subscriptionId,
    this.retryAfter,
  });

  final int status;
  final String code;
  final String detail;
  final String? field;

  /// Which subscription the problem is about.
  final String? subscriptionId;
  final Duration? retryAfter;

  /// Asking again later may help.
  bool get isTransient => status == 408 || status == 429 || status >= 500;
}

/// No answer.
final class ApiUnreachable extends ApiResult {
  const ApiUnreachable(this.code, this.detail);

  final String code;
  final String detail;
}

/// Reads problem details and Retry-After; wire models are elsewhere.
final class ApiClient {
  ApiClient({
    required this.transport,
    required this.appId,
    required this.installId,
    required this.installSecret,
  });

  final Transport transport;
  final String appId;
  final String Function() installId;
  final String? Function() installSecret;

  /// Requests so far.
  int requests = 0;

  Future<ApiResult> call(
    String method,
    String path, {
    Json? body,
    String? idempotencyKey,
    String? etag,
  }) async {
    requests += 1;
    final secret = installSecret();
    final request = SignalRequest(
      method: method,
      path: path,
      headers: {
        'x-app-id': appId,
        'x-sdk': 'flutter/$sdkVersion',
        'x-install-id': installId(),
        if (secret != null) 'x-install-secret': secret,
        if (idempotencyKey != null) 'idempotency-key': idempotencyKey,
        if (etag != null) 'if-none-match': etag,
      },
      body: body == null ? null : jsonEncode(body),
    );
    final SignalResponse answer;
    try {
      answer = await transport.send(request);
    } on TransportFailure catch (failure) {
      return ApiUnreachable(failure.code, failure.message);
    }
    final Json json = _decode(answer.body);
    final ok = answer.status >= 200 && answer.status < 300;
    if (ok && (answer.body.isEmpty || json.isNotEmpty)) {
      return ApiOk(answer.status, json, answer.headers);
    }
    if (answer.status == 304) return ApiOk(304, const {}, answer.headers);
    // A captive portal answers 200 with a page of its own, or redirects to one.
    if (ok || answer.status < 400) {
      return ApiUnreachable('network', 'status ${answer.status} of a stranger');
    }
    final problem = ProblemAnswer(json);
    return ApiProblem(
      answer.status,
      problem.code ?? 'http_${answer.status}',
      problem.detail ?? 'status ${answer.status}',
      field: problem.field,
      subscriptionId: problem.subscriptionId,
      retryAfter: _retryAfter(answer.headers['retry-after']),
    );
  }

  static Json _decode(String text) {
    if (text.isEmpty) return const {};
    try {
      final value = jsonDecode(text);
      return value is Json ? value : const {};
    } on FormatException {
      return const {};
    }
  }

  /// Seconds; a date counts for a minute, because the device's own clock may be wrong.
  static Duration? _retryAfter(String? text) {
    if (text == null) return null;
    final seconds = int.tryParse(text.trim());
    if (seconds == null) return const Duration(minutes: 1);
    return Duration(seconds: seconds.clamp(0, 86400));
  }
}
