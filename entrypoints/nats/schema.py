"""The request envelope, version 1: the same messages as `POST /v1/messages/batch`, and who sends them.

    {"v": 1, "request_id": "r-1", "key": "as_live_…", "idempotency_key": "…", "application_id": "…",
     "message": {"subscription_id": "…", "content": {"push": {"title": "Hi"}}}}

Instead of `message`: `messages` (each with its own content), or `content` with `recipients`; instead of `content`: a
`template_id` with `variables`. `application_id` is for operator keys; without an `idempotency_key` the `request_id` is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from application.messaging.accept_command import MAX_TARGETS, AcceptMessages, MessageRequest, Target
from application.messaging.scripts import TemplateRef
from domain.messaging.event import Source
from domain.messaging.fallback import Fallback, FallbackRule
from domain.shared.channels import Channel, Lane
from domain.shared.errors import InvalidInput

VERSION = 1
REQUEST_ID = r"^[A-Za-z0-9_-]{1,128}$"

ChannelName = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
LaneName = Literal["transactional", "bulk"]
RequestId = Annotated[str, Meta(pattern=REQUEST_ID)]
Content = Annotated[dict[ChannelName, dict[str, Any]], Meta(min_length=1)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=256)]
Channels = Annotated[list[ChannelName], Meta(min_length=1, max_length=32)]
Moment = Annotated[datetime, Meta(tz=True)]


class Recipient(Struct, forbid_unknown_fields=True, gc=False):
    """One subscription, or every subscription of an external id on the named (or all) channels."""

    subscription_id: UUID | None = None
    external_id: ExternalId | None = None
    channels: Channels | None = None
    variables: dict[str, Any] | None = None


class FallbackPlan(Struct, forbid_unknown_fields=True):
    """Channels in order, and when the next one starts."""

    channels: Annotated[list[ChannelName], Meta(min_length=2, max_length=5)]
    rule: Literal["on_failure", "if_not_received_within"] = "on_failure"
    within_seconds: int | None = None


class Message(Struct, forbid_unknown_fields=True):
    """One message: whom, what (content, or a template with variables), and when."""

    content: Content | None = None
    template_id: UUID | None = None
    template_version: Annotated[int, Meta(ge=1)] | None = None
    variables: dict[str, Any] | None = None
    subscription_id: UUID | None = None
    external_id: ExternalId | None = None
    channels: Channels | None = None
    ttl_seconds: int | None = None
    send_at: Moment | None = None
    lane: LaneName | None = None
    fallback: FallbackPlan | None = None
    topic: Annotated[str, Meta(max_length=32)] | None = None


class What(Struct, forbid_unknown_fields=True):
    """What a request asks for, apart from who asks: this is what its idempotency key stands for."""

    message: Message | None = None
    messages: Annotated[list[Message], Meta(min_length=1, max_length=MAX_TARGETS)] | None = None
    content: Content | None = None
    template_id: UUID | None = None
    template_version: Annotated[int, Meta(ge=1)] | None = None
    variables: dict[str, Any] | None = None
    recipients: Annotated[list[Recipient], Meta(min_length=1, max_length=MAX_TARGETS)] | None = None
    ttl_seconds: int | None = None
    send_at: Moment | None = None
    lane: LaneName | None = None
    fallback: FallbackPlan | None = None
    topic: Annotated[str, Meta(max_length=32)] | None = None
    allow_partial: bool = False


class Envelope(What, forbid_unknown_fields=True, kw_only=True):
    """Version 1."""

    v: Literal[1]
    request_id: RequestId
    key: Annotated[str, Meta(min_length=1, max_length=512)]
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    application_id: UUID | None = None

    def __repr__(self) -> str:
        return f"Envelope(request_id={self.request_id!r})"


class Poison(Exception):
    """A request that no repetition can make servable."""

    def __init__(self, reason: str, detail: str, request_id: str | None = None) -> None:
        """`reason` is one word, the last of the subject it is parked on; with a `request_id` it gets a result, too."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.request_id = request_id


class _Head(Struct):
    v: Any = None
    request_id: Any = None


_envelope = msgspec.json.Decoder(Envelope)
_head = msgspec.json.Decoder(_Head)
_canonical = msgspec.json.Encoder(order="deterministic")


