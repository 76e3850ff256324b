"""API keys: `as_live_<id>_<secret>` of an application, `as_operator_<id>_<secret>` of the installation.

Only the SHA-256 of the secret is kept. A secret has 256 random bits, so a slow password hash would buy nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import attrs

from domain.applications.principal import KeyKind, Principal
from domain.applications.scopes import Scope
from domain.shared.errors import Conflict, InvalidInput
from domain.shared.json_values import check_line

MAX_LIVE_KEYS = 2
"""Per application and label: the key in use, and its successor while a rotation is under way."""
SECRET_BYTES = 32
MAX_LABEL = 100

_PREFIXES: dict[KeyKind, str] = {"application": "as_live_", "operator": "as_operator_"}
_KEY = re.compile(r"as_(live|operator)_([a-z0-9]{6,40})_([A-Za-z0-9_-]{20,100})")


@attrs.frozen(slots=True)
class PlainKey:
    """A key as its owner holds it; never stored, never shown in a repr."""

    kind: KeyKind
    id: str
    secret: str = attrs.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> PlainKey | None:
        """None when the text does not look like a key."""
        match = _KEY.fullmatch(text)
        if match is None:
            return None
        kind, id, secret = match.groups()
        return cls(kind="operator" if kind == "operator" else "application", id=id, secret=secret)

    def text(self) -> str:
        return f"{_PREFIXES[self.kind]}{self.id}_{self.secret}"


@attrs.define(slots=True)
class ApiKey:
    """A key as it is kept; `application_id` is None for an operator's."""

    id: str
    application_id: UUID | None
    label: str
    secret_hash: bytes = attrs.field(repr=False)
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @classmethod
    def issue(
        cls,
        plain: PlainKey,
        *,
        application_id: UUID | None,
        label: str,
        scopes: frozenset[Scope],
        now: datetime,
        expires_at: datetime | None = None,
    ) -> ApiKey:
        """Raise InvalidInput for a bad label or an expiry that has passed."""
        check_line(label, field="label", longest=MAX_LABEL, shortest=0)
        if expires_at is not None and expires_at <= now:
            raise InvalidInput("expires_at has passed", field="expires_at", fix="name a time to come")
        return cls(plain.id, application_id, label, hash_secret(plain.secret), scopes, now, expires_at)

    @property
    def kind(self) -> KeyKind:
        return "operator" if self.application_id is None else "application"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def opens_with(self, plain: PlainKey, now: datetime) -> bool:
        """Whether this key is live and the secret is the right one; the comparison takes constant time."""
        matches = hmac.compare_digest(self.secret_hash, hash_secret(plain.secret))
        return matches and plain.kind == self.kind and self.is_live(now)

    def principal(self) -> Principal:
        return Principal(self.kind, self.application_id, self.id, self.scopes)

    def revoke(self, now: datetime) -> None:
        """Final; revoking twice keeps the first time."""
        if self.revoked_at is None:
            self.revoked_at = now


def check_room(existing: Iterable[ApiKey], label: str, now: datetime) -> None:
    """Raise Conflict when two keys of this label are live already."""
    live = [key.id for key in existing if key.label == label and key.is_live(now)]
    if len(live) >= MAX_LIVE_KEYS:
        raise Conflict(
            f"{len(live)} keys with this label are live; a rotation needs no more than {MAX_LIVE_KEYS}",
            field="label",
            fix="revoke one of them, or use another label",
            extra={"live_keys": live},
        )


def hash_secret(secret: str) -> bytes:
    """SHA-256 of the secret's UTF-8 bytes."""
    return hashlib.sha256(secret.encode()).digest()
