/// In-app content (version 1), as JSON; contract/in_app_message.schema.json is the schema.
library;

import '../in_app/in_app_message.dart';
import '../in_app/version_range.dart';
import '../store/key_value_store.dart';
import 'json_reading.dart';

/// The message, or why this version must not show it. Only `id` is needed to say that.
({InAppMessage? message, String? id, String? refusal}) readInAppMessage(
  Json j,
) {
  final id = textOf(j['id']);
  if (id == null) return (message: null, id: null, refusal: 'id');
  try {
    return (message: _read(j, id), id: id, refusal: null);
  } on _Unsupported catch (unsupported) {
    return (message: null, id: id, refusal: unsupported.what);
  }
}

final class _Unsupported implements Exception {
  const _Unsupported(this.what);

  final String what;
}

InAppMessage _read(Json j, String id) {
  if (j['v'] != 1) throw const _Unsupported('v');
  final content = objectOf(j['content']) ?? const {};
  final display = objectOf(j['display']) ?? const {};
  final target = objectOf(j['target']) ?? const {};
  final style = objectOf(content['style']) ?? const {};
  final quiet = _texts(display['quiet'], 'quiet');
  return InAppMessage(
    id: id,
    raw: j,
    campaignId: textOf(j['campaign_id']),
    layout: InAppLayout.of(j['layout']) ?? (throw const _Unsupported('layout')),
    title: textOf(content['title']),
    body: textOf(content['body']),
    image: _image(objectOf(content['image'])),
    background: textOf(style['bg']),
    foreground: textOf(style['fg']),
    corner: intOf(style['corner']) ?? 0,
    buttons: objectsOf(content['buttons']).map(_button).toList(),
    triggers: [for (final group in listOf(j['triggers'])) _group(group)],
    start: _time(display['start'], 'start'),
    end: _time(display['end'], 'end'),
    maxTotal: intOf(display['max_total']),
    minGapSeconds: intOf(display['min_gap_s']),
    perSession: intOf(display['per_session']),
    priority: intOf(display['priority']) ?? 0,
    delay: Duration(milliseconds: intOf(display['delay_ms']) ?? 0),
    autoDismiss: Duration(seconds: intOf(display['auto_dismiss_s']) ?? 0),
    quiet: quiet.isEmpty ? null : _quiet(quiet),
    appVersions: _range(target['app_version'], 'app_version'),
    sdkVersions: _range(target['sdk_version'], 'sdk_version'),
    os: _texts(target['os'], 'os'),
    languages: _texts(target['lang'], 'lang'),
    holdout: boolOf(objectOf(j['control'])?['holdout']) ?? false,
  );
}

InAppImage? _image(Json? j) {
  final url = Uri.tryParse(textOf(j?['url']) ?? '');
  if (j == null || url == null || !url.isScheme('https')) return null;
  return InAppImage(
    url: url,
    width: intOf(j['w']),
    height: intOf(j['h']),
    bytes: intOf(j['bytes']),
    sha256: textOf(j['sha256']),
  );
}

InAppButton _button(Json j) => InAppButton(
  id: textOf(j['id']) ?? (throw const _Unsupported('button')),
  text: textOf(j['text']) ?? '',
  action: _action(objectOf(j['action'])),
  converts: boolOf(j['converts']) ?? false,
);

InAppAction _action(Json? j) {
  const unsupported = _Unsupported('action');
  switch (j?['type']) {
    case 'dismiss':
      return const DismissAction();
    case 'url':
      final uri = Uri.tryParse(textOf(j!['value']) ?? '');
      if (uri == null || !uri.isScheme('https')) throw unsupported;
      return OpenAction(uri);
    case 'deeplink':
      final uri = Uri.tryParse(textOf(j!['value']) ?? '');
      if (uri == null || !uri.hasScheme) throw unsupported;
      return OpenAction(uri);
    case 'push_permission':
      return const PushPermissionAction();
    case 'tag':
      final key = textOf(j!['key']);
      if (key == null) throw unsupported;
      return TagAction(key, j['value']);
    case 'event':
      final name = textOf(j!['name']);
      if (name == null) throw unsupported;
      return EventAction(name);
    default:
      throw unsupported;
  }
}

List<InAppCondition> _group(Object? group) => [
  for (final j in objectsOf(group))
    InAppCondition(
      kind: ConditionKind.of(j['kind']) ?? (throw const _Unsupported('kind')),
      key: textOf(j['key']) ?? '',
      op: ConditionOp.of(j['op']) ?? (throw const _Unsupported('op')),
      value: j['value'],
    ),
];

DateTime? _time(Object? value, String what) {
  if (value == null) return null;
  final time = DateTime.tryParse(textOf(value) ?? '');
  // Without a zone it would mean another moment on every device.
  if (time == null || !time.isUtc) throw _Unsupported(what);
  return time;
}

List<String> _texts(Object? value, String what) {
  if (value == null) return const [];
  if (value is! List<Object?> || value.any((one) => one is! String)) {
    throw _Unsupported(what);
  }
  return value.cast<String>();
}

QuietHours _quiet(List<String> hours) {
  final minutes = hours.map(QuietHours.minutesOf).toList();
  if (minutes.length != 2 || minutes.contains(null)) {
    throw const _Unsupported('quiet');
  }
  return QuietHours(minutes[0]!, minutes[1]!);
}

VersionRange? _range(Object? value, String what) {
  if (value == null) return null;
  return VersionRange.parse(textOf(value) ?? '') ?? (throw _Unsupported(what));
}
