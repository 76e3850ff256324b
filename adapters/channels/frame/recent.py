"""A bounded mapping that forgets what was used longest ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most `limit` values; `dropped` is called with each value that had to go."""

    def __init__(self, limit: int, dropped: Callable[[Value], None] | None = None) -> None:
        self._limit = limit
        self._dropped = dropped
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of `key`, made if need be. What `make` raises is raised, and nothing is kept."""
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
            return found
        made = self._values[key] = make()
        if len(self._values) > self._limit:
            _, old = self._values.popitem(last=False)
            if self._dropped is not None:
                self._dropped(old)
        return made

    def __iter__(self) -> Iterator[Value]:
        return iter(list(self._values.values()))

    def __len__(self) -> int:
        return len(self._values)

    def clear(self) -> None:
        """Forget everything, without calling `dropped`."""
        self._values.clear()
