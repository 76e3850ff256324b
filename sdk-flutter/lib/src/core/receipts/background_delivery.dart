/// Reports a push that arrived while the app was closed, from an isolate of its own.
library;

import 'dart:async';

import '../net/api_client.dart';
import '../net/endpoints.dart';
import '../platform.dart';
import '../sdk_state.dart';
import '../wire/event_wire.dart';
import 'receipt_buffer.dart';

/// Stored first, sent after a random while; what cannot be sent here is sent by the app when it opens next.
abstract final class BackgroundDelivery {
  /// Whether the server has it now.
  static Future<bool> received(
    SignalPlatform platform,
    String messageId,
  ) async {
    final store = platform.store;
    final state = await SdkState.load(store, onProblem: (_, _) {});
    if (!state.tracksEvents) return false;
    final receipt = BackgroundInbox.received(messageId, platform);
    await BackgroundInbox.append(store, receipt);
    final server = Uri.tryParse(state.server ?? '');
    final subscriptionId = state.push?.id;
    if (server == null || subscriptionId == null || !state.mayTalk) {
      return false;
    }
    await _wait(platform, receipt.dueAt.difference(platform.clock.now()));
    final transport = platform.transport(server);
    final api = ApiClient(
      transport: transport,
      appId: state.appId,
      installId: () => state.installId,
      installSecret: () => state.installSecret,
    );
    final answer = await api.call(
      'POST',
      Endpoints.events,
      body: eventBatch([
        event(
          id: receipt.id,
          messageId: messageId,
          subscriptionId: subscriptionId,
          type: receipt.type,
          occurredAt: receipt.occurredAt,
        ),
      ]),
    );
    transport.close();
    if (answer is! ApiOk) return false;
    await BackgroundInbox.remove(store, receipt.id);
    return true;
  }

  static Future<void> _wait(SignalPlatform platform, Duration by) {
    final waited = Completer<void>();
    platform.clock.timer(by, waited.complete);
    return waited.future;
  }
}
