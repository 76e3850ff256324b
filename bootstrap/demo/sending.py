"""The send: ten thousand recipients in one call, and the same call once more to see that nothing happens twice."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

import attrs
import msgspec

from bootstrap.demo.devices import Registered
from bootstrap.demo.json_client import CallFailed, JsonClient

BATCH = 10_000
"""Recipients of one call, the most that the API takes."""
CONTENT = {
    "push": {
        "title": "안녕하세요",
        "body": "Automata-Signal demo",
        "link": "automata://demo",
        "data": {"order": {"id": 42, "items": ["book", "pen"]}},
    }
}


@attrs.frozen
class Told:
    """What the caller was told: the id of each recipient's message, in the order of the recipients."""

    accepted: int
    message_ids: Sequence[UUID]
    replayed: bool
    """The repeated call answered the same ids, said that it was a replay, and accepted nothing."""


async def send_to_all(api: JsonClient, recipients: Sequence[Registered]) -> Told:
    """`api` carries the application's key. Raise CallFailed when a recipient is refused."""
    ids: list[UUID] = []
    accepted = 0
    replayed = True
    for start in range(0, len(recipients), BATCH):
        part = recipients[start : start + BATCH]
        named = [{"subscription_id": str(one.subscription_id)} for one in part]
        body = msgspec.json.encode({"content": CONTENT, "recipients": named})
        key = {"idempotency-key": f"demo-{secrets.token_hex(8)}"}
        first = await api.call("POST", "/v1/messages/batch", body, headers=key)
        if first.body["rejected"] or len(first.body["message_ids"]) != len(part):
            raise CallFailed(f"{first.body['rejected']} of {len(part)} recipients were refused")
        again = await api.call("POST", "/v1/messages/batch", body, headers=key)
        said_so = {name.lower(): value for name, value in again.headers.items()}.get("idempotency-replayed")
        replayed &= said_so == "true" and again.body["message_ids"] == first.body["message_ids"]
        ids.extend(UUID(one) for one in first.body["message_ids"])
        accepted += first.body["accepted"]
    return Told(accepted, ids, replayed)
