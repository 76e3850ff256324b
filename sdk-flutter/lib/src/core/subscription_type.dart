/// The routes by which a person can be reached, and the status codes of one.
library;

/// Named as on the wire.
enum SubscriptionType {
  iOSPush,
  AndroidPush,
  Email,
  SMS,
  KakaoTalk,
  InAppMessage;

  /// The type with this wire name, or null for one that this version does not know.
  static SubscriptionType? of(Object? wire) {
    for (final type in values) {
      if (type.name == wire) return type;
    }
    return null;
  }

  /// Whether it reaches a device.
  bool get isPush => this == iOSPush || this == AndroidPush;

  /// Whether it is an address: the token is what a person typed.
  bool get isAddress => this == Email || this == SMS || this == KakaoTalk;
}

/// Status codes that the SDK itself reports or acts on; the server's catalogue has them all.
abstract final class SubscriptionStatus {
  static const int subscribed = 1;
  static const int never = 0;
  static const int unsubscribedByUser = -2;
  static const int unregistered = -10;
  static const int pushCapabilityMissing = -13;
  static const int apnsUnreachable = -14;
  static const int simulator = -15;
  static const int permissionNotAsked = -18;
  static const int permissionPending = -19;
  static const int permissionRevoked = -22;
  static const int disabledByApi = -31;
  static const int unsupportedVersion = -70;
  static const int inAppSwitchedOff = -71;
  static const int conditionsNotMet = -72;
  static const int storageFull = -73;
  static const int inAppNotStarted = -74;
  static const int awaitingConfirmation = -98;
}

/// Where the device stands with the notification permission; named as on the wire.
enum PushPermission {
  not_asked,
  pending,
  granted,
  denied;

  static PushPermission? of(Object? wire) {
    for (final one in values) {
      if (one.name == wire) return one;
    }
    return null;
  }
}

/// What is known of one subscription of this install.
final class SubscriptionState {
  const SubscriptionState({
    required this.type,
    required this.id,
    required this.status,
    this.externalId,
  });

  final SubscriptionType type;

  /// The server's id; null until the first registration was answered.
  final String? id;

  /// 1 and above: subscribed.
  final int status;

  /// Who is logged in.
  final String? externalId;

  bool get isSubscribed => status > 0;

  @override
  bool operator ==(Object other) =>
      other is SubscriptionState &&
      other.type == type &&
      other.id == id &&
      other.status == status &&
      other.externalId == externalId;

  @override
  int get hashCode => Object.hash(type, id, status, externalId);

  @override
  String toString() => 'SubscriptionState(${type.name}, $id, $status)';
}
