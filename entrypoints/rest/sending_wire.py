"""Sending as JSON: what is said, to whom, when; alone or up to ten thousand in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.messaging.accept_command import MAX_TARGETS
from entrypoints.http.declared import with_declared_channels
from entrypoints.http.decoding import In
from entrypoints.http.wire import ChannelName, ExternalId, Json, LaneName, Timestamp
from entrypoints.rest.fallback import FallbackIn

MAX_TTL_SECONDS = 28 * 86_400
ONE_OF_TWO = [
    {"required": ["subscription_id"], "not": {"required": ["external_id"]}},
    {"required": ["external_id"], "not": {"required": ["subscription_id"]}},
]

CONTENT_OR_TEMPLATE = [
    {
        "required": ["content"],
        "properties": dict.fromkeys(("template_id", "template_version", "variables"), False),
    },
    {"required": ["template_id"], "properties": {"content": False}},
]
SHARED_FIELDS = (
    "content", "template_id", "template_version", "variables", "recipients", "ttl_seconds", "send_at", "lane",
    "fallback", "topic",
)  # fmt: skip
"""Fields of a batch that do not go with `messages`."""

TemplateId = Annotated[UUID, Meta(description="Instead of content: see /v1/templates")]
TemplateVersion = Annotated[int, Meta(ge=1, le=2_147_483_647, description="Without it: the active one")]
Variables = Annotated[Json, Meta(description="What the template reads, for every recipient; at most 16 KiB")]
OwnVariables = Annotated[Json, Meta(description="The recipient's own variables, stronger than the request's")]
Line = Annotated[str, Meta(max_length=1024)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
HttpsUrl = Annotated[str, Meta(pattern="^https://", max_length=2048)]
Ttl = Annotated[int, Meta(ge=1, le=MAX_TTL_SECONDS, description="Seconds until an unsent message expires")]
SendAt = Annotated[Timestamp, Meta(description="When to send; at most 90 days ahead")]
Topic = Annotated[
    str, Meta(max_length=32, description="A key of the application's topics: who switched it off is refused")
]
Channels = Annotated[list[ChannelName], Meta(min_length=1, max_length=32)]


class PushContent(In):
    """What a push says. Give a title, a body or data; at most 4 KiB as JSON."""

    title: Line | UnsetType = UNSET
    body: Annotated[str, Meta(max_length=4096)] | UnsetType = UNSET
    subtitle: Line | UnsetType = UNSET
    image: HttpsUrl | UnsetType = UNSET
    link: Annotated[str, Meta(min_length=1, max_length=2048)] | UnsetType = UNSET
    data: Annotated[Json, Meta(description="Untouched on iOS; JSON text on Android")] | UnsetType = UNSET
    badge: Annotated[int, Meta(ge=0, le=2_147_483_647)] | UnsetType = UNSET
    sound: Key | UnsetType = UNSET
    thread_id: Key | UnsetType = UNSET
    category: Key | UnsetType = UNSET
    channel_id: Annotated[str, Meta(min_length=1, max_length=255, description="Android")] | UnsetType = UNSET
    priority: Literal["high", "normal"] | UnsetType = UNSET
    interruption_level: Literal["passive", "active", "time-sensitive", "critical"] | UnsetType = UNSET
    collapse_id: Annotated[str, Meta(pattern="^[!-~]+$", max_length=64)] | UnsetType = UNSET
    mutable_content: bool | UnsetType = UNSET
    content_available: bool | UnsetType = UNSET


class KnownContent(In):
    """What to say, per channel; a recipient gets what stands under the channel of its subscription."""

    push: PushContent | UnsetType = UNSET
    email: Json | UnsetType = UNSET
    sms: Json | UnsetType = UNSET
    kakao_talk: Json | UnsetType = UNSET
    in_app: Json | UnsetType = UNSET
    schema_rule: ClassVar[Mapping[str, Any]] = {"minProperties": 1}


if TYPE_CHECKING:
    ContentIn = KnownContent
else:
    ContentIn = with_declared_channels(KnownContent, "ContentIn")


class RecipientIn(In):
    """One subscription, or every subscription that an external id has on the named (or all) channels."""

    subscription_id: UUID | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    channels: Channels | UnsetType = UNSET
    variables: OwnVariables | UnsetType = UNSET
    schema_rule: ClassVar[Mapping[str, Any]] = {"oneOf": ONE_OF_TWO}


class MessageIn(In):
    """One message: whom, what, and when. What is `content`, or a template with variables."""

    content: ContentIn | UnsetType = UNSET
    template_id: TemplateId | UnsetType = UNSET
    template_version: TemplateVersion | UnsetType = UNSET
    variables: Variables | UnsetType = UNSET
    subscription_id: UUID | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    channels: Channels | UnsetType = UNSET
    ttl_seconds: Ttl | UnsetType = UNSET
    send_at: SendAt | UnsetType = UNSET
    lane: LaneName | UnsetType = UNSET
    fallback: FallbackIn | UnsetType = UNSET
    topic: Topic | UnsetType = UNSET
    schema_rule: ClassVar[Mapping[str, Any]] = {
        "allOf": [{"oneOf": ONE_OF_TWO}, {"oneOf": CONTENT_OR_TEMPLATE}]
    }


class BatchIn(In):
    """Either `content` or a template with `recipients` (the same for all), or `messages` (each with its own)."""

    content: ContentIn | UnsetType = UNSET
    template_id: TemplateId | UnsetType = UNSET
    template_version: TemplateVersion | UnsetType = UNSET
    variables: Variables | UnsetType = UNSET
    recipients: Annotated[list[RecipientIn], Meta(min_length=1, max_length=MAX_TARGETS)] | UnsetType = UNSET
    messages: Annotated[list[MessageIn], Meta(min_length=1, max_length=MAX_TARGETS)] | UnsetType = UNSET
    ttl_seconds: Ttl | UnsetType = UNSET
    send_at: SendAt | UnsetType = UNSET
    lane: LaneName | UnsetType = UNSET
    fallback: FallbackIn | UnsetType = UNSET
    topic: Topic | UnsetType = UNSET
    allow_partial: Annotated[bool, Meta(description="Send what fits into the quota")] = False
    schema_rule: ClassVar[Mapping[str, Any]] = {
        "oneOf": [
            {
                "required": ["recipients"],
                "not": {"required": ["messages"]},
                "oneOf": CONTENT_OR_TEMPLATE,
            },
            {"required": ["messages"], "properties": dict.fromkeys(SHARED_FIELDS, False)},
        ]
    }
