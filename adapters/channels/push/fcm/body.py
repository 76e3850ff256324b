"""The FCM v1 request body: serialised once per content, with gaps for token, message id and time to live."""

from __future__ import annotations

import attrs
import msgspec

from adapters.channels.push.content import PushContent
from domain.messaging.content import Json

MAX_PAYLOAD_BYTES = 4_096
"""Bytes of notification and data, keys and values (Google, "About FCM messages")."""
MESSAGE_ID_BYTES = 36
LONGEST_TTL = 2_419_200
"""Seconds: four weeks, which is also Google's default."""

_encode = msgspec.json.encode
_START = b'{"message":{"token":"'


@attrs.frozen(slots=True)
class FcmBody:
    """One content as FCM wants it; `size` is the exact number of bytes Google counts, the same for every message."""

    to_message_id: bytes = attrs.field(repr=False)
    to_ttl: bytes = attrs.field(repr=False)
    to_tag: bytes = attrs.field(repr=False)
    tagged: bool
    """Whether the message id goes into the gap before `end`."""
    end: bytes = attrs.field(repr=False)
    size: int

    def bytes_for(self, token: bytes, message_id: bytes, ttl: int | None) -> bytes:
        """The body of one message. `token` must need no JSON escape; `ttl` is in whole seconds, None for the default."""
        lifetime = b"" if ttl is None else b'"ttl":"%ds",' % min(max(ttl, 0), LONGEST_TTL)
        tag = message_id if self.tagged else b""
        return b"".join(
            (_START, token, self.to_message_id, message_id, self.to_ttl, lifetime, self.to_tag, tag, self.end)
        )


def fcm_body(content: PushContent) -> FcmBody:
    """A notification when there is text, else a data message (which the app's handler gets in the background too)."""
    notification: dict[str, Json] = {}
    if content.has_text:
        texts = {"title": content.title, "body": content.body or content.subtitle, "image": content.image}
        notification = {key: text for key, text in texts.items() if text is not None}
    values = {key: as_text(value) for key, value in content.data.items()}
    values["as_v"] = "1"
    values["as_rcpt"] = "1"
    if content.link is not None:
        values["as_link"] = content.link
    shown = b'"notification":%b,' % _encode(notification) if notification else b""
    priority = b"HIGH" if content.priority == "high" else b"NORMAL"
    tagged = bool(notification) and content.collapse_id is None
    return FcmBody(
        to_message_id=b'",' + shown + b'"data":' + _encode(values)[:-1] + b',"as_mid":"',
        to_ttl=b'"},"android":{',
        to_tag=b'"priority":"' + priority + b'"' + (_look(content) if notification else b""),
        tagged=tagged,
        end=b'"}}}}' if tagged else b"}}}",
        size=_bytes_of(notification) + _bytes_of(values) + len("as_mid") + MESSAGE_ID_BYTES,
    )


def as_text(value: Json) -> str:
    """A data value as FCM carries it: a string as it is, everything else as compact JSON."""
    return value if isinstance(value, str) else _encode(value).decode()


def _look(content: PushContent) -> bytes:
    """`android.notification`, open for the tag when that is the message id.

    The tag replaces on the screen what an unknown outcome may have shown already. It is no collapse key: a device
    keeps only four of those.
    """
    fields: dict[str, Json] = {
        "channel_id": content.channel_id,
        "sound": content.sound,
        "notification_count": content.badge or None,
        "tag": content.collapse_id,
    }
    fixed = _encode({key: value for key, value in fields.items() if value is not None})
    if content.collapse_id is not None:
        return b',"notification":' + fixed
    return b',"notification":' + fixed[:-1] + (b"," if len(fixed) > len("{}") else b"") + b'"tag":"'


def _bytes_of(values: dict[str, str] | dict[str, Json]) -> int:
    return sum(len(key.encode()) + len(str(value).encode()) for key, value in values.items())
