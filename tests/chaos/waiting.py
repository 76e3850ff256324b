"""Waiting for something that only looking can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], Awaitable[object]], *, within: float, every: float = 0.02) -> None:
    """Look every `every` seconds; raise TimeoutError when it does not hold `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            if await holds():
                return
            await asyncio.sleep(every)
