/// Runs every test and then asks the VM which lines of the core were run; fails below the floor.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:developer';
import 'dart:io';
import 'dart:isolate';

import 'package:test/test.dart' as shim;

import '../../test/all_test.dart' as tests;

const int floor = 85;

Future<void> main() async {
  final service = await Service.controlWebServer(
    enable: true,
    silenceOutput: true,
  );
  final uri = service.serverUri;
  if (uri == null) {
    stdout.writeln('coverage: the VM service did not start');
    exit(2);
  }
  shim.onDone = (code) async {
    final share = await _report(uri);
    exit(
      code != 0
          ? code
          : share < floor
          ? 1
          : 0,
    );
  };
  tests.main();
}

Future<double> _report(Uri service) async {
  final socket = await WebSocket.connect(
    service.replace(scheme: 'ws', path: '${service.path}ws').toString(),
  );
  final isolate = Service.getIsolateId(Isolate.current)!;
  final answered = Completer<Map<String, Object?>>();
  socket.listen((text) {
    final json = jsonDecode(text as String) as Map<String, Object?>;
    if (json['id'] == '1') answered.complete(json);
  });
  socket.add(
    jsonEncode({
      'jsonrpc': '2.0',
      'id': '1',
      'method': 'getSourceReport',
      'params': {
        'isolateId': isolate,
        'reports': ['Coverage'],
        'reportLines': true,
        'forceCompile': true,
        'libraryFilters': ['package:automata_signal/src/core/'],
      },
    }),
  );
  final json = await answered.future;
  await socket.close();
  final result = json['result']! as Map<String, Object?>;
  final scripts =
      (result['scripts']! as List<Object?>).cast<Map<String, Object?>>();
  final hits = <int, Set<int>>{}, misses = <int, Set<int>>{};
  for (final range
      in (result['ranges']! as List<Object?>).cast<Map<String, Object?>>()) {
    final coverage = range['coverage'] as Map<String, Object?>?;
    if (coverage == null) continue;
    final script = range['scriptIndex']! as int;
    hits
        .putIfAbsent(script, () => {})
        .addAll((coverage['hits']! as List<Object?>).cast<int>());
    misses
        .putIfAbsent(script, () => {})
        .addAll((coverage['misses']! as List<Object?>).cast<int>());
  }
  var all = 0, run = 0;
  final lines = <String>[];
  for (final script in hits.keys) {
    final hit = hits[script]!, missed = misses[script]!.difference(hit);
    all += hit.length + missed.length;
    run += hit.length;
    if (missed.isEmpty) continue;
    final name = '${scripts[script]['uri']}'.split('/src/core/').last;
    lines.add('  $name: ${(missed.toList()..sort()).join(', ')}');
  }
  final share = all == 0 ? 0.0 : 100 * run / all;
  if (Platform.environment['SDK_COVERAGE_LINES'] != null)
    lines.forEach(stdout.writeln);
  stdout.writeln(
    'coverage: ${share.toStringAsFixed(1)} % of $all lines of lib/src/core, floor $floor %',
  );
  return share;
}
