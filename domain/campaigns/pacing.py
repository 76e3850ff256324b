"""Pacing: how many messages a second a campaign sends, over all workers together, never in bursts.

The numbers are kept in one row per campaign, and a worker reserves a slot for each chunk:

    next_at = greatest(next_at, now) + n / rate

A slot that comes late shifts everything behind it; nothing hurries afterwards. Inside a slot the sends are spaced
evenly.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from domain.campaigns.json_fields import Fields
from domain.shared.json_values import Json

MAX_RATE: Final = 100_000
"""Messages a second; the whole installation's aim."""
MAX_CHUNK: Final = 500
LEASE_AHEAD: Final = timedelta(seconds=2)
"""A chunk is leased at most this long before its slot, so that what waits can still be paused."""

_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = 1_000_000


@attrs.frozen
class Slot:
    """The time in which one chunk's sends may start: from `starts_at` until just before `ends_at`."""

    starts_at: datetime
    ends_at: datetime

    @property
    def lease_from(self) -> datetime:
        return self.starts_at - LEASE_AHEAD


@attrs.frozen
class Pacing:
    """At most `per_second` sends start in any second."""

    per_second: int = attrs.field()

    @per_second.validator
    def _possible(self, _: attrs.Attribute[int], value: int) -> None:
        if not 1 <= value <= MAX_RATE:
            raise ValueError(f"a pace is 1 to {MAX_RATE} messages a second")

    @property
    def chunk_size(self) -> int:
        """Messages in one chunk: never more than a second's worth."""
        return min(self.per_second, MAX_CHUNK)

    def reserve(self, next_at: datetime | None, now: datetime, n: int) -> Slot:
        """The slot for `n` messages; `next_at` is where the last one ended, None before the first."""
        if not 1 <= n <= self.chunk_size:
            raise ValueError(f"a chunk of this pace holds 1 to {self.chunk_size} messages")
        starts_at = now if next_at is None else max(next_at, now)
        return Slot(starts_at, starts_at + self._after(n))

    def instants(self, slot: Slot, n: int) -> Iterator[datetime]:
        """When each of the slot's `n` sends starts."""
        return (slot.starts_at + self._after(index) for index in range(n))

    def duration(self, n: int) -> timedelta:
        """How long `n` messages take at best."""
        return self._after(n)

    def _after(self, n: int) -> timedelta:
        # Rounded up, so that a rate that does not divide a second is never exceeded.
        return -(-n * _SECOND // self.per_second) * _MICROSECOND

    def to_json(self) -> dict[str, Json]:
        return {"per_second": self.per_second}


def pacing_from_json(value: Json, *, field: str = "pacing") -> Pacing:
    """Read `{"per_second": 500}`; raise InvalidInput naming the field, also for zero: to stop a campaign, pause it."""
    fields = Fields.of(value, field, ("per_second",))
    given = fields.get("per_second")
    if isinstance(given, int) and not isinstance(given, bool) and given <= 0:
        raise fields.refused(
            "per_second",
            f"is {given}",
            f"send 1 to {MAX_RATE}, leave pacing out for no limit, or pause the campaign to stop it",
        )
    return Pacing(fields.required("per_second", fields.whole("per_second", 1, MAX_RATE), "500"))
