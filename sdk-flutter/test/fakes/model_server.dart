/// The server's rules of identity in memory, with faults on request. The live tests hold it against the real one.
library;

import 'dart:convert';

import 'package:automata_signal/automata_signal_core.dart';

/// What may happen to one request.
enum Fault { none, lost, answerLost, error500, busy429, unreadable }

final class ModelSubscription {
  ModelSubscription(this.id, this.type, this.installId);

  final String id;
  final String type;
  String installId;
  String? token;
  String? user;
  Json tags = {};
  Json device = {};
  String? permission;
  int? pushError;
  bool enabled = true;
  bool archived = false;

  bool get isAddress => type == 'Email' || type == 'SMS' || type == 'KakaoTalk';

  int get status {
    if (!enabled) return -2;
    if (pushError case final int code) return code;
    if (!isAddress && type != 'InAppMessage') {
      const byPermission = {'not_asked': -18, 'pending': -19, 'denied': -22};
      if (byPermission[permission] case final int code) return code;
    }
    return token != null || type == 'InAppMessage' ? 1 : 0;
  }

  /// What two servers that saw the same must agree on.
  String get summary => jsonEncode({
    'type': type,
    'token': token,
    'user': user,
    'status': status,
    'language': device['device_language'],
    'tags': {for (final key in tags.keys.toList()..sort()) key: tags[key]},
  });
}

final class ModelServer implements Transport {
  final Map<String, String> secrets = {};
  final Set<String> confirmed = {};
  final List<ModelSubscription> subscriptions = [];
  final Set<String> users = {};
  final Map<String, Json> properties = {};
  final List<SignalRequest> requests = [];
  final List<Json> events = [];
  List<Json> inApp = [];
  Json config = {'receipts_enabled': true, 'iam_min_interval': 60};
  String? identityToken;
  int _ids = 0;
  int effects = 0;

  /// (canonical id, the id it is told of): a change of an address that stands elsewhere.
  (String, String)? conflictWith;

  /// Loses every push subscription as soon as it is registered.
  bool forgetful = false;

  /// Decides what happens to a request.
  Fault Function(SignalRequest request) fault = (_) => Fault.none;
  bool isDown = false;
  String retryAfter = '3';

  List<ModelSubscription> get live =>
      subscriptions.where((one) => !one.archived).toList();

  Set<String> get summary => {
    for (final one in live) one.summary,
    'users ${users.toList()..sort()}',
  };

  ModelSubscription one(String type) =>
      live.lastWhere((one) => one.type == type);

  /// As if a backup from before was restored.
  void lose(ModelSubscription one) => subscriptions.remove(one);

  @override
  void close() {}

  @override
  Future<SignalResponse> send(SignalRequest request) async {
    requests.add(request);
    final what = isDown ? Fault.lost : fault(request);
    await Future<void>.value();
    if (what == Fault.lost) {
      throw const TransportFailure('network', 'no route to host');
    }
    if (what == Fault.error500) {
      return _problem(500, 'internal_error');
    }
    if (what == Fault.busy429) {
      return _problem(
        429,
        'rate_limited',
        headers: {'retry-after': retryAfter},
      );
    }
    final answer = _handle(request);
    await Future<void>.value();
    if (what == Fault.answerLost) {
      throw const TransportFailure('timeout', 'no answer in 15 s');
    }
    if (what == Fault.unreadable) {
      return const SignalResponse(200, {}, '<html>Sign in to the hotel</html>');
    }
    return answer;
  }

  SignalResponse _problem(
    int status,
    String code, {
    String? field,
    String? subscriptionId,
    Map<String, String> headers = const {},
  }) => SignalResponse(
    status,
    {'content-type': 'application/problem+json', ...headers},
    jsonEncode({
      'status': status,
      'code': code,
      'detail': code,
      if (field != null) 'field': field,
      if (subscriptionId != null) 'subscription_id': subscriptionId,
    }),
  );

  SignalResponse _ok(
    Json body, {
    int status = 200,
    Map<String, String> headers = const {},
  }) => SignalResponse(status, headers, jsonEncode(body));

