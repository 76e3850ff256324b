/// How a message is laid out, decided without a widget; the widget only draws it.
library;

import 'in_app_message.dart';

/// Where the message stands.
enum InAppEdge { top, bottom, center, fill }

final class InAppPlan {
  const InAppPlan({
    required this.edge,
    required this.hasScrim,
    required this.hasCloseButton,
    required this.isTappable,
    required this.isImageOnly,
    required this.background,
    required this.foreground,
    required this.corner,
    required this.imageAspect,
    required this.stacksButtons,
  });

  final InAppEdge edge;

  /// What lies behind is darkened; a tap there closes the message.
  final bool hasScrim;
  final bool hasCloseButton;

  /// A tap on the message itself is the tap on its only button.
  final bool isTappable;
  final bool isImageOnly;

  /// ARGB.
  final int background;
  final int foreground;
  final double corner;

  /// Width by height; null without an image.
  final double? imageAspect;

  /// One button above the other: more than two, or long texts.
  final bool stacksButtons;
}

const int _white = 0xFFFFFFFF;
const int _black = 0xFF222222;
const int _longText = 12;
const int _largestCorner = 48;

InAppPlan planOf(InAppMessage message) {
  final layout = message.layout;
  final isBanner =
      layout == InAppLayout.bannerTop || layout == InAppLayout.bannerBottom;
  final background = colorOf(message.background) ?? _white;
  final image = message.image;
  final width = image?.width, height = image?.height;
  return InAppPlan(
    edge: switch (layout) {
      InAppLayout.bannerTop => InAppEdge.top,
      InAppLayout.bannerBottom => InAppEdge.bottom,
      InAppLayout.fullscreen => InAppEdge.fill,
      _ => InAppEdge.center,
    },
    hasScrim: !isBanner && layout != InAppLayout.fullscreen,
    hasCloseButton: !message.buttons.any((one) => one.action is DismissAction),
    isTappable: message.buttons.length == 1,
    isImageOnly: layout == InAppLayout.image && image != null,
    background: background,
    foreground: _readable(colorOf(message.foreground), background),
    corner:
        layout == InAppLayout.fullscreen
            ? 0
            : message.corner.clamp(0, _largestCorner).toDouble(),
    imageAspect:
        image == null
            ? null
            : width != null && height != null && width > 0 && height > 0
            ? (width / height).clamp(0.5, 3.0)
            : 2,
    stacksButtons:
        message.buttons.length > 2 ||
        message.buttons.any((one) => one.text.length > _longText),
  );
}

/// `#RRGGBB` as opaque ARGB; null for anything else.
int? colorOf(String? text) {
  if (text == null || !RegExp(r'^#[0-9A-Fa-f]{6}$').hasMatch(text)) return null;
  return 0xFF000000 | int.parse(text.substring(1), radix: 16);
}

/// The wanted colour, unless nobody could read it on this background (WCAG contrast below 3).
int _readable(int? wanted, int background) {
  if (wanted != null && contrast(wanted, background) >= 3) return wanted;
  return contrast(_black, background) >= contrast(_white, background)
      ? _black
      : _white;
}

/// 1 to 21, as WCAG 2 defines it with sRGB's gamma taken as 2.
double contrast(int one, int other) {
  final first = _luminance(one), second = _luminance(other);
  final light = first > second ? first : second;
  final dark = first > second ? second : first;
  return (light + 0.05) / (dark + 0.05);
}

double _luminance(int color) {
  double channel(int shift) {
    final value = (color >> shift & 0xFF) / 255;
    return value * value;
  }

  return 0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0);
}
