"""Where endpoints, events and deliveries are kept, and how one delivery leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.vault import Sealed
from domain.webhooks.endpoint import Delivery, DeliveryState, Endpoint

WEBHOOK_COLUMN = "webhook_secret"
"""Where the vault binds a secret to; its row is the endpoint's id."""


@attrs.frozen(slots=True)
class SealedWebhookSecret:
    """A stored secret as it is found by a rotation of keys."""

    application_id: UUID
    endpoint_id: UUID
    sealed: Sealed
    is_old: bool


@attrs.frozen(slots=True)
class EndpointChange:
    """What is to be changed; None leaves it."""

    url: str | None = None
    description: str | None = None
    event_types: tuple[str, ...] | None = None
    is_active: bool | None = None


class Webhooks(Protocol):
    """The control plane's side. What names no endpoint of the application answers None or raises NotFound."""

    async def add(self, endpoint: Endpoint, secret: Sealed, *, at_most: int) -> None:
        """Raise NotFound without such an application, Conflict when there are `at_most` endpoints."""
        ...

    async def list(self, application_id: UUID) -> Sequence[Endpoint]: ...

    async def read(self, application_id: UUID, endpoint_id: UUID) -> Endpoint | None: ...

    async def change(
        self, application_id: UUID, endpoint_id: UUID, change: EndpointChange, now: datetime
    ) -> Endpoint | None:
        """Switching on forgets that it failed."""
        ...

    async def remove(self, application_id: UUID, endpoint_id: UUID) -> bool: ...

    async def rotate(
        self, application_id: UUID, endpoint_id: UUID, secret: Sealed, *, old_until: datetime, now: datetime
    ) -> bool:
        """The present secret signs besides the new one until `old_until`."""
        ...

    async def send_test(
        self, application_id: UUID, endpoint_id: UUID, payload: str, now: datetime
    ) -> UUID | None:
        """Owe the endpoint one test event; answer its id."""
        ...

    async def deliveries(
        self,
        application_id: UUID,
        endpoint_id: UUID,
        *,
        state: DeliveryState | None,
        before: UUID | None,
        limit: int,
    ) -> Sequence[Delivery]:
        """Newest first."""
        ...

    async def replay(self, application_id: UUID, endpoint_id: UUID, since: datetime, now: datetime) -> int:
        """Owe the endpoint everything that it listens to and that happened since; answer how many."""
        ...

    async def secrets_not_under(self, key_id: str) -> Sequence[SealedWebhookSecret]: ...

    async def reseal(self, before: SealedWebhookSecret, sealed: Sealed) -> bool: ...


@attrs.frozen(slots=True)
class OwedDelivery:
    """A delivery that this process has claimed for a while."""

    endpoint_id: UUID
    application_id: UUID
    event_id: UUID
    event_type: str
    url: str
    secrets: Sequence[Sealed]
    """The present one first."""
    payload: str = attrs.field(repr=False)
    """A JSON array of events."""
    created_at: datetime
    attempt: int
    """1 for the first."""
    is_failing: bool


class OwedDeliveries(Protocol):
    """The deliverer's side."""

    async def claim(self, now: datetime, *, room: int, in_hand: Mapping[UUID, int]) -> Sequence[OwedDelivery]:
        """At most `room` that are due, few of each endpoint (`in_hand`: how many are under way). A claim counts as an
        attempt and ends by itself after a minute. Raise Unavailable when the database is away."""
        ...

    async def succeeded(self, one: OwedDelivery, status: int, now: datetime) -> None:
        """Nothing happens when the claim has passed to somebody else."""
        ...

    async def failed(
        self,
        one: OwedDelivery,
        *,
        status: int | None,
        error: str,
        next_at: datetime | None,
        now: datetime,
        disable: str | None,
    ) -> None:
        """`next_at` None: it is given up. `disable`: switch the endpoint off for this reason and raise an alert."""
        ...

    async def failing_since(self, endpoint_id: UUID) -> datetime | None: ...

    async def tidy(self, now: datetime) -> int:
        """Forget what is past its keeping, a bounded number of rows."""
        ...


@attrs.frozen(slots=True)
class Posted:
    """What came of one post: a status, or why there is none."""

    status: int | None
    error: str = ""
    retry_after: float | None = None
    """Seconds that the receiver asked for."""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class WebhookPoster(Protocol):
    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Bounded in time; follows no redirect; refuses addresses that are not public. Never raises."""
        ...

    async def close(self) -> None: ...


class PostMeasures(Protocol):
    def posted(self, outcome: str, seconds: float) -> None:
        """One post ended: `delivered`, `refused` (a status), `unreachable`."""
        ...
