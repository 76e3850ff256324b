"""One entry of the catalogue: an English sentence with places for values, and the Korean one that they go into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from string import Formatter
from typing import Final

import attrs

PHRASE: Final = "phrase"
"""A placeholder whose name begins so holds a text that may be in the catalogue itself."""
FEW_LETTERS: Final = 12
"""An entry that says less by itself fits anything, so that its values must look like names, codes or numbers."""
QUOTES: Final = "'\"`["


@attrs.frozen
class Told:
    """A text in Korean, and how many characters of the English one are words of the catalogue."""

    text: str
    weight: int


Translate = Callable[[str], Told | None]


def cut(message: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`{field} has {count} files` → (("", " has ", " files"), ("field", "count")). Raise ValueError for what is no such text."""
    literals, names = [""], []
    for literal, name, form, conversion in Formatter().parse(message):
        literals[-1] += literal
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"{message!r} has a placeholder that is more than a name")
        names.append(name)
        literals.append("")
    return tuple(literals), tuple(names)


def is_plain(value: str) -> bool:
    """Whether this can be a name, a code, a number, a list of them, or a quoted text."""
    return " " not in value.replace(", ", ",") or (value[0] in QUOTES and len(value) > 1)


@attrs.frozen(kw_only=True)
class Pattern:
    """`literals` stand around and between the values, one more than there are `names`."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    korean: str

    @classmethod
    def read(cls, message: str, korean: str) -> Pattern:
        """Raise ValueError for placeholders that do not agree, that stand twice, or that touch each other."""
        literals, names = cut(message)
        if len(set(names)) != len(names) or set(cut(korean)[1]) != set(names):
            raise ValueError(f"{message!r}: the placeholders of both languages must be the same, each once")
        if "" in literals[1:-1]:
            raise ValueError(f"{message!r}: between two placeholders must stand something")
        return cls(literals=literals, names=names, korean=korean)

    @cached_property
    def weight(self) -> int:
        """How much it says by itself: of entries that fit, the one that leaves least to values is meant."""
        return sum(map(len, self.literals))

    @cached_property
    def letters(self) -> int:
        return sum(character.isalnum() for literal in self.literals for character in literal)

    def values(self, text: str) -> Mapping[str, str] | None:
        """What stands at its places; None when the text is not of this pattern. Takes linear time."""
        first, *between, last = self.literals
        end = len(text) - len(last)
        if end < len(first) or not text.startswith(first) or not text.endswith(last):
            return None
        found, start = [], len(first)
        for literal in between:
            at = text.find(literal, start, end)
            if at < 0:
                return None
            found.append(text[start:at])
            start = at + len(literal)
        found.append(text[start:end])
        return dict(zip(self.names, found, strict=True))

    def filled(self, text: str, translate: Translate) -> Told | None:
        """The Korean sentence for this English one; None when it is not meant."""
        values = self.values(text)
        if values is None:
            return None
        told: dict[str, str] = {}
        known, weight = self.letters > 0, self.weight
        for name, value in values.items():
            if name.startswith(PHRASE):
                phrase = translate(value)
                known = known or phrase is not None
                told[name] = value if phrase is None else phrase.text
                weight += 0 if phrase is None else phrase.weight
            elif value and self.letters < FEW_LETTERS and not is_plain(value):
                return None
            else:
                told[name] = value
        return Told(self.korean.format_map(told), weight) if known else None
