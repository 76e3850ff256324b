/// HTTP by dart:io: what apps, command line programs and tests all use.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'transport.dart';

/// Keeps connections open between requests.
final class IoTransport implements Transport {
  IoTransport(this.server, {this.timeout = const Duration(seconds: 15)}) {
    _client.connectionTimeout = timeout;
    _client.userAgent = null;
  }

  static const int _largestAnswer = 4 * 1024 * 1024;

  final Uri server;
  final Duration timeout;
  final HttpClient _client = HttpClient();

  @override
  Future<SignalResponse> send(SignalRequest request) async {
    HttpClientRequest? opened;
    try {
      return await _send(request, (one) => opened = one).timeout(timeout);
    } on TimeoutException {
      opened?.abort();
      throw TransportFailure('timeout', 'no answer in ${timeout.inSeconds} s');
    } on TransportFailure {
      rethrow;
    } on Object catch (error) {
      // Errors, too: a client that was closed meanwhile throws one.
      throw TransportFailure('network', '$error');
    }
  }

  Future<SignalResponse> _send(
    SignalRequest request,
    void Function(HttpClientRequest) onOpened,
  ) async {
    final uri = Uri.parse('$server${request.path}');
    final opened = await _client.openUrl(request.method, uri);
    onOpened(opened);
    opened.followRedirects = false;
    request.headers.forEach((name, value) => opened.headers.set(name, value));
    final body = request.body;
    if (body != null) {
      final bytes = utf8.encode(body);
      opened.headers.contentType = ContentType.json;
      opened.contentLength = bytes.length;
      opened.add(bytes);
    }
    final answer = await opened.close();
    final bytes = BytesBuilder(copy: false);
    await for (final piece in answer) {
      bytes.add(piece);
      if (bytes.length > _largestAnswer) {
        throw const TransportFailure('network', 'the answer is too large');
      }
    }
    final headers = <String, String>{};
    answer.headers.forEach((name, values) => headers[name] = values.join(', '));
    final text = utf8.decode(bytes.takeBytes(), allowMalformed: true);
    return SignalResponse(answer.statusCode, headers, text);
  }

  @override
  void close() => _client.close(force: true);
}
