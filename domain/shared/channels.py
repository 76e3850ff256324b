"""Channels and subscription types: the wire names of the specification and the codes stored in the database.

Those of the specification are built in. A plug-in of its own package declares what it adds, when it is imported: its names are then
known everywhere that a name is read.
"""

from __future__ import annotations

import re
from enum import IntEnum

from domain.shared.errors import UnknownName

DECLARED_CODES = range(100, 32_768)
"""What a declared channel or type may be stored as: the rest is kept for what is built in."""
_CHANNEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_TYPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")


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
    def from_wire(cls, name: str, *, field: str = "channel") -> Channel:
        """Raise UnknownName, naming the field, for a name that is no channel."""
        try:
            return _CHANNELS_BY_WIRE[name]
        except KeyError:
            raise UnknownName(
                f"{name[:100]!r} is not a channel; use one of {', '.join(_CHANNELS_BY_WIRE)}", field=field
            ) from None

    @classmethod
    def declare(cls, wire: str, code: int) -> Channel:
        """A channel that is not built in. `code` is what the database stores, for ever.

        The same declaration again answers the same channel; raise ValueError when name or code is taken.
        """
        _check_declaration(
            wire, code, _CHANNEL_NAME, _CHANNELS_BY_WIRE.get(wire), cls._value2member_map_.get(code)
        )
        if wire not in _CHANNELS_BY_WIRE:
            member = int.__new__(cls, code)
            _enrol(cls, member, wire.upper(), code)
            _CHANNELS_BY_WIRE[wire] = member
        return _CHANNELS_BY_WIRE[wire]


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
        """Raise UnknownName for a name that is no subscription type."""
        try:
            return _TYPES_BY_WIRE[name]
        except KeyError:
            raise UnknownName(
                f"{name[:100]!r} is not a subscription type; use one of {', '.join(_TYPES_BY_WIRE)}",
                field="type",
            ) from None

    @classmethod
    def declare(cls, wire: str, code: int, channel: Channel) -> SubscriptionType:
        """A subscription type that is not built in; its token is an address. See `Channel.declare`."""
        _check_declaration(wire, code, _TYPE_NAME, _TYPES_BY_WIRE.get(wire), cls._value2member_map_.get(code))
        if wire not in _TYPES_BY_WIRE:
            member = int.__new__(cls, code)
            _enrol(cls, member, wire.upper(), code)
            _TYPE_WIRE[member], _TYPE_CHANNEL[member] = wire, channel
            _TYPES_BY_WIRE[wire] = TYPES_BY_CODE[code] = member
        if _TYPES_BY_WIRE[wire].channel is not channel:
            raise ValueError(f"{wire} belongs to the channel {_TYPES_BY_WIRE[wire].channel.wire}")
        return _TYPES_BY_WIRE[wire]

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
TYPES_BY_CODE = {int(type_): type_ for type_ in SubscriptionType}
"""Read on the hot path: a look-up here costs a tenth of calling the class."""
_TYPE_CHANNEL = {
    SubscriptionType.IOS_PUSH: Channel.PUSH,
    SubscriptionType.ANDROID_PUSH: Channel.PUSH,
    SubscriptionType.EMAIL: Channel.EMAIL,
    SubscriptionType.SMS: Channel.SMS,
    SubscriptionType.KAKAO_TALK: Channel.KAKAO_TALK,
    SubscriptionType.IN_APP_MESSAGE: Channel.IN_APP,
}


def _check_declaration(
    wire: str, code: int, form: re.Pattern[str], named: IntEnum | None, stored: object | None
) -> None:
    if not form.fullmatch(wire) or code not in DECLARED_CODES:
        raise ValueError(f"{wire!r} with the code {code} cannot be declared")
    if named is not stored:
        raise ValueError(f"{wire!r} or the code {code} is taken")


def _enrol(cls: type[IntEnum], member: IntEnum, name: str, code: int) -> None:
    """Make an enum know one more member, as its own class statement would have."""
    member._name_, member._value_ = name, code
    cls._member_map_[name] = cls._value2member_map_[code] = member
    cls._member_names_.append(name)
