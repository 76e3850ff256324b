"""Repeats a transaction that another one got in the way of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from application.ports.audience import Audience, AudienceUnit, Raced
from domain.shared.errors import Unavailable

Result = TypeVar("Result")

ATTEMPTS: Final = 4


async def transact(audience: Audience, work: Callable[[AudienceUnit], Awaitable[Result]]) -> Result:
    """Run the work in one transaction; raise Unavailable when it lost four races."""
    for _ in range(ATTEMPTS):
        try:
            async with audience.begin() as unit:
                return await work(unit)
        except Raced:
            continue
    raise Unavailable("too many changes to the same subscriptions at once", retry_after=1.0)