def decode(payload: bytes) -> Envelope:
    """Raise Poison for what is not JSON, of another version, or not as the schema says."""
    try:
        head = _head.decode(payload)
    except msgspec.ValidationError as error:
        raise Poison("bad_request", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Poison("bad_json", str(error)) from None
    request_id = request_id_of(head.request_id)
    if isinstance(head.v, bool) or head.v != VERSION:
        raise Poison("unknown_version", f"v must be {VERSION}", request_id)
    try:
        return _envelope.decode(payload)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Poison("bad_request", str(error), request_id) from None


def readable_request_id(payload: bytes) -> str | None:
    """The request id of a payload whatever else is wrong with it; None when there is no usable one."""
    try:
        return request_id_of(_head.decode(payload).request_id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def request_id_of(value: object) -> str | None:
    """The value, when it can be a part of a subject."""
    try:
        return msgspec.convert(value, RequestId)
    except msgspec.ValidationError:
        return None


def command_of(envelope: Envelope, application_id: UUID) -> AcceptMessages:
    """Raise InvalidInput, naming the field, when the parts of the request do not go together."""
    return AcceptMessages(
        application_id=application_id,
        requests=_requests(envelope),
        idempotency_key=envelope.idempotency_key or envelope.request_id,
        request_hash=_hash(envelope),
        single=envelope.message is not None,
        allow_partial=envelope.allow_partial,
        source=Source.SIGNAL,
    )


def _hash(envelope: Envelope) -> bytes:
    """SHA-256 of what is asked for: another request id or a rotated key makes no other request of it."""
    asked = {name: getattr(envelope, name) for name in What.__struct_fields__}
    return hashlib.sha256(_canonical.encode(asked)).digest()


def _requests(envelope: Envelope) -> Sequence[MessageRequest]:
    given = [name for name in ("message", "messages", "recipients") if getattr(envelope, name) is not None]
    if len(given) != 1:
        raise InvalidInput(
            "give exactly one of message, messages, or content with recipients",
            field=given[1] if given else "message",
            fix="leave the others out",
        )
    if envelope.recipients is None:
        for name in (
            "content",
            "template_id",
            "template_version",
            "variables",
            "ttl_seconds",
            "send_at",
            "lane",
            "fallback",
            "topic",
        ):
            if getattr(envelope, name) is not None:
                raise InvalidInput(
                    f"{name} does not go with {given[0]}", field=name, fix=f"give it inside {given[0]}"
                )
        if envelope.message is not None:
            return (_own(envelope.message, 0, "message"),)
        return [
            _own(message, index, f"messages[{index}]")
            for index, message in enumerate(envelope.messages or ())
        ]
    return (
        MessageRequest(
            targets=[
                _target(one, index, f"recipients[{index}]") for index, one in enumerate(envelope.recipients)
            ],
            **_said(envelope, ""),
            ttl_seconds=envelope.ttl_seconds,
            send_at=_utc(envelope.send_at),
            lane=None if envelope.lane is None else Lane.from_wire(envelope.lane),
            fallback=_fallback(envelope.fallback),
            topic=envelope.topic,
        ),
    )


def _own(message: Message, index: int, field: str) -> MessageRequest:
    return MessageRequest(
        targets=(_target(message, index, field),),
        **_said(message, f"{field}."),
        ttl_seconds=message.ttl_seconds,
        send_at=_utc(message.send_at),
        lane=None if message.lane is None else Lane.from_wire(message.lane),
        fallback=_fallback(message.fallback),
        topic=message.topic,
        field=field,
    )


def _target(one: Recipient | Message, index: int, field: str) -> Target:
    if (one.subscription_id is None) == (one.external_id is None):
        raise InvalidInput(
            "a recipient is either a subscription_id or an external_id",
            field=field,
            fix="give exactly one of them",
        )
    if one.subscription_id is not None:
        if one.channels is not None:
            raise InvalidInput("channels does not go with a subscription_id", field=f"{field}.channels")
        return Target(index, one.subscription_id, variables=_own_variables(one))
    channels = tuple(Channel.from_wire(name) for name in one.channels or ())
    return Target(index, None, one.external_id, channels, _own_variables(one))


def _own_variables(one: Recipient | Message) -> dict[str, Any] | None:
    """A message's variables are its request's; a recipient in a list has its own."""
    return one.variables if isinstance(one, Recipient) else None


class Said(TypedDict):
    """The part of a MessageRequest that says something."""

    content: dict[Channel, dict[str, Any]]
    template: TemplateRef | None
    variables: dict[str, Any] | None


def _said(one: Message | What, prefix: str) -> Said:
    if one.template_id is None:
        if one.content is None:
            raise InvalidInput(
                "content is missing", field=f"{prefix}content", fix="say what they get, or name a template_id"
            )
        if one.template_version is not None:
            raise InvalidInput(
                "template_version needs a template_id", field=f"{prefix}template_version", fix="leave it out"
            )
        return {"content": _content(one.content), "template": None, "variables": one.variables}
    return {
        "content": {} if one.content is None else _content(one.content),
        "template": TemplateRef(one.template_id, one.template_version),
        "variables": one.variables,
    }


def _fallback(plan: FallbackPlan | None) -> Fallback | None:
    if plan is None:
        return None
    channels = [Channel.from_wire(name, field="fallback.channels") for name in plan.channels]
    return Fallback(channels, FallbackRule[plan.rule.upper()], plan.within_seconds)


def _content(content: dict[ChannelName, dict[str, Any]]) -> dict[Channel, dict[str, Any]]:
    return {Channel.from_wire(name, field=f"content.{name}"): body for name, body in content.items()}


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
