/// An in-app message that this version understands completely.
library;

import '../store/key_value_store.dart';
import 'version_range.dart';

/// Where it stands on the screen; named after the wire.
enum InAppLayout {
  bannerTop('banner_top'),
  bannerBottom('banner_bottom'),
  modal('modal'),
  card('card'),
  image('image'),
  fullscreen('fullscreen');

  const InAppLayout(this.wire);

  final String wire;

  static InAppLayout? of(Object? wire) {
    for (final one in values) {
      if (one.wire == wire) return one;
    }
    return null;
  }
}

/// What a condition looks at.
enum ConditionKind {
  event('event'),
  tag('tag'),
  custom('custom'),
  attr('attr'),
  screen('screen'),
  sessionSeconds('session_seconds'),
  secondsSinceLast('seconds_since_last');

  const ConditionKind(this.wire);

  final String wire;

  static ConditionKind? of(Object? wire) {
    for (final one in values) {
      if (one.wire == wire) return one;
    }
    return null;
  }
}

/// How a condition compares.
enum ConditionOp {
  eq,
  ne,
  gt,
  gte,
  lt,
  lte,
  isIn('in'),
  nin,
  contains,
  exists,
  nexists;

  const ConditionOp([this._wire]);

  final String? _wire;

  String get wire => _wire ?? name;

  static ConditionOp? of(Object? wire) {
    for (final one in values) {
      if (one.wire == wire) return one;
    }
    return null;
  }
}

/// One comparison; a group holds when all of its conditions do, a message when one of its groups does.
final class InAppCondition {
  const InAppCondition({
    required this.kind,
    required this.key,
    required this.op,
    this.value,
  });

  final ConditionKind kind;
  final String key;
  final ConditionOp op;
  final Object? value;
}

/// What a button does.
sealed class InAppAction {
  const InAppAction();
}

final class DismissAction extends InAppAction {
  const DismissAction();
}

/// Open a web page or a place in the app.
final class OpenAction extends InAppAction {
  const OpenAction(this.link);

  final Uri link;
}

final class PushPermissionAction extends InAppAction {
  const PushPermissionAction();
}

final class TagAction extends InAppAction {
  const TagAction(this.key, this.value);

  final String key;
  final Object? value;
}

final class EventAction extends InAppAction {
  const EventAction(this.name);

  final String name;
}

final class InAppButton {
  const InAppButton({
    required this.id,
    required this.text,
    required this.action,
    this.converts = false,
  });

  final String id;
  final String text;
  final InAppAction action;

  /// A tap counts as a conversion.
  final bool converts;
}

final class InAppImage {
  const InAppImage({
    required this.url,
    this.width,
    this.height,
    this.bytes,
    this.sha256,
  });

  final Uri url;
  final int? width;
  final int? height;
  final int? bytes;
  final String? sha256;
}

/// Minutes of the device's day; a span may go over midnight.
final class QuietHours {
  const QuietHours(this.from, this.to);

  final int from;
  final int to;

  static final RegExp _form = RegExp(r'^([01]\d|2[0-3]):([0-5]\d)$');

  static int? minutesOf(String text) {
    final found = _form.firstMatch(text);
    if (found == null) return null;
    return int.parse(found.group(1)!) * 60 + int.parse(found.group(2)!);
  }

  bool holds(int minute) =>
      from <= to
          ? from <= minute && minute < to
          : minute >= from || minute < to;
}

/// Everything to decide on and to draw; `raw` is what the cache keeps.
final class InAppMessage {
  const InAppMessage({
    required this.id,
    required this.layout,
    this.raw = const {},
    this.campaignId,
    this.title,
    this.body,
    this.image,
    this.background,
    this.foreground,
    this.corner = 0,
    this.buttons = const [],
    this.triggers = const [],
    this.start,
    this.end,
    this.maxTotal,
    this.minGapSeconds,
    this.perSession,
    this.priority = 0,
    this.delay = Duration.zero,
    this.autoDismiss = Duration.zero,
    this.quiet,
    this.appVersions,
    this.sdkVersions,
    this.os = const [],
    this.languages = const [],
    this.holdout = false,
  });

  final String id;
  final InAppLayout layout;
  final Json raw;
  final String? campaignId;
  final String? title;
  final String? body;
  final InAppImage? image;

  /// `#RRGGBB`.
  final String? background;
  final String? foreground;
  final int corner;
  final List<InAppButton> buttons;
  final List<List<InAppCondition>> triggers;
  final DateTime? start;
  final DateTime? end;
  final int? maxTotal;
  final int? minGapSeconds;
  final int? perSession;
  final int priority;
  final Duration delay;

  /// Zero: stays until somebody closes it.
  final Duration autoDismiss;
  final QuietHours? quiet;
  final VersionRange? appVersions;
  final VersionRange? sdkVersions;
  final List<String> os;
  final List<String> languages;

  /// Belongs to a control group: never shown.
  final bool holdout;
}
