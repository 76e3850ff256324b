/// The evaluator decides as contract/trigger_vectors.json says; the server's is held against the same file.
library;

import 'dart:convert';

import 'package:automata_signal/src/core/in_app/in_app_message.dart';
import 'package:automata_signal/src/core/in_app/trigger_evaluator.dart';
import 'package:automata_signal/src/core/store/key_value_store.dart';
import 'package:automata_signal/src/core/wire/in_app_wire.dart';
import 'package:test/test.dart';

import 'fakes/contract.dart';

DisplayContext _context(Json j) {
  final local = (j['local_time']! as String).split(':').map(int.parse).toList();
  DateTime? time(String key) =>
      j[key] == null ? null : DateTime.parse(j[key]! as String);
  return DisplayContext(
    now: time('now')!,
    minuteOfDay: local[0] * 60 + local[1],
    appVersion: j['app_version'] as String?,
    sdkVersion: j['sdk_version'] as String?,
    os: j['os'] as String?,
    language: j['lang'] as String?,
    subscriptionStatus: j['subscription_status']! as int,
    counters: ShownCounters(
      total: j['shown_total']! as int,
      lastAt: time('last_shown_at'),
      inSession: j['shown_in_session']! as int,
    ),
    lastShownAt: time('last_any_shown_at'),
    globalGapSeconds: j['global_gap_s']! as int,
    event: j['event']! as Json,
    tags: j['tags']! as Json,
    custom: j['custom']! as Json,
    attributes: j['attr']! as Json,
    screen: j['screen'] as String?,
    sessionSeconds: j['session_seconds']! as num,
  );
}

void main() {
  final file =
      jsonDecode(contract('trigger_vectors.json').readAsStringSync()) as Json;
  final vectors = (file['vectors']! as List).cast<Json>();
  group('vector:', () {
    for (final vector in vectors) {
      test(vector['name']! as String, () {
        final read = readInAppMessage({
          ...file['message']! as Json,
          ...?vector['message'] as Json?,
        });
        final message = read.message;
        final verdict =
            message == null
                ? 'unsupported'
                : evaluate(
                  message,
                  _context({
                    ...file['context']! as Json,
                    ...?vector['context'] as Json?,
                  }),
                ).name;
        expect(verdict, vector['expect']);
      });
    }
  });
  group('selection:', () {
    for (final one in (file['selection']! as List).cast<Json>()) {
      test(one['name']! as String, () {
        final messages = [
          for (final j in (one['messages']! as List).cast<Json>())
            readInAppMessage({
              ...file['message']! as Json,
              'id': j['id'],
              'display': {'priority': j['priority'], 'start': j['start']},
            }).message!,
        ];
        final order = <String>[];
        while (messages.isNotEmpty) {
          final InAppMessage best = choose(messages)!;
          messages.remove(best);
          order.add(best.id);
        }
        expect(order, one['expect']);
      });
    }
  });
}
