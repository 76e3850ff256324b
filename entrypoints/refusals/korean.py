"""English refusals in Korean: looked up as they are, then by pattern; what nobody translated stays English.

Messages are built in the domain, in use cases and in adapters as English sentences with values in them. The catalogue
`ko.po` holds them with placeholders. An index by how a sentence ends or begins leaves a handful of patterns to try.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from entrypoints.refusals.pattern import Pattern, cut

SOURCE: Final = Path(__file__).with_name("ko.po")
LONGEST: Final = 2_000
"""A longer text is not looked up: no entry makes one, but a value that a caller sent might."""
DEEPEST: Final = 2
KEY: Final = 4
"""Characters at the end or beginning of a sentence by which patterns are found."""


class Catalogue:
    """Texts of one language by their English ones."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Raise ValueError naming an entry whose placeholders cannot be used."""
        self._exact: dict[str, str] = {}
        ends: dict[str, list[Pattern]] = defaultdict(list)
        starts: dict[str, list[Pattern]] = defaultdict(list)
        others: list[Pattern] = []
        for message, text in texts.items():
            pattern = Pattern.read(message, text)
            first, last = pattern.literals[0], pattern.literals[-1]
            if not pattern.names:
                self._exact[first] = cut(text)[0][0]
            elif len(last) >= KEY:
                ends[last[-KEY:]].append(pattern)
            elif len(first) >= KEY:
                starts[first[:KEY]].append(pattern)
            else:
                others.append(pattern)
        self._ends = {key: _heaviest_first(found) for key, found in ends.items()}
        self._starts = {key: _heaviest_first(found) for key, found in starts.items()}
        self._others = _heaviest_first(others)

    def find(self, message: str, depth: int = 0) -> str | None:
        """The text for an English message; None when it is not known."""
        if len(message) > LONGEST or depth > DEEPEST:
            return None
        exact = self._exact.get(message)
        if exact is not None:
            return exact
        candidates = _heaviest_first(
            (*self._ends.get(message[-KEY:], ()), *self._starts.get(message[:KEY], ()), *self._others)
        )
        for pattern in candidates:
            filled = pattern.filled(message, lambda phrase: self.find(phrase, depth + 1))
            if filled is not None:
                return filled
        return None


def _heaviest_first(patterns: Iterable[Pattern]) -> Sequence[Pattern]:
    return sorted(patterns, key=lambda one: one.weight, reverse=True)


def entries() -> dict[str, str]:
    """English → Korean, as the catalogue's source has them."""
    with SOURCE.open("rb") as file:
        read = read_po(file, locale="ko", abort_invalid=True)
    return {str(one.id): str(one.string) for one in read if one.id}


@cache
def catalogue() -> Catalogue:
    """Read once a process, when somebody first asks."""
    return Catalogue(entries())


def in_korean(message: str) -> str:
    """The Korean text; the message itself when nobody translated it."""
    found = catalogue().find(message)
    return message if found is None else found
