"""What a parsed text reads and costs: its placeholders, the filters it calls, the weight of running it once."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import Filter, FilteredExpression, KeywordArgument, Path, StringLiteral
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import MultiExpressionBlockNode
from liquid.expression import Expression

from adapters.templating.dates import CLOCK_WORDS
from adapters.templating.environment import PayingForNode
from adapters.templating.filters import PricedFilter
from adapters.templating.limits import MAX_PATH, MAX_WEIGHT, MAX_WHEN
from adapters.templating.scanning import SourceError


@attrs.define
class Reading:
    """`placeholders` are paths as they are written, `names` what variables may hold for them."""

    placeholders: set[str] = attrs.field(factory=set)
    names: set[str] = attrs.field(factory=set)
    weight: int = 0


def read(template: BoundTemplate) -> Reading:
    """Raise SourceError for an unknown filter, a wrong number of arguments, the clock, or too much work."""
    return _Reader(template).reading


class _Reader:
    def __init__(self, template: BoundTemplate) -> None:
        self._filters = template.env.filters
        self._context = RenderContext(template)
        self._assigned: set[str] = set()
        """Names that an assign or a capture has certainly given a value by now."""
        self.reading = Reading()
        self.reading.weight = self._nodes(template.nodes, frozenset(), certain=True)
        if self.reading.weight > MAX_WEIGHT:
            raise SourceError("does too much work for one message", 0, "shorten or split it")

    def _nodes(self, nodes: Iterable[Node], inner: frozenset[str], *, certain: bool) -> int:
        return sum(self._node(node, inner, certain) for node in nodes)

    def _node(self, node: Node, inner: frozenset[str], certain: bool) -> int:
        """Weight of a node; `inner` are the names of the loops around it, `certain` says that it always runs."""
        weight = 1 + sum(self._expression(one, inner) for one in node.expressions())
        below = inner | {str(name) for name in node.block_scope()}
        children = list(node.children(self._context))
        runs = certain and isinstance(node, CaptureNode)
        if isinstance(node, PayingForNode):
            node.weight = 2 + self._nodes([node.block], below, certain=False)
            weight += 0 if node.default is None else self._nodes([node.default], inner, certain=False)
        elif isinstance(node, MultiExpressionBlockNode):
            times = len(node.expression.expressions)
            if times > MAX_WHEN:
                raise SourceError(
                    f"when has more than {MAX_WHEN} values", node.token.start_index, "write several"
                )
            weight += times * self._nodes(children, inner, certain=False)
        else:
            weight += self._nodes(children, below, certain=runs)
        if certain and isinstance(node, AssignNode | CaptureNode):
            self._assigned.add(str(node.name))
        return weight

    def _expression(self, expression: Expression, inner: frozenset[str]) -> int:
        weight = 1
        if isinstance(expression, Path):
            weight += len(expression.path)
            self._path(expression, inner)
        elif isinstance(expression, FilteredExpression):
            for one in expression.filters or ():
                weight += 1
                self._filter(one)
            _refuse_clock(expression)
        return weight + sum(self._expression(child, inner) for child in expression.children())

    def _path(self, path: Path, inner: frozenset[str]) -> None:
        if len(path.path) > MAX_PATH:
            raise SourceError(
                f"a placeholder of more than {MAX_PATH} names", path.token.start_index, "flatten the variable"
            )
        root = path.path[0]
        if not isinstance(root, str):
            raise SourceError(
                "a placeholder starts with a bracket", path.token.start_index, "start with a variable's name"
            )
        if root in inner or root in self._assigned:
            return
        if any(character.isspace() for character in root):
            raise SourceError(
                f"the name {root!r} has a space in it",
                path.token.start_index,
                f"write {'_'.join(root.split())}, and send the variable under that name",
            )
        leading: list[str] = []
        for segment in path.path:
            if not isinstance(segment, str):
                break
            leading.append(segment)
            self.reading.names.add(".".join(leading))
        self.reading.placeholders.add(".".join(leading))

    def _filter(self, one: Filter) -> None:
        priced = self._filters.get(one.name)
        if not isinstance(priced, PricedFilter):
            raise SourceError(
                f"there is no filter {one.name!r}",
                one.token.start_index,
                f"use one of {', '.join(sorted(self._filters))}",
            )
        named = [arg.name for arg in one.args if isinstance(arg, KeywordArgument)]
        problem = priced.check_arguments(len(one.args) - len(named), named)
        if problem:
            raise SourceError(f"{one.name}: {problem}", one.token.start_index, "correct its arguments")


def _refuse_clock(expression: FilteredExpression) -> None:
    if (
        isinstance(expression.left, StringLiteral)
        and expression.left.value in CLOCK_WORDS
        and any(one.name == "date" for one in expression.filters or ())
    ):
        raise SourceError(
            f"asks the clock for {expression.left.value!r}",
            expression.left.token.start_index,
            "send the time as a variable, as {{ sent_at | date: … }}",
        )
