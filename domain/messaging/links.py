"""Links that recipients follow without a login: what they may do, signed for one application, one purpose and a time.

A token is base64url over version, expiry (seconds since the epoch), application, message and subscription, for a click
also the link's number and target, and sixteen bytes of HMAC-SHA-256. The key is derived from an installation's secret for
each application and purpose, so that a token of one says nothing to another. The target stands in the token, signed: a
redirect never goes where a stranger points it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import IntEnum
from struct import Struct
from typing import Final
from uuid import UUID

import attrs

VERSION: Final = 1
MAC_BYTES: Final = 16
TOKEN_LENGTH: Final = 92
"""Characters of a token without a target."""
LONGEST_TARGET: Final = 2_000
"""Bytes of a click's target; longer ones are left as they are."""
REF_MAC_BYTES: Final = 9
REF_LENGTH: Final = 44
"""Characters of a reference: fits the 64 of an address's local part with a prefix (RFC 5321 section 4.5.3.1.1)."""

_DAY = 86_400
_HEAD = Struct(">BI16s16s16s")
_INDEX = Struct(">H")
_REF = Struct(">16sH")


class Purpose(IntEnum):
    """What a token is good for."""

    UNSUBSCRIBE = 1
    OPEN = 2
    CLICK = 3
    BOUNCE = 4
    """The address that bounces come back to."""
    UNSUBSCRIBE_MAIL = 5
    """The address that a mail to unsubscribe goes to."""
    CONFIRM = 6
    """Confirms an address; in the message's place stands the id of what was sent to ask for it."""
    PREFERENCES = 7
    """The page on which a recipient chooses what to receive; in the message's place stands nothing."""


LIFETIME: Final = {
    Purpose.UNSUBSCRIBE: 730 * _DAY,
    Purpose.CLICK: 730 * _DAY,
    Purpose.OPEN: 90 * _DAY,
    Purpose.CONFIRM: 3 * _DAY,
    Purpose.PREFERENCES: 90 * _DAY,
}
"""Seconds. Old mail is opened long after it was sent, and its way out has to work."""


class LinkRefused(Exception):
    """This link is not one of ours, is for something else, or has expired."""


@attrs.frozen(slots=True)
class Link:
    """What a token says, once its signature holds."""

    purpose: Purpose
    application_id: UUID
    message_id: UUID
    subscription_id: UUID
    expires_at: int
    """Seconds since the epoch."""
    index: int = 0
    target: str = ""

    @property
    def issued_at(self) -> datetime:
        """When the mail was rendered, to the second."""
        return datetime.fromtimestamp(self.expires_at - LIFETIME[self.purpose], UTC)


class LinkSigner:
    """Signs for one application under one key; cheap to call, made once per batch."""

    __slots__ = ("_application", "_keys")

    def __init__(self, key: bytes, application_id: UUID) -> None:
        self._application = application_id.bytes
        self._keys = {purpose: _key(key, application_id, purpose) for purpose in Purpose}

    def token(self, purpose: Purpose, message_id: UUID, subscription_id: UUID, now: int) -> str:
        """For every purpose with a lifetime but CLICK; always TOKEN_LENGTH characters."""
        return self._sealed(purpose, self._head(purpose, message_id, subscription_id, now))

    def click(self, message_id: UUID, subscription_id: UUID, now: int, index: int, target: bytes) -> str:
        """For the `index`-th link of a mail, which leads to `target` (a URL in UTF-8)."""
        head = self._head(Purpose.CLICK, message_id, subscription_id, now)
        return self._sealed(Purpose.CLICK, head + _INDEX.pack(index) + target)

    def ref(self, purpose: Purpose, message_id: UUID, attempt: int) -> str:
        """For BOUNCE and UNSUBSCRIBE_MAIL: REF_LENGTH lower-case letters and digits, because mail systems fold case."""
        said = _REF.pack(message_id.bytes, min(attempt, 0xFFFF))
        mac = hmac.digest(self._keys[purpose], said, "sha256")[:REF_MAC_BYTES]
        return base64.b32encode(said + mac).decode().rstrip("=").lower()

    def _head(self, purpose: Purpose, message_id: UUID, subscription_id: UUID, now: int) -> bytes:
        expires_at = now + LIFETIME[purpose]
        return _HEAD.pack(VERSION, expires_at, self._application, message_id.bytes, subscription_id.bytes)

    def _sealed(self, purpose: Purpose, said: bytes) -> str:
        mac = hmac.digest(self._keys[purpose], said, "sha256")[:MAC_BYTES]
        return base64.urlsafe_b64encode(said + mac).decode().rstrip("=")


class LinkKeys:
    """The installation's secrets, current first: signs with the first, reads what any of them signed."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        """At least one; each of 32 bytes."""
        if not keys:
            raise ValueError("there is no key to sign links with")
        self._keys = tuple(keys)

    def __repr__(self) -> str:
        return f"LinkKeys({len(self._keys)})"

    def signer(self, application_id: UUID) -> LinkSigner:
        """Under the current key."""
        return LinkSigner(self._keys[0], application_id)

    def read(self, token: str, purpose: Purpose, now: datetime) -> Link:
        """Raise LinkRefused for anything but a token that was signed for this purpose and has not expired."""
        raw = _decoded(token)
        if len(raw) < _HEAD.size + MAC_BYTES:
            raise LinkRefused
        said, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        version, expires_at, application, message, subscription = _HEAD.unpack_from(said)
        application_id = UUID(bytes=application)
        if version != VERSION or not self._holds(said, mac, application_id, purpose):
            raise LinkRefused
        if now.timestamp() >= expires_at:
            raise LinkRefused
        link = Link(purpose, application_id, UUID(bytes=message), UUID(bytes=subscription), expires_at)
        if purpose is not Purpose.CLICK:
            return link
        rest = said[_HEAD.size :]
        (index,) = _INDEX.unpack_from(rest)
        return attrs.evolve(link, index=index, target=rest[_INDEX.size :].decode())

    def read_ref(self, ref: str, purpose: Purpose, application_id: UUID) -> UUID:
        """The message that an address of ours names; raise LinkRefused when it was not signed for this application."""
        try:
            raw = base64.b32decode(ref.strip().upper() + "====")
        except (binascii.Error, ValueError):
            raise LinkRefused from None
        if len(raw) != _REF.size + REF_MAC_BYTES:
            raise LinkRefused
        said, mac = raw[: _REF.size], raw[_REF.size :]
        if not self._holds(said, mac, application_id, purpose):
            raise LinkRefused
        message, _attempt = _REF.unpack(said)
        return UUID(bytes=message)

    def _holds(self, said: bytes, mac: bytes, application_id: UUID, purpose: Purpose) -> bool:
        return any(
            hmac.compare_digest(
                hmac.digest(_key(key, application_id, purpose), said, "sha256")[: len(mac)], mac
            )
            for key in self._keys
        )


def _key(key: bytes, application_id: UUID, purpose: Purpose) -> bytes:
    return hmac.digest(key, b"automata-signal links\x00" + bytes([purpose]) + application_id.bytes, "sha256")


def _decoded(token: str) -> bytes:
    if len(token) > TOKEN_LENGTH + 2 * LONGEST_TARGET or not token.isascii():
        raise LinkRefused
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LinkRefused from None
    # One token, one spelling: spare bits of the last character must not make a second.
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
        raise LinkRefused
    return raw
