"""The APNs payload: serialised once per content, with gaps where the message id goes (channel fact sheet 1.1)."""

from __future__ import annotations

import attrs
import msgspec
from aioapns.common import PRIORITY_HIGH, PRIORITY_NORMAL, PushType

from adapters.channels.push.content import PushContent
from domain.messaging.content import Json

MAX_PAYLOAD_BYTES = 4_096
MESSAGE_ID_BYTES = 36
_TOPIC_SUFFIX = {
    PushType.ALERT: "",
    PushType.BACKGROUND: "",
    PushType.VOIP: ".voip",
    PushType.COMPLICATION: ".complication",
    PushType.FILEPROVIDER: ".pushkit.fileprovider",
    PushType.LIVEACTIVITY: ".push-type.liveactivity",
}
_FIRST_GAP = b',"gcm.message_id":"'
_SECOND_GAP = b'","as_mid":"'
_END = b'"}'


@attrs.frozen(slots=True)
class ApnsPayload:
    """One content as APNs wants it; `size` is the exact number of bytes of every message's payload."""

    push_type: str
    topic_suffix: str
    priority: str
    collapse_id: str | None
    head: bytes = attrs.field(repr=False)
    size: int

    def bytes_for(self, message_id: bytes) -> bytes:
        """The payload of one message; `message_id` in its 36-byte text form."""
        return b"".join((self.head, message_id, _SECOND_GAP, message_id, _END))


def apns_payload(content: PushContent) -> ApnsPayload:
    """Build `aps`, the content's own data as top-level keys, and the platform's keys.

    A push without anything to show or play is a background push: content-available, priority 5, no sound or badge
    (Apple, "Pushing background updates to your app").
    """
    shown = content.has_text or content.badge is not None or content.sound is not None
    push_type = PushType.ALERT if shown else PushType.BACKGROUND
    document: dict[str, Json] = {"aps": _aps(content) if shown else {"content-available": 1}}
    document.update(content.data)
    if content.image is not None:
        # Where Firebase's service extension helper looks for it, so that both providers' payloads read alike.
        document["fcm_options"] = {"image": content.image}
    document["as_v"] = "1"
    document["as_rcpt"] = "1"
    if content.link is not None:
        document["as_link"] = content.link
    head = msgspec.json.encode(document)[:-1] + _FIRST_GAP
    return ApnsPayload(
        push_type=push_type.value,
        topic_suffix=_TOPIC_SUFFIX[push_type],
        priority=PRIORITY_HIGH if shown and content.priority == "high" else PRIORITY_NORMAL,
        collapse_id=content.collapse_id,
        head=head,
        size=len(head) + len(_SECOND_GAP) + len(_END) + 2 * MESSAGE_ID_BYTES,
    )


def _aps(content: PushContent) -> dict[str, Json]:
    aps: dict[str, Json] = {}
    if content.has_text:
        texts = {"title": content.title, "subtitle": content.subtitle, "body": content.body}
        aps["alert"] = {key: text for key, text in texts.items() if text is not None}
        if content.mutable_content:
            aps["mutable-content"] = 1
    optional: dict[str, Json] = {
        "badge": content.badge,
        "sound": content.sound,
        "thread-id": content.thread_id,
        "category": content.category,
        "interruption-level": content.interruption_level,
        "content-available": 1 if content.content_available else None,
    }
    aps.update({key: value for key, value in optional.items() if value is not None})
    return aps
