"""Where subscriptions and their events are kept.

A token is sealed with `row` = the subscription's id and `column` = TOKEN_COLUMN.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

import attrs

from domain.audience.registration import SealedToken
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import SubscriptionEvent
from domain.audience.suppression import SuppressionReason
from domain.shared.channels import Channel, SubscriptionType

TOKEN_COLUMN: Final = "token"  # noqa: S105


@attrs.frozen(slots=True)
class TokenToReseal:
    """A token that is sealed, or indexed, under another key than the current one."""

    subscription_id: UUID
    application_id: UUID
    token: SealedToken
    token_version: int


@attrs.frozen(slots=True)
class Resealed:
    """How many tokens were replaced, and which could not because an equal token is indexed already."""

    done: int
    conflicts: int


class Subscriptions(Protocol):
    async def lock(self, application_id: UUID, ids: Sequence[UUID]) -> Sequence[Subscription]:
        """In the order of their ids, archived ones too; those of another application are left out."""
        ...

    async def lock_related(
        self,
        application_id: UUID,
        *,
        indexes: Sequence[bytes],
        install_ids: Sequence[UUID],
        ids: Sequence[UUID] = (),
        types: Collection[SubscriptionType] | None = None,
    ) -> Sequence[Subscription]:
        """Everything a registration or login may touch, locked in the order of ids: live subscriptions with one of
        the token indexes, those of the installs (archived ones only where the API disabled them), and those named.

        `types`: with an index, only subscriptions of these types matter; others need not be found."""
        ...

    async def suppressed(
        self, application_id: UUID, addresses: Sequence[tuple[Channel, bytes]]
    ) -> Mapping[tuple[Channel, bytes], SuppressionReason]:
        """Those of the (channel, blind index) that are suppressed, and why."""
        ...

    async def reindex_suppressions(self, moves: Sequence[tuple[UUID, bytes, bytes, str]]) -> None:
        """(application, old index, new index, its key): what was suppressed under an older key's index is found under the
        current one from now on."""
        ...

    async def of_installs(self, application_id: UUID, install_ids: Sequence[UUID]) -> Sequence[Subscription]:
        """The live subscriptions of some installs, not locked."""
        ...

    async def store(
        self,
        *,
        new: Sequence[Subscription],
        changed: Sequence[Subscription],
        events: Sequence[SubscriptionEvent],
    ) -> None:
        """Tokens and places are given up before they are taken, so that they may move between subscriptions."""
        ...

    async def get(self, application_id: UUID, subscription_id: UUID) -> Subscription:
        """Archived ones too; raise NotFound."""
        ...

    async def list(
        self,
        application_id: UUID,
        *,
        user_id: UUID | None,
        type: SubscriptionType | None,
        subscribed: bool | None,
        include_archived: bool,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Subscription]:
        """In the order of creation."""
        ...

    async def events(
        self, application_id: UUID, subscription_id: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[SubscriptionEvent]:
        """In the order in which they happened."""
        ...

    async def count_not_under(self, key_id: str) -> int:
        """Tokens sealed or indexed under another key, of all applications."""
        ...

    async def not_under(self, key_id: str, *, after: UUID | None, limit: int) -> Sequence[TokenToReseal]:
        """The next of them by subscription id, of all applications; not locked."""
        ...

    async def reseal(self, tokens: Sequence[tuple[TokenToReseal, SealedToken]]) -> Resealed:
        """Replace each token that is still as it was (same key, same token version)."""
        ...
