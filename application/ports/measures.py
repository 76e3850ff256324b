"""What a running process counts about itself, folded before it gets here: a call per chunk, request or run, none per message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs


class SendMeasures(Protocol):
    def sent(
        self,
        channel: str,
        provider: str,
        outcomes: Mapping[str, int],
        latencies_ms: Mapping[int, int],
        seconds: float,
    ) -> None:
        """One batch went through a channel. `outcomes`: how many of each kind; `latencies_ms`: how many of the attempted
        sends took so many milliseconds; `seconds`: how long the batch took altogether. Cheap, never raises."""
        ...


class RequestMeasures(Protocol):
    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One HTTP request was answered. `route` is the template of its path, never the path."""
        ...


class JobMeasures(Protocol):
    def ran(self, job: str, seconds: float, *, failed: bool = False) -> None:
        """A recurring job of the scheduler ran once."""
        ...


class SdkMeasures(Protocol):
    def reported(
        self,
        *,
        initialize_ms: Mapping[str, float],
        calls: Mapping[tuple[str, str], int],
        errors: Mapping[str, int],
    ) -> None:
        """One app told how it fared in one window.

        `initialize_ms`: p50, p95 and n; `calls`: how many by (operation, outcome), as ("register", "ok"); `errors`: how
        many by code, which is kept only if it is one of the client API's own (others count as "other").
        """
        ...


@attrs.frozen(slots=True)
class Figure:
    """One number that is looked up rather than counted; `labels` in the order in which the metric declares them."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


class Figures(Protocol):
    """Something that can be asked for its numbers: PostgreSQL, NATS."""

    async def read(self) -> Sequence[Figure]:
        """Bounded in time and in rows. Raise Unavailable when there is no answer."""
        ...
