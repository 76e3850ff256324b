"""UUIDv7 ids, made fast and in ascending order, and randomness from the operating system.

A million-recipient call needs a million ids: the standard constructor costs 1.4 µs an id, writing the two slots of
an empty UUID 0.4 µs (measured on the development machine).
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import deque
from itertools import repeat
from typing import Any, Final
from uuid import UUID, SafeUUID

_slots: Any = UUID.__dict__
_set_int: Final = _slots["int"].__set__
_set_is_safe: Final = _slots["is_safe"].__set__

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0x2 << 62
_RANDOM_B: Final = (1 << 62) - 1
_START: Final = 1 << 61
"""Random starts below this leave room for 2^61 of counting within a millisecond."""
_MAX_STEP: Final = 1 << 24


class Uuid7:
    """Implements `application.ports.identifiers.Identifiers` after RFC 9562, 5.7 and 6.2 (method 2).

    48 bits of Unix milliseconds, then 73 random bits from which ids of the same millisecond count up in random
    steps. Ascending within the process, also when the clock is set back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._random = random.SystemRandom()
        self._millisecond = 0
        self._last = 0

    def one(self) -> UUID:
        return self.many(1)[0]

    def many(self, n: int) -> list[UUID]:
        if n <= 0:
            return []
        numbers = self._numbers(n)
        made = list(map(UUID.__new__, repeat(UUID, n)))
        deque(map(_set_int, made, numbers), maxlen=0)
        deque(map(_set_is_safe, made, repeat(SafeUUID.unknown)), maxlen=0)
        return made

    def _numbers(self, n: int) -> range:
        bits = self._random.getrandbits(97)
        step = (bits & (_MAX_STEP - 1)) + 1
        with self._lock:
            now = time.time_ns() // 1_000_000
            room = (_RANDOM_B - (self._last & _RANDOM_B)) // step
            if now > self._millisecond or room <= n:
                self._millisecond = max(now, self._millisecond + 1)
                fresh = bits >> 24
                first = (
                    self._millisecond << 80
                    | _VERSION
                    | (fresh >> 61) << 64
                    | _VARIANT
                    | (fresh & (_START - 1))
                )
            else:
                first = self._last + step
            self._last = first + (n - 1) * step
        return range(first, first + n * step, step)


class SystemRandomness:
    """Implements `application.ports.identifiers.Randomness`."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def uniform(self) -> float:
        return self._random.random()

    def secret(self, n_bytes: int) -> str:
        return secrets.token_urlsafe(n_bytes)
