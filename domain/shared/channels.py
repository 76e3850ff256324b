"""Channels and subscription types: the wire names of the specification and the codes stored in the database."""

from __future__ import annotations

from enum import IntEnum


class Channel(IntEnum):
    """A way to reach people. The value is what the database stores (append-only)."""

    PUSH = 1
    EMAIL = 2
    SMS = 3
    KAKAO_TALK = 4
    IN_APP = 5

    @property
    def wire(self) -> str:
        """The specification's `channel_type`: push, email, sms, kakao_talk, in_app."""
        return self.name.lower()

    @classmethod
    def from_wire(cls, name: str) -> Channel:
        """Raise ValueError for a name that is no channel."""
        try:
            return _CHANNELS_BY_WIRE[name]
        except KeyError:
            raise ValueError(
                f"{name!r} is not a channel; use one of {', '.join(_CHANNELS_BY_WIRE)}"
            ) from None


class SubscriptionType(IntEnum):
    """One concrete route of a channel. The value is what the database stores (append-only)."""

    IOS_PUSH = 1
    ANDROID_PUSH = 2
    EMAIL = 3
    SMS = 4
    KAKAO_TALK = 5
    IN_APP_MESSAGE = 6

    @property
    def wire(self) -> str:
        """The specification's `type`: iOSPush, AndroidPush, Email, SMS, KakaoTalk, InAppMessage."""
        return _TYPE_WIRE[self]

    @classmethod
    def from_wire(cls, name: str) -> SubscriptionType:
        """Raise ValueError for a name that is no subscription type."""
        try:
            return _TYPES_BY_WIRE[name]
        except KeyError:
            raise ValueError(
                f"{name!r} is not a subscription type; use one of {', '.join(_TYPES_BY_WIRE)}"
            ) from None

    @property
    def channel(self) -> Channel:
        return _TYPE_CHANNEL[self]


class Lane(IntEnum):
    """Two queues, so that a million-recipient campaign never delays a password reset."""

    TRANSACTIONAL = 0
    BULK = 1

    @property
    def wire(self) -> str:
        return self.name.lower()

    @classmethod
    def from_wire(cls, name: str) -> Lane:
        for lane in cls:
            if lane.wire == name:
                return lane
        raise ValueError(f"{name!r} is not a lane; use transactional or bulk")


_CHANNELS_BY_WIRE = {channel.wire: channel for channel in Channel}
_TYPE_WIRE = {
    SubscriptionType.IOS_PUSH: "iOSPush",
    SubscriptionType.ANDROID_PUSH: "AndroidPush",
    SubscriptionType.EMAIL: "Email",
    SubscriptionType.SMS: "SMS",
    SubscriptionType.KAKAO_TALK: "KakaoTalk",
    SubscriptionType.IN_APP_MESSAGE: "InAppMessage",
}
_TYPES_BY_WIRE = {wire: type_ for type_, wire in _TYPE_WIRE.items()}
_TYPE_CHANNEL = {
    SubscriptionType.IOS_PUSH: Channel.PUSH,
    SubscriptionType.ANDROID_PUSH: Channel.PUSH,
    SubscriptionType.EMAIL: Channel.EMAIL,
    SubscriptionType.SMS: Channel.SMS,
    SubscriptionType.KAKAO_TALK: Channel.KAKAO_TALK,
    SubscriptionType.IN_APP_MESSAGE: Channel.IN_APP,
}