  SignalResponse _handle(SignalRequest request) {
    final install = request.headers['x-install-id']!;
    final secret = request.headers['x-install-secret'];
    final path = Uri.parse(request.path);
    final parts = path.pathSegments.skip(2).toList();
    final body =
        request.body == null
            ? <String, Object?>{}
            : jsonDecode(request.body!) as Json;
    final known = secrets[install];
    final isFirst = parts.join('/') == 'subscriptions' && secret == null;
    if (!isFirst && (known == null || known != secret)) {
      return _problem(401, 'unauthenticated', field: 'X-Install-Secret');
    }
    if (secret != null) confirmed.add(install);
    return switch ((request.method, parts)) {
      ('GET', ['config']) => _ok(config),
      ('POST', ['subscriptions']) => _register(install, secret, body),
      ('PATCH', ['subscriptions', final id]) => _update(install, id, body),
      ('PATCH', ['subscriptions', final id, 'tags']) => _tags(
        install,
        id,
        body,
      ),
      ('POST', ['users', 'login']) => _login(install, body),
      ('POST', ['users', 'logout']) => _logout(install, body),
      ('PATCH', ['users', 'properties']) => _properties(install, body),
      ('POST', ['events']) => _events(body),
      ('GET', ['in-app-messages']) => _inAppMessages(
        install,
        path.queryParameters['subscription_id'],
        request.headers['if-none-match'],
      ),
      _ => _problem(404, 'not_found'),
    };
  }

  List<ModelSubscription> _of(String install) =>
      live.where((one) => one.installId == install).toList();

  ModelSubscription? _mine(String install, Object? id) {
    for (final one in _of(install)) {
      if (one.id == id) return one;
    }
    return null;
  }

  bool _identityMissing(Json body, {required bool claims}) =>
      identityToken != null &&
      claims &&
      body['identity_token'] != identityToken;

  SignalResponse _register(String install, String? secret, Json body) {
    final type = body['type']! as String;
    final token = body['token'] as String?;
    final external = body['external_id'] as String?;
    String? given;
    if (!secrets.containsKey(install)) {
      given = secrets[install] = 'secret-${_ids++}';
    } else if (secret == null) {
      if (confirmed.contains(install)) {
        return _problem(401, 'unauthenticated', field: 'X-Install-Secret');
      }
      given = secrets[install] = 'secret-${_ids++}';
    }
    final address = type == 'Email' || type == 'SMS' || type == 'KakaoTalk';
    if (_identityMissing(body, claims: address || external != null)) {
      return _problem(401, 'unauthenticated', field: 'identity_token');
    }
    if (token == 'not an address') {
      return _problem(422, 'invalid_input', field: 'token');
    }
    final mine = _of(install);
    ModelSubscription? found;
    String? owner = external;
    if (address) {
      for (final one in mine) {
        if (!one.isAddress) owner ??= one.user;
      }
      bool same(ModelSubscription one) =>
          one.type == type && one.token == token;
      for (final one in live) {
        if (owner != null && same(one) && one.user == owner) found = one;
      }
      for (final one in mine) {
        if (same(one) && one.user == null) found ??= one;
      }
    } else {
      for (final one in mine) {
        if (one.type == type) found = one;
      }
      for (final one in live) {
        if (token != null && one.token == token && one.type == type) {
          if (one != found) one.archived = true;
        }
      }
    }
    final created = found == null;
    if (found == null) {
      found = ModelSubscription(
        '0192f0c1-7a00-7000-8000-${(_ids++).toString().padLeft(12, '0')}',
        type,
        install,
      );
      subscriptions.add(found);
    }
    found.installId = install;
    if (owner != null) {
      users.add(owner);
      found.user = owner;
    }
    found.tags = {...found.tags, ...?body['tags'] as Json?};
    _apply(found, body);
    effects += 1;
    return _ok({
      ..._view(found),
      if (given != null) 'install_secret': given,
    }, status: created ? 201 : 200);
  }

  Json _view(ModelSubscription one) => {
    'id': one.id,
    'type': one.type,
    'subscription_status': one.status,
    'user_id': one.user == null ? null : 'user-${one.user}',
    'external_id': one.user,
  };

  void _apply(ModelSubscription one, Json body) {
    one.token = body['token'] as String? ?? one.token;
    one.permission = body['permission'] as String? ?? one.permission;
    one.enabled = body['enabled'] as bool? ?? one.enabled;
    if (body.containsKey('push_error'))
      one.pushError = body['push_error'] as int?;
    for (final key in body.keys.where((key) => key.startsWith('device_'))) {
      one.device[key] = body[key];
    }
  }

