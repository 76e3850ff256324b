"""The filters of python-liquid, each with its price: what it takes is weighed before it runs, what it makes afterwards.

Filters that read a clock are replaced (`date`), those that could build something huge from something small are asked
for the size first (`replace`, `join`), and those that take quadratic time pay for it (`uniq`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from liquid import Environment
from liquid.builtin.filters import array, extra, math, misc, string

from adapters.templating.dates import format_date
from adapters.templating.limits import (
    ITEM,
    MAX_HANDLED,
    MAX_ITEMS,
    MAX_NUMBER,
    MAX_VALUE,
    Budget,
    LimitReached,
    weight,
)
from domain.shared.errors import RenderRefused

Function = Callable[..., object]
Expected = Callable[[Any, Sequence[Any]], int]
"""How many characters a result will have at most, from the value and the arguments."""

FREE: Final = 0
TEXT: Final = 10
"""Units for 1,000 characters: one pass over the text."""
PATTERN: Final = 60
"""A regular expression, or a list of many small texts."""
SLOW: Final = 600
"""Python code for every character."""


@attrs.frozen(slots=True)
class PricedFilter:
    """A filter as the context hands it out; `rate` is in units for 1,000 characters of what it takes."""

    name: str
    function: Function
    rate: int
    environment: Environment | None = None
    expected: Expected | None = None
    surcharge: Callable[[Any], int] | None = None
    """Units beside the rate, from the value."""

    def __call__(self, budget: Budget, value: object, *arguments: object, **named: object) -> object:
        """Raise LimitReached before or after the filter ran, when it takes or makes too much."""
        price = 1
        if self.rate:
            size = weight(value)
            for one in (*arguments, *named.values()):
                size += weight(one)
            if size > MAX_HANDLED:
                raise LimitReached(f"hands too long a text or list to {self.name}")
            price += size * self.rate // 1_000
        if self.surcharge is not None:
            price += self.surcharge(value)
        budget.spend(price)
        if self.expected is not None and self.expected(value, arguments) > MAX_VALUE:
            raise LimitReached(f"makes more than {MAX_VALUE} characters with {self.name}")
        if self.environment is not None:
            named["environment"] = self.environment
        result = self.function(value, *arguments, **named)
        check_result(result, self.name)
        return result

    def check_arguments(self, positional: int, named: Sequence[str]) -> str | None:
        """What is wrong with a call of this shape; None when nothing is."""
        given: dict[str, object] = dict.fromkeys(named)
        if self.environment is not None:
            given["environment"] = None
        try:
            inspect.signature(self.function).bind(None, *(None,) * positional, **given)
        except TypeError as error:
            return str(error)
        return None


def check_result(value: object, name: str) -> None:
    """Raise LimitReached for a value that no further step should have to handle."""
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            raise LimitReached(f"makes more than {MAX_VALUE} characters with {name}")
        if "\x00" in value:
            raise RenderRefused(
                f"the template makes a NUL character with {name}", fix="check what it decodes"
            )
    elif isinstance(value, list | tuple):
        if len(value) > MAX_ITEMS or weight(value) > MAX_HANDLED:
            raise LimitReached(
                f"makes a list of more than {MAX_ITEMS} items or {MAX_VALUE} characters with {name}"
            )
    elif isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise LimitReached(f"makes a number beyond {MAX_NUMBER:.0e} with {name}")


def number_with_delimiter(value: object) -> object:
    """12345.6 as 12,345.6; what is no number stays as it is. Not of Liquid, but of every platform that uses it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, str):
        whole, point, fraction = value.strip().partition(".")
        digits = whole.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 30 and (not point or fraction.isdigit()):
            return f"{int(whole):,}{point}{fraction}"
    return value


def _replaced(value: object, arguments: Sequence[object]) -> int:
    text = "" if value is None else str(value)
    old, new = (*map(str, arguments), "", "")[:2]
    return len(text) + text.count(old) * max(0, len(new) - len(old))


def _pairs(value: object) -> int:
    """Each item is compared with all before it."""
    return len(value) ** 2 // 30 if isinstance(value, list | tuple | range) else 0


def _tags(value: object) -> int:
    """Each tag and each entity is handled by Python code."""
    text = str(value)
    return 6 * (text.count("<") + text.count("&"))


