"""One rendering: the context in which python-liquid evaluates, and the paper it writes on, both counting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from liquid import BoundTemplate, RenderContext
from liquid.exceptions import UnknownFilterError
from liquid.undefined import UNDEFINED, FalsyStrictUndefined
from liquid.utils import ReadOnlyChainMap

from adapters.templating.limits import MAX_OUTPUT, Budget, LimitReached, weight

if TYPE_CHECKING:
    from liquid.token import Token

SMALL: Final = 512
"""Characters of a text that cost nothing extra to read."""


class Missing(FalsyStrictUndefined):
    """A value that is missing or null, in a strict template: it may be asked for and defaulted, but not shown."""

    force_liquid_default = True


class Paper(StringIO):
    """What is written so far; a list of pieces, because that is the quickest way to a text."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._pieces: list[str] = []
        self._length = 0
        self._budget = budget

    def write(self, text: str) -> int:
        """Raise LimitReached when the text gets too long."""
        length = len(text)
        self._length += length
        if length > SMALL:
            self._budget.spend(length >> 9)
        if self._length > MAX_OUTPUT:
            raise LimitReached(f"makes a text of more than {MAX_OUTPUT} characters")
        self._pieces.append(text)
        return length

    def getvalue(self) -> str:
        return "".join(self._pieces)


class Scopes(ReadOnlyChainMap):
    """Namespaces, searched in order, without an exception for each that lacks the name."""

    def __getitem__(self, key: str) -> object:
        for namespace in self._maps:
            if key in namespace:
                return namespace[key]
        raise KeyError(key)

    def is_local(self, name: str, variables: Mapping[str, object]) -> bool:
        """Whether a loop, an assign or a capture has given the name a meaning of the template's own."""
        return any(name in namespace for namespace in self._maps if namespace is not variables)


class Rendering(RenderContext):
    """Resolves variables (flat keys first), charges for what is done, and knows no clock."""

    __slots__ = ("_dotted", "_strict", "_variables", "budget", "loop_weight")

    def __init__(
        self,
        template: BoundTemplate,
        variables: Mapping[str, object],
        budget: Budget,
        *,
        strict: bool,
        dotted: bool,
    ) -> None:
        super().__init__(template, globals=variables)
        # Without the library's own namespace, in which `now` and `today` read the clock.
        self.scope: Scopes = Scopes(self.locals, variables, self.counters)
        self.budget = budget
        self.loop_weight = 1
        self._variables = variables
        self._strict = strict
        self._dotted = dotted

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        """The value at a path; undefined (Missing in a strict template) when there is none."""
        root = path[0]
        try:
            if len(path) == 1:
                value = self.scope[root]  # type: ignore[index]
            else:
                value, rest = self._start(path)
                for segment in rest:
                    value = self.get_item(value, segment)
        except (KeyError, TypeError, IndexError):
            return self._undefined(path, token) if default is UNDEFINED else default
        if value is None and self._strict:
            return self._undefined(path, token)
        if isinstance(value, str):
            if len(value) > SMALL:
                self.budget.spend(len(value) >> 9)
        elif isinstance(value, list | dict):
            self.budget.spend(weight(value) >> 6)
        return value

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """The filter, bound to this rendering so that it pays."""
        try:
            priced = self.env.filters[name]
        except KeyError:
            raise UnknownFilterError(f"unknown filter '{name}'", token=token) from None
        return partial(priced, self.budget)

    @contextmanager
    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Iterator[RenderContext]:
        """Charge for all rounds of a loop before the first."""
        self.budget.spend(forloop.length * self.loop_weight)
        self.loops.append(forloop)
        self.scope.push(namespace)
        try:
            yield self
        finally:
            self.scope.pop()
            self.loops.pop()

    def get_buffer(self, buf: object = None) -> StringIO:
        """Paper for a capture."""
        return Paper(self.budget)

    def _start(self, path: list[object]) -> tuple[object, list[object]]:
        root = path[0]
        if self._dotted and not self.scope.is_local(root, self._variables):  # type: ignore[arg-type]
            found = flat_key(path, self._variables)
            if found is not None:
                key, length = found
                return self._variables[key], path[length:]
        return self.scope[root], path[1:]  # type: ignore[index]

    def _undefined(self, path: list[object], token: Token | None) -> object:
        name = ".".join(map(str, path))
        return self.env.undefined(name, hint=name, token=token)


def flat_key(path: list[object], variables: Mapping[str, object]) -> tuple[str, int] | None:
    """The longest key of two or more leading names, joined by dots, that the variables hold; and how many it joins."""
    names = 0
    for segment in path:
        if not isinstance(segment, str):
            break
        names += 1
    for length in range(names, 1, -1):
        key = ".".join(path[:length])  # type: ignore[arg-type]
        if key in variables:
            return key, length
    return None
