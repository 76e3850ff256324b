"""Questions to a provider that takes them one by one: a few at once, answers in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

AT_ONCE: Final = 8

Asked = TypeVar("Asked")
Found = TypeVar("Found")


async def few_at_once(ask: Callable[[Asked], Awaitable[Found]], items: Iterable[Asked]) -> list[Found]:
    """`ask` each of the items, eight at a time; raise what the first of them raises that cannot be asked."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(item: Asked) -> Found:
        async with turn:
            return await ask(item)

    return list(await asyncio.gather(*(one(item) for item in items)))
