"""What a caller asks for when it sends messages, and what it is told: the same types for REST, NATS and campaigns."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import attrs

from application.messaging.scripts import Speaks, TemplateRef
from domain.messaging.content import Body, Json
from domain.messaging.event import Source
from domain.messaging.fallback import Fallback
from domain.shared.channels import Channel, Lane
from domain.shared.errors import SignalError

MAX_TARGETS = 10_000
"""Targets of one call: one transaction, one idempotency key."""


@attrs.define(slots=True)
class Target:
    """One recipient: a subscription, or everything an external id has on the named channels.

    Mutable only to be cheap to make ten thousand times; nobody changes one.
    """

    index: int
    """The place in the caller's list, for the per-item report."""
    subscription_id: UUID | None = None
    external_id: str | None = None
    channels: tuple[Channel, ...] = ()
    """Needed with external_id; empty means every channel the content names."""
    variables: Mapping[str, Json] | None = None
    """The recipient's own, stronger than the request's."""


@attrs.frozen(slots=True)
class MessageRequest:
    """One content, or one template, for one or many targets."""

    targets: Sequence[Target]
    content: Mapping[Channel, Body] = attrs.field(factory=dict)
    """Said as it is: nothing in it is rendered."""
    ttl_seconds: int | None = None
    """Seconds after send_at (or now) at which an unsent message expires; None: the application's default."""
    send_at: datetime | None = None
    lane: Lane | None = None
    """None: transactional for a single send, bulk for a batch."""
    fallback: Fallback | None = None
    """Instead of a message on every channel: one, and the next channel when it does not do."""
    only_newest: bool = False
    """Of several subscriptions that an external id has, the newest alone."""
    parent_id: UUID | None = None
    """The messages are the children of this one (a fallback goes on)."""
    content_ids: Mapping[Channel, UUID] = attrs.field(factory=dict)
    """Contents that are stored already."""
    field: str = ""
    """Where this request stands in the caller's document, e.g. `messages[3]`; names fields in errors."""
    template: TemplateRef | None = None
    """Instead of content."""
    variables: Mapping[str, Json] | None = None
    """For every recipient; needs a template."""
    topic: str | None = None
    """What it is about, a key of the application's topics: users who switched that off get nothing."""
    script: Speaks | None = None
    """The template's version, found when the call was checked."""

    @property
    def channels(self) -> Collection[Channel]:
        """What it speaks on."""
        return self.content if self.script is None else self.script.channels


@attrs.frozen(slots=True)
class AcceptMessages:
    """Accept all that can be accepted, in one transaction; report the rest target by target."""

    application_id: UUID
    requests: Sequence[MessageRequest]
    idempotency_key: str | None = None
    request_hash: bytes = b""
    """SHA-256 of what the caller sent: the same key with another hash is refused."""
    single: bool = False
    allow_partial: bool = False
    """Take what fits into the quota instead of refusing the whole call."""
    source: Source = Source.API
    strict_for_all: bool = False
    """A template that a value of one recipient does not fit refuses the call for all of them."""


@attrs.frozen(slots=True)
class TargetError:
    """Why one target got no message; nothing was written for it."""

    index: int
    code: str
    detail: str
    field: str | None = None


@attrs.frozen(slots=True)
class AcceptResult:
    """What was committed. `message_ids[i]` belongs to the target `indexes[i]`; one target may have several."""

    message_ids: Sequence[UUID]
    indexes: Sequence[int]
    errors: Sequence[TargetError] = ()
    replayed: bool = False
    """True: an earlier call with this Idempotency-Key did the work; this is its result."""

    @property
    def accepted(self) -> int:
        return len(self.message_ids)

    @property
    def rejected(self) -> int:
        return len(self.errors)

    def to_stored(self) -> dict[str, Json]:
        """Compact JSON for the idempotency row: ids as base64 of 16 bytes each."""
        identity = list(self.indexes) == list(range(len(self.message_ids)))
        return {
            "ids": base64.b64encode(b"".join([one.bytes for one in self.message_ids])).decode(),
            "indexes": None if identity else list(self.indexes),
            "errors": [[e.index, e.code, e.detail, e.field] for e in self.errors],
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Json]) -> AcceptResult:
        """The inverse of `to_stored`, marked as replayed."""
        raw = base64.b64decode(str(stored["ids"]))
        ids = [UUID(bytes=raw[at : at + 16]) for at in range(0, len(raw), 16)]
        indexes = stored["indexes"]
        errors = stored["errors"]
        assert isinstance(errors, list)
        return cls(
            message_ids=ids,
            indexes=[int(str(i)) for i in indexes] if isinstance(indexes, list) else list(range(len(ids))),
            errors=[_error_from(item) for item in errors],
            replayed=True,
        )


def _error_from(item: Json) -> TargetError:
    assert isinstance(item, list)
    index, code, detail, field = item
    return TargetError(int(str(index)), str(code), str(detail), None if field is None else str(field))


Answer = AcceptResult | SignalError
"""What one call of a group is told."""
