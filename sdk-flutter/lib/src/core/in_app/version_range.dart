/// Versions and ranges of them, as `>=2.1.0 <4.0.0`.
library;

/// Major, minor, patch; what follows a dash comes before the release, what follows a plus does not count.
final class Version implements Comparable<Version> {
  const Version(this.parts, {this.isBefore = false});

  final List<int> parts;

  /// A pre-release.
  final bool isBefore;

  static final RegExp _form = RegExp(
    r'^(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$',
  );

  static Version? parse(String text) {
    final found = _form.firstMatch(text.trim());
    if (found == null) return null;
    return Version([
      for (var at = 1; at <= 3; at++) int.parse(found.group(at) ?? '0'),
    ], isBefore: found.group(4) != null);
  }

  @override
  int compareTo(Version other) {
    for (var at = 0; at < 3; at++) {
      final order = parts[at].compareTo(other.parts[at]);
      if (order != 0) return order;
    }
    if (isBefore == other.isBefore) return 0;
    return isBefore ? -1 : 1;
  }
}

/// All of its bounds must hold.
final class VersionRange {
  const VersionRange(this._bounds);

  final List<(String, Version)> _bounds;

  static final RegExp _bound = RegExp(r'^(>=|<=|>|<|=)?(.+)$');

  static VersionRange? parse(String text) {
    final bounds = <(String, Version)>[];
    for (final part in text.trim().split(RegExp(r'\s+'))) {
      final found = _bound.firstMatch(part);
      final version = found == null ? null : Version.parse(found.group(2)!);
      if (found == null || version == null) return null;
      bounds.add((found.group(1) ?? '=', version));
    }
    return VersionRange(bounds);
  }

  /// A missing or unreadable version is in no range.
  bool holds(String? text) {
    final version = text == null ? null : Version.parse(text);
    if (version == null) return false;
    return _bounds.every((bound) {
      final order = version.compareTo(bound.$2);
      return switch (bound.$1) {
        '>=' => order >= 0,
        '<=' => order <= 0,
        '>' => order > 0,
        '<' => order < 0,
        _ => order == 0,
      };
    });
  }
}
