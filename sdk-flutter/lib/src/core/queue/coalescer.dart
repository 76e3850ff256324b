/// Merges what is asked for into what still waits, so that a hundred changed tags are one request.
library;

import '../store/key_value_store.dart';
import '../wire/client_wire.dart';
import 'operation.dart';

/// The waiting operation that took the new one in, or null when it must be appended. `from` is the first that may be
/// changed: those before it are on their way.
Operation? coalesce(List<Operation> waiting, Operation added, {int from = 0}) {
  for (var at = waiting.length - 1; at >= from; at--) {
    final one = waiting[at];
    if (_alike(one, added)) {
      one.body = _merged(one, added);
      one.identityToken = added.identityToken ?? one.identityToken;
      return one;
    }
    if (one.kind.isBarrier) return null;
  }
  return null;
}

bool _alike(Operation one, Operation added) {
  if (one.kind != added.kind || one.externalId != added.externalId) {
    return false;
  }
  return switch (one.kind) {
    OperationKind.tags || OperationKind.properties => true,
    OperationKind.update => one.body['type'] == added.body['type'],
    // Only the same device again: another address is another subscription.
    OperationKind.register =>
      one.body['type'] == added.body['type'] &&
          one.body['address'] == added.body['address'],
    OperationKind.login || OperationKind.logout => false,
  };
}

Json _merged(Operation one, Operation added) => switch (one.kind) {
  OperationKind.tags ||
  OperationKind.properties => mergeFacts(one.body, added.body),
  _ => {
    ...one.body,
    ...added.body,
    'report': {..._report(one), ..._report(added)},
  },
};

Json _report(Operation one) => one.body['report'] as Json? ?? const {};

/// Two changes of facts as one: the later word counts.
Json mergeFacts(Json first, Json second) {
  final setFirst = factsToSet(first), setSecond = factsToSet(second);
  final removeFirst = factsToRemove(first),
      removeSecond = factsToRemove(second);
  final set = {...setFirst}
    ..removeWhere((key, _) => removeSecond.contains(key));
  set.addAll(setSecond);
  final remove = {...removeFirst, ...removeSecond}
    ..removeWhere(set.containsKey);
  return factChanges(set: set, remove: remove.toList());
}
