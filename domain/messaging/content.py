"""What a message says, per channel, and how large it may be."""

from __future__ import annotations

import json
from collections.abc import Mapping

from domain.shared.channels import Channel
from domain.shared.errors import ContentTooLarge, InvalidInput
from domain.shared.json_values import Json as Json
from domain.shared.json_values import check_json as check_json
from domain.shared.json_values import check_text as check_text

Body = Mapping[str, Json]

MAX_CONTENT_BYTES: Mapping[Channel, int] = {
    Channel.PUSH: 4_096,
    Channel.EMAIL: 1_048_576,
    Channel.SMS: 8_192,
    Channel.KAKAO_TALK: 8_192,
    Channel.IN_APP: 65_536,
}
"""UTF-8 bytes of the content as JSON. Push: what APNs and FCM accept at most; the exact payload is checked again
by the channel, because the envelope of each provider adds bytes of its own."""

MAX_DECLARED_CONTENT_BYTES = 65_536
"""Of a channel that a plug-in declared, which may want less."""

RESERVED_DATA_PREFIXES = ("gcm", "google", "as_")
RESERVED_DATA_KEYS = frozenset({"from", "message_type", "aps"})


def check_content(channel: Channel, body: Body, *, field: str) -> None:
    """Raise InvalidInput or ContentTooLarge, naming the field, when a channel could not carry this content."""
    check_json(body, field=field)
    size = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    limit = MAX_CONTENT_BYTES.get(channel, MAX_DECLARED_CONTENT_BYTES)
    if size > limit:
        raise ContentTooLarge(
            f"{field} is {size} bytes as JSON; {channel.wire} carries at most {limit}",
            field=field,
            fix="shorten title, body or data",
        )
    if channel is Channel.PUSH:
        _check_push(body, field)


def _check_push(body: Body, field: str) -> None:
    for name in ("title", "body"):
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            raise InvalidInput(f"{field}.{name} must be text", field=f"{field}.{name}", fix="send a string")
    data = body.get("data")
    if data is not None and not isinstance(data, Mapping):
        raise InvalidInput(f"{field}.data must be an object", field=f"{field}.data", fix="send a JSON object")
    if not body.get("title") and not body.get("body") and not data:
        raise InvalidInput(f"{field} says nothing", field=field, fix="give a title, a body or data")
    for key in data or ():
        if key in RESERVED_DATA_KEYS or key.startswith(RESERVED_DATA_PREFIXES):
            raise InvalidInput(
                f"{field}.data.{key} is reserved by the platform",
                field=f"{field}.data.{key}",
                fix="rename the key",
            )
