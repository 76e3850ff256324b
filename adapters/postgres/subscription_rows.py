"""A subscription and its events as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import attrs

from adapters.postgres.engine import to_json
from domain.audience.device import Permission
from domain.audience.registration import SealedToken
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import SubscriptionEvent, SubscriptionEventType
from domain.shared.channels import SubscriptionType

_OWN: Final = frozenset({"type", "token", "tags", "permission", "standing_code", "changes"})
_SAME: Final = tuple(field.name for field in attrs.fields(Subscription) if field.name not in _OWN)
"""Fields whose column has the same name and the same kind of value."""
_SAME_VALUES: Final = attrgetter(*_SAME)
COLUMNS: Final = (
    *_SAME,
    *("type", "tags", "permission", "push_error"),
    *("token_ciphertext", "token_key_id", "token_index", "token_index_key_id"),
)
"""What a subscription is written to and read from, in the order of `subscription_values` and `subscription_from`."""
EVENT_COLUMNS: Final = tuple(field.name for field in attrs.fields(SubscriptionEvent))
_NO_TOKEN: Final = (None, None, None, None)


def subscription_values(one: Subscription) -> tuple[object, ...]:
    """Every column's value; tags as JSON text, and the event list is not part of it."""
    token = one.token
    return (
        *_SAME_VALUES(one),
        int(one.type),
        to_json(dict(one.tags)) if one.tags else "{}",
        None if one.permission is None else one.permission.value,
        one.standing_code,
        *(_NO_TOKEN if token is None else (token.ciphertext, token.key_id, token.index, token.index_key_id)),
    )


def subscription_from(row: Sequence[Any]) -> Subscription:
    """From a row of COLUMNS."""
    type_, tags, permission, standing, ciphertext, key_id, index, index_key_id = row[len(_SAME) :]
    return Subscription(
        **dict(zip(_SAME, row, strict=False)),
        type=SubscriptionType(type_),
        token=None if ciphertext is None else SealedToken(ciphertext, key_id, index, index_key_id),
        tags=tags,
        permission=None if permission is None else Permission(permission),
        standing_code=standing,
    )


def event_values(event: SubscriptionEvent) -> tuple[object, ...]:
    """In the order of EVENT_COLUMNS; metadata as JSON text."""
    return (
        event.id, event.subscription_id, event.user_id, event.application_id, event.event_type.value, event.channel,
        str(event.source), event.reason, to_json(dict(event.metadata)) if event.metadata else "{}", event.occurred_at,
    )  # fmt: skip


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
