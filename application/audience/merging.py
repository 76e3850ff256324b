"""Two subscriptions for one address of one person become one; and whether ids are an install's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from application.audience.sealing import TokenIndexes
from domain.audience.registration import SubscriptionUpdate
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason, ChangeSource
from domain.shared.errors import NotFound


def check_known(ids: Iterable[UUID], mine: Sequence[Subscription]) -> None:
    """Raise NotFound, naming the first of the ids that is not a live subscription of the install."""
    known = {one.id for one in mine}
    for id in ids:
        if id not in known:
            raise NotFound(
                f"the install has no subscription {id}",
                field="subscription_ids",
                fix="register it again",
                extra={"subscription_id": str(id)},
            )


def find_twin(
    one: Subscription, user_id: UUID, others: Iterable[Subscription], indexes: TokenIndexes | None
) -> Subscription | None:
    """The user's own subscription for the same address; `indexes` are those an equal address may carry."""
    if not one.is_messaging_channel or indexes is None or one.user_id == user_id:
        return None
    for other in others:
        same = indexes.matches(other.token) and other.type is one.type
        if same and other.user_id == user_id and other.id != one.id and not other.is_archived:
            return other
    return None


def merge(one: Subscription, twin: Subscription, now: datetime) -> None:
    """The person's history, and every "no" of either subscription, stays."""
    if not one.enabled:
        twin.apply(SubscriptionUpdate(enabled=False), source=ChangeSource.SDK, now=now)
    if one.api_disabled:
        twin.disable_by_api(reason=ChangeReason.MERGED, now=now)
    twin.touch(now)
    one.archive(source=ChangeSource.SDK, reason=ChangeReason.MERGED, now=now)