def _joined(value: object, arguments: Sequence[object]) -> int:
    separator = len(str(arguments[0])) if arguments else 1
    items = len(value) if isinstance(value, list | tuple | range) else 1
    return weight(value) - ITEM * items + items * separator


_TABLE: Final[Mapping[str, tuple[Function, int]]] = {
    "abs": (math.abs_, TEXT),
    "append": (string.append, TEXT),
    "at_least": (math.at_least, TEXT),
    "at_most": (math.at_most, TEXT),
    "base64_decode": (string.base64_decode, TEXT),
    "base64_encode": (string.base64_encode, TEXT),
    "base64_url_safe_decode": (string.base64_url_safe_decode, TEXT),
    "base64_url_safe_encode": (string.base64_url_safe_encode, TEXT),
    "capitalize": (string.capitalize, TEXT),
    "ceil": (math.ceil, TEXT),
    "compact": (array.compact, PATTERN),
    "concat": (array.concat, PATTERN),
    "date": (format_date, SLOW),
    "default": (misc.default, FREE),
    "divided_by": (math.divided_by, TEXT),
    "downcase": (string.downcase, TEXT),
    "escape": (string.escape, TEXT),
    "escape_once": (string.escape_once, SLOW),
    "escapejs": (extra.escapejs, SLOW),
    "find": (array.find, PATTERN),
    "find_index": (array.find_index, PATTERN),
    "first": (array.first, FREE),
    "floor": (math.floor, TEXT),
    "has": (array.has, PATTERN),
    "join": (array.join, PATTERN),
    "last": (array.last, FREE),
    "lstrip": (string.lstrip, TEXT),
    "map": (array.map_, PATTERN),
    "minus": (math.minus, TEXT),
    "modulo": (math.modulo, TEXT),
    "newline_to_br": (string.newline_to_br, PATTERN),
    "number_with_delimiter": (number_with_delimiter, TEXT),
    "plus": (math.plus, TEXT),
    "prepend": (string.prepend, TEXT),
    "reject": (array.reject, PATTERN),
    "remove": (string.remove, TEXT),
    "remove_first": (string.remove_first, TEXT),
    "remove_last": (string.remove_last, TEXT),
    "replace": (string.replace, TEXT),
    "replace_first": (string.replace_first, TEXT),
    "replace_last": (string.replace_last, TEXT),
    "reverse": (array.reverse, PATTERN),
    "round": (math.round_, TEXT),
    "rstrip": (string.rstrip, TEXT),
    "safe": (extra.safe, FREE),
    "size": (misc.size, FREE),
    "slice": (string.slice_, TEXT),
    "sort": (array.sort, PATTERN),
    "sort_natural": (array.sort_natural, PATTERN),
    "split": (string.split, PATTERN),
    "squish": (string.squish, PATTERN),
    "strip": (string.strip, TEXT),
    "strip_html": (string.strip_html, PATTERN),
    "strip_newlines": (string.strip_newlines, PATTERN),
    "sum": (array.sum_, PATTERN),
    "times": (math.times, TEXT),
    "truncate": (string.truncate, TEXT),
    "truncatewords": (string.truncatewords, PATTERN),
    "uniq": (array.uniq, PATTERN),
    "upcase": (string.upcase, TEXT),
    "url_decode": (string.url_decode, PATTERN),
    "url_encode": (string.url_encode, PATTERN),
    "where": (array.where, PATTERN),
}
_EXPECTED: Final[Mapping[str, Expected]] = {"replace": _replaced, "join": _joined}
_SURCHARGES: Final[Mapping[str, Callable[[Any], int]]] = {"uniq": _pairs, "strip_html": _tags}


def priced_filters(environment: Environment) -> dict[str, PricedFilter]:
    """Every filter by name, for one environment."""
    return dict(_priced(environment))


def _priced(environment: Environment) -> Iterator[tuple[str, PricedFilter]]:
    for name, (function, rate) in _TABLE.items():
        wants = getattr(function, "with_environment", False)
        yield (
            name,
            PricedFilter(
                name=name,
                function=function,
                rate=rate,
                environment=environment if wants else None,
                expected=_EXPECTED.get(name),
                surcharge=_SURCHARGES.get(name),
            ),
        )
