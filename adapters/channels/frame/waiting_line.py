"""Whoever waits for something that comes free, in line: the first is served first, and nobody's turn is lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class WaitingLine:
    """Turns are given one by one, or to all at once."""

    __slots__ = ("_turns",)

    def __init__(self) -> None:
        self._turns: deque[asyncio.Future[None]] = deque()

    async def wait(self, pass_on: Callable[[], object]) -> None:
        """Until it is one's turn. `pass_on` is called when a turn was given to somebody who gave up meanwhile."""
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                pass_on()
            raise

    def serve_first(self) -> bool:
        """Give the first in line a turn; False when nobody waits."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)
                return True
        return False

    def serve_all(self) -> None:
        """Everybody looks again."""
        while self.serve_first():
            pass
