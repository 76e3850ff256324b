"""SIGINT, SIGTERM and SIGHUP as one exception: the first one unwinds the command, later ones do not disturb that."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A stop was asked for. A KeyboardInterrupt, because event loops let nothing else of this kind through."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise Interrupted in the block at the first signal; while it unwinds, signals are ignored."""

    def stop(number: int, frame: FrameType | None) -> None:
        for one in SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise Interrupted

    before = [signal.signal(number, stop) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
