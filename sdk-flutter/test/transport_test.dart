/// HTTP and files as the core uses them, on real sockets and a real disk.
library;

import 'dart:async';
import 'dart:io';

import 'package:automata_signal/automata_signal_core.dart';
import 'package:test/test.dart';

void main() {
  late HttpServer server;
  late IoTransport transport;
  void Function(HttpRequest request) handler = (_) {};

  setUp(() async {
    server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
    server.listen((request) => handler(request));
    transport = IoTransport(
      Uri.parse('http://127.0.0.1:${server.port}'),
      timeout: const Duration(milliseconds: 400),
    );
  });
  tearDown(() async {
    transport.close();
    await server.close(force: true);
  });

  Future<SignalResponse> send({String? body}) => transport.send(
    SignalRequest(
      method: body == null ? 'GET' : 'POST',
      path: '/v1/x?y=1',
      headers: const {'x-app-id': 'a'},
      body: body,
    ),
  );

  Future<String> failure() async {
    try {
      await send();
    } on TransportFailure catch (failure) {
      expect('$failure', contains(failure.code));
      return failure.code;
    }
    return 'none';
  }

  test('sends headers and JSON, reads status, headers and UTF-8', () async {
    final seen = <String>[];
    handler = (request) async {
      seen
        ..add('${request.method} ${request.uri}')
        ..add('${request.headers.value('x-app-id')}')
        ..add('${request.headers.contentType?.mimeType}')
        ..add('${request.contentLength}');
      request.response.statusCode = 201;
      request.response.headers.set('ETag', '"1"');
      request.response.add([0xec, 0x95, 0x88]);
      await request.response.close();
    };
    final answer = await send(body: '{"이름": 1}');
    expect(
      (answer.status, answer.headers['etag'], answer.body),
      (201, '"1"', '안'),
    );
    expect(seen, ['POST /v1/x?y=1', 'a', 'application/json', '13']);
  });

  test('no answer in time is a timeout', () async {
    handler = (_) {};
    expect(await failure(), 'timeout');
  });

  test('what is asked for after closing fails like the network', () async {
    transport.close();
    expect(await failure(), 'network');
  });

  test('a refused connection is the network', () async {
    await server.close(force: true);
    expect(await failure(), 'network');
  });

  test('a broken answer is the network', () async {
    handler = (request) async {
      final socket = await request.response.detachSocket(writeHeaders: false);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
      await socket.flush();
      socket.destroy();
    };
    expect(await failure(), 'network');
  });

  test(
    'redirects are not followed: secrets stay where they were meant to go',
    () async {
      handler = (request) async {
        request.response.statusCode = 302;
        request.response.headers.set('Location', 'http://127.0.0.1:1/');
        await request.response.close();
      };
      expect((await send()).status, 302);
    },
  );

  test('an endless answer is cut off', () async {
    handler = (request) async {
      final piece = List<int>.filled(1024 * 1024, 32);
      for (var at = 0; at < 6; at++) {
        request.response.add(piece);
      }
      await request.response.close().catchError((_) => null);
    };
    expect(await failure(), 'network');
  });

  test('a file store keeps, replaces and forgets', () async {
    final folder = await Directory.systemTemp.createTemp('store');
    final store = FileStore(Directory('${folder.path}/deep'));
    expect(await store.read('as.state.v1'), isNull);
    await store.write('as.state.v1', 'one');
    await store.write('as.state.v1', '둘');
    expect(await FileStore(store.folder).read('as.state.v1'), '둘');
    await store.remove('as.state.v1');
    await store.remove('as.state.v1');
    expect(await store.read('as.state.v1'), isNull);
    await folder.delete(recursive: true);
  });

  test('a memory store does so, too', () async {
    final store = MemoryStore();
    await store.write('a', '1');
    expect(await store.read('a'), '1');
    await store.remove('a');
    expect(await store.read('a'), isNull);
  });
}
