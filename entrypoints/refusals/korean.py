"""English refusals in Korean: looked up as they are, then by pattern; what nobody translated stays English.

Messages are built in the domain, in use cases and in adapters as English sentences with values in them. The catalogue
`ko.po` holds them with placeholders. An index by how a sentence ends or begins leaves a handful of patterns to try.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from entrypoints.refusals.pattern import Pattern, Told, cut

SOURCE: Final = Path(__file__).with_name("ko.po")
ENTRY_POINTS: Final = "automata_signal.korean"
"""The group in which a package with a channel names the Korean texts of what it says."""
LONGEST: Final = 2_000
"""A longer text is not looked up: no entry makes one, but a value that a caller sent might."""
DEEPEST: Final = 2
"""Messages that may stand inside of one another: a template's fault inside of a field inside of a count of devices."""
KEY: Final = 4
"""Characters at the end or beginning of a sentence by which patterns are found."""


class Catalogue:
    """Texts of one language by their English ones."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Raise ValueError naming an entry whose placeholders cannot be used."""
        self._exact: dict[str, Told] = {}
        self._ends: dict[str, list[Pattern]] = defaultdict(list)
        self._starts: dict[str, list[Pattern]] = defaultdict(list)
        self._others: list[Pattern] = []
        for message, text in texts.items():
            pattern = Pattern.read(message, text)
            first, last = pattern.literals[0], pattern.literals[-1]
            if not pattern.names:
                self._exact[first] = Told(cut(text)[0][0], pattern.weight)
            elif len(last) >= KEY:
                self._ends[last[-KEY:]].append(pattern)
            elif len(first) >= KEY:
                self._starts[first[:KEY]].append(pattern)
            else:
                self._others.append(pattern)

    def find(self, message: str) -> str | None:
        """The text for an English message; None when it is not known."""
        found = self._find(message, DEEPEST) if len(message) <= LONGEST else None
        return None if found is None else found.text

    def _find(self, message: str, depth: int) -> Told | None:
        """Of all entries that fit the one that knows most of the words; `depth` more messages may stand inside."""
        exact = self._exact.get(message)
        if exact is not None or depth < 0:
            return exact
        ends, starts = self._ends.get(message[-KEY:], ()), self._starts.get(message[:KEY], ())
        fitting = [
            told
            for pattern in (*ends, *starts, *self._others)
            if (told := pattern.filled(message, lambda phrase: self._find(phrase, depth - 1))) is not None
        ]
        return max(fitting, key=lambda told: told.weight, default=None)


def entries() -> dict[str, str]:
    """English → Korean, as the catalogue's source has them."""
    # Here, because most processes never say a word of Korean.
    from babel.messages.pofile import read_po

    with SOURCE.open("rb") as file:
        read = read_po(file, locale="ko", abort_invalid=True)
    return {str(one.id): str(one.string) for one in read if one.id}


def installed() -> dict[str, str]:
    """English → Korean of installed packages, each of which names a mapping: `slack = "our_slack:KOREAN"`."""
    found: dict[str, str] = {}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda one: one.name):
        found.update(entry.load())
    return found


@cache
def catalogue() -> Catalogue:
    """Read once a process, when somebody first asks; the product's own texts go before those of packages.

    Raise ValueError naming an entry whose placeholders cannot be used, and whatever a package raises on import.
    """
    return Catalogue({**installed(), **entries()})


def spoken(language: str) -> Callable[[str], str]:
    """What turns the product's English messages into those of a language. For Korean, the catalogue is read now."""
    if language != "ko":
        return lambda message: message
    catalogue()
    return in_korean


def in_korean(message: str) -> str:
    """The Korean text; the message itself when nobody translated it."""
    found = catalogue().find(message)
    return message if found is None else found