  SignalResponse _update(String install, String id, Json body) {
    if (conflictWith case (
      final String other,
      final String mine,
    ) when mine == id) {
      return _problem(409, 'already_exists', subscriptionId: other);
    }
    final one = _mine(install, id);
    if (one == null) return _problem(404, 'not_found');
    _apply(one, body);
    effects += 1;
    return _ok(_view(one));
  }

  SignalResponse _tags(String install, String id, Json body) {
    final one = forgetful ? null : _mine(install, id);
    if (one == null) return _problem(404, 'not_found');
    one.tags = {...one.tags, ...body['set']! as Json}
      ..removeWhere((key, _) => (body['remove']! as List).contains(key));
    effects += 1;
    return _ok({'tags': one.tags});
  }

  SignalResponse _login(String install, Json body) {
    final name = body['external_id']! as String;
    if (_identityMissing(body, claims: true)) {
      return _problem(401, 'unauthenticated', field: 'identity_token');
    }
    for (final id in body['subscription_ids']! as List) {
      if (_mine(install, id) == null) {
        return _problem(404, 'not_found', subscriptionId: '$id');
      }
    }
    final created = users.add(name);
    final linked = <Json>[];
    for (final one in _of(install)) {
      ModelSubscription? twin;
      for (final other in live) {
        final same = other.type == one.type && other.token == one.token;
        if (one.isAddress && same && other.user == name && other != one) {
          if (one.user != name) twin = other;
        }
      }
      if (twin != null) {
        if (!one.enabled) twin.enabled = false;
        one.archived = true;
        twin.installId = install;
        linked.add({
          'id': twin.id,
          'subscription_status': twin.status,
          'replaces': one.id,
        });
      } else {
        one.user = name;
        linked.add({'id': one.id, 'subscription_status': one.status});
      }
    }
    effects += 1;
    return _ok({
      'user_id': 'user-$name',
      'external_id': name,
      'created': created,
      'subscriptions': linked,
    });
  }

  SignalResponse _logout(String install, Json body) {
    for (final id in body['subscription_ids']! as List) {
      if (_mine(install, id) == null) {
        return _problem(404, 'not_found', subscriptionId: '$id');
      }
    }
    final seen = <String, ModelSubscription>{};
    for (final one in _of(install)) {
      one.user = null;
      if (!one.isAddress) continue;
      final first = seen.putIfAbsent('${one.type} ${one.token}', () => one);
      if (first != one) {
        if (!one.enabled) first.enabled = false;
        one.archived = true;
      }
    }
    effects += 1;
    return _ok({
      'subscriptions': [
        for (final one in _of(install)) {'id': one.id, 'user_id': null},
      ],
    });
  }

  SignalResponse _properties(String install, Json body) {
    final one = _mine(install, body['subscription_id']);
    final user = one?.user;
    if (one == null) return _problem(404, 'not_found');
    if (user == null) return _problem(409, 'conflict');
    final changes = body['properties']! as Json;
    final merged = {...?properties[user], ...changes['set']! as Json}
      ..removeWhere((key, _) => (changes['remove']! as List).contains(key));
    properties[user] = merged;
    effects += 1;
    return _ok({'user_id': 'user-$user', 'properties': merged});
  }

  SignalResponse _events(Json body) {
    final some = (body['events']! as List).cast<Json>();
    if (some.any((one) => one['message_id'] == 'unreadable')) {
      return _problem(422, 'invalid_input', field: 'events[0].message_id');
    }
    events.addAll(some);
    return _ok({
      'accepted': [
        for (final one in some)
          if (one['message_id'] != 'unknown') one['id'],
      ],
      'rejected': [
        for (final one in some)
          if (one['message_id'] == 'unknown')
            {'id': one['id'], 'code': 'unknown_message'},
      ],
    });
  }

  SignalResponse _inAppMessages(String install, String? id, String? etag) {
    if (_mine(install, id) == null) return _problem(404, 'not_found');
    final now = '"${jsonEncode(inApp).hashCode}"';
    if (etag == now) return SignalResponse(304, {'etag': now}, '');
    return _ok(
      {'messages': inApp, 'next_fetch_seconds': 60},
      headers: {'etag': now},
    );
  }
}
