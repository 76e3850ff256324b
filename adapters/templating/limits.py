"""What a template may cost: sizes that are checked before anything runs, and a budget that counts while it runs.

Everything is counted, nothing is timed: the same template with the same variables is refused on every machine or on
none, so that a message that was sent can be rendered again. One unit of cost is about a microsecond of a slow machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.shared.errors import RenderRefused

MAX_SOURCE: Final = 128 * 1024
"""Characters of one source string."""
MAX_OUTPUT: Final = 256 * 1024
"""Characters of what one string renders to."""
MAX_MARKERS: Final = 500
"""`{{ … }}` and `{% … %}` of one body, all its strings together."""
MAX_CODE: Final = 8_000
"""Characters between delimiters, of one body: they are parsed, everything else is only copied."""
MAX_EXPRESSION: Final = 1_000
"""Characters between two delimiters."""
MAX_GROUPS: Final = 12
"""Round brackets, and square ones, in one expression: the parser looks ahead from each."""
MAX_BLANKS: Final = 64
"""White space in a row within an expression: the lexer backtracks over it."""
MAX_DEPTH: Final = 12
"""Tags within tags."""
MAX_PATH: Final = 12
"""Names in one placeholder, as in a.b.c."""
MAX_WHEN: Final = 20
"""Values of one `when`: its block is rendered once for each that matches."""
MAX_WEIGHT: Final = 8_000
"""Units of running a text once, each loop's body once."""
MAX_LOOP: Final = 5_000
"""Rounds of one loop; how many really fit depends on what they do."""
MAX_VALUE: Final = 64 * 1024
"""Characters that a filter may make."""
MAX_ITEMS: Final = 5_000
"""Items of a list that a filter may make, numbers of a range."""
MAX_NUMBER: Final = 10**30
ITEM: Final = 32
"""What one item of a list or an object weighs besides its text: handling it costs more than copying characters."""
MAX_HANDLED: Final = 4 * MAX_VALUE
"""Weight of a value that is read or handed to a filter."""
BUDGET: Final = 12_000
NUMBERS_BUDGET: Final = 100
"""Of looking, when a message is accepted, whether its numbers are some: ten thousand recipients may be waiting."""


class LimitReached(RenderRefused):
    """The template does more work than one message is worth."""

    code = "render_limit"

    def __init__(self, what: str) -> None:
        super().__init__(f"the template {what}", fix="shorten its loops, lists or texts")


class Budget:
    """What is left for rendering one body."""

    __slots__ = ("left",)

    def __init__(self, units: int = BUDGET) -> None:
        self.left = units

    def spend(self, units: int) -> None:
        """Raise LimitReached when nothing is left."""
        self.left -= units
        if self.left < 0:
            raise LimitReached("does more work than one message may cost")


def weight(value: object) -> int:
    """About how much work a value is, in characters; raise LimitReached as soon as that is too much."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, range):
        if value.stop - value.start > MAX_ITEMS:
            raise LimitReached(f"makes a range of more than {MAX_ITEMS} numbers")
        return ITEM * len(value)
    if not isinstance(value, list | tuple | Mapping):
        return ITEM
    total = 0
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        total += ITEM
        if isinstance(one, str):
            total += len(one)
        elif isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, Mapping):
            waiting += one.values()
            total += ITEM * len(one)
        if total > MAX_HANDLED:
            raise LimitReached("handles a longer text or list than one message may hold")
    return total
