"""A subscription and its events as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from domain.audience.device import Permission
from domain.audience.subscription import SealedToken, Subscription
from domain.audience.subscription_event import SubscriptionEvent, SubscriptionEventType
from domain.shared.channels import SubscriptionType

_OWN: Final = frozenset({"type", "token", "tags", "permission", "standing_code", "changes"})
_SAME: Final = tuple(field.name for field in attrs.fields(Subscription) if field.name not in _OWN)
"""Fields whose column has the same name and the same kind of value."""


def subscription_row(one: Subscription) -> dict[str, object]:
    """Every column's value; the event list is not part of it."""
    row: dict[str, object] = {name: getattr(one, name) for name in _SAME}
    token = one.token
    row["type"] = int(one.type)
    row["tags"] = dict(one.tags)
    row["permission"] = None if one.permission is None else one.permission.value
    row["push_error"] = one.standing_code
    row["token_ciphertext"] = None if token is None else token.ciphertext
    row["token_key_id"] = None if token is None else token.key_id
    row["token_index"] = None if token is None else token.index
    row["token_index_key_id"] = None if token is None else token.index_key_id
    return row


def subscription_of(row: Mapping[Any, Any]) -> Subscription:
    token = None
    if row["token_ciphertext"] is not None:
        token = SealedToken(
            row["token_ciphertext"], row["token_key_id"], row["token_index"], row["token_index_key_id"]
        )
    return Subscription(
        **{name: row[name] for name in _SAME},
        type=SubscriptionType(row["type"]),
        token=token,
        tags=row["tags"],
        permission=None if row["permission"] is None else Permission(row["permission"]),
        standing_code=row["push_error"],
    )


def event_row(event: SubscriptionEvent) -> dict[str, object]:
    return attrs.asdict(event, recurse=False) | {
        "event_type": event.event_type.value,
        "source": str(event.source),
        "metadata": dict(event.metadata),
    }


def event_of(row: Mapping[Any, Any]) -> SubscriptionEvent:
    return SubscriptionEvent(
        id=row["id"],
        subscription_id=row["subscription_id"],
        user_id=row["user_id"],
        application_id=row["application_id"],
        event_type=SubscriptionEventType(row["event_type"]),
        channel=row["channel"],
        source=row["source"],
        reason=row["reason"],
        metadata=row["metadata"],
        occurred_at=row["occurred_at"],
    )
