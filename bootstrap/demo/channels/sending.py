"""The two sends: one call that says something on every channel, and one AlimTalk with a text to fall back to."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

import attrs

from bootstrap.demo.channels.accounts import TEMPLATE
from bootstrap.demo.channels.script import EMAIL, IN_APP, KAKAO, SMS, Person
from bootstrap.demo.json_client import CallFailed, JsonClient
from bootstrap.demo.sending import BATCH
from domain.shared.channels import SubscriptionType

PEOPLE_A_CALL: Final = BATCH // 10
SAID: Final[dict[str, Any]] = {
    "push": {"title": "주문이 출발했습니다", "body": "Automata-Signal demo"},
    "email": {
        "subject": "주문이 출발했습니다",
        "html": '<p>주문 1042가 출발했습니다. <a href="https://shop.kr/orders/1042">배송 조회</a></p>',
    },
    "sms": {"text": "[상점] 주문 1042가 출발했습니다"},
    "in_app": {
        "v": 1,
        "layout": "modal",
        "content": {
            "title": "주문이 출발했습니다",
            "buttons": [
                {"id": "ok", "text": "보기", "converts": True, "action": {"type": "dismiss"}},
            ],
        },
    },
}
ON_CHANNEL: Final = {EMAIL: "email", SMS: "sms", IN_APP: "in_app"}
WITH_FALLBACK: Final[dict[str, Any]] = {
    "content": {
        "kakao_talk": {"template_code": TEMPLATE["code"], "variables": {"name": "민수", "no": 1042}},
        "sms": {"text": "[상점] 민수님, 주문 1042가 출발했습니다"},
    },
    "fallback": {"channels": ["kakao_talk", "sms"], "rule": "on_failure"},
}


@attrs.frozen
class Told:
    """What the caller was told."""

    message_ids: Sequence[UUID]
    replayed: bool
    """Each repeated call was answered as a replay, with the same ids."""


async def send(api: JsonClient, everybody: Sequence[Person], types: Collection[SubscriptionType]) -> Told:
    """`api` carries the application's key. Raise CallFailed when a recipient is refused."""
    content = {"push": SAID["push"], **{name: SAID[name] for t, name in ON_CHANNEL.items() if t in types}}
    calls: list[dict[str, Any]] = [{"content": content}]
    if KAKAO in types and SMS in types:
        calls.append(WITH_FALLBACK)
    ids: list[UUID] = []
    replayed = True
    for start in range(0, len(everybody), PEOPLE_A_CALL):
        recipients = [{"external_id": one.external_id} for one in everybody[start : start + PEOPLE_A_CALL]]
        for call in calls:
            body = {**call, "recipients": recipients}
            key = {"idempotency-key": f"demo-{secrets.token_hex(8)}"}
            first = await api.call("POST", "/v1/messages/batch", body, headers=key)
            if first.body["rejected"]:
                raise CallFailed(
                    f"{first.body['rejected']} recipients were refused: {first.body['errors'][:1]}"
                )
            again = await api.call("POST", "/v1/messages/batch", body, headers=key)
            said_so = {name.lower(): value for name, value in again.headers.items()}
            replayed &= said_so.get("idempotency-replayed") == "true"
            replayed &= again.body["message_ids"] == first.body["message_ids"]
            ids.extend(UUID(one) for one in first.body["message_ids"])
    return Told(ids, replayed)
