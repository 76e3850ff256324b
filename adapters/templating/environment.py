"""python-liquid, set up for messages: the tags and filters that are allowed, loops that pay, errors with a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from liquid import Environment, Mode, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.content import Literal
from liquid.builtin.expressions import FilteredExpression, LoopExpression
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    cycle_tag,
    decrement_tag,
    echo_tag,
    for_tag,
    if_tag,
    ifchanged_tag,
    increment_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.token import TOKEN_EOF, TOKEN_OUTPUT, Token
from liquid.undefined import Undefined

from adapters.templating.filters import priced_filters
from adapters.templating.limits import MAX_LOOP, LimitReached
from adapters.templating.rendering import Missing, Rendering

TAGS: Final = (
    Literal,
    Illegal,
    assign_tag.AssignTag,
    capture_tag.CaptureTag,
    case_tag.CaseTag,
    comment_tag.CommentTag,
    cycle_tag.CycleTag,
    decrement_tag.DecrementTag,
    echo_tag.EchoTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    if_tag.IfTag,
    ifchanged_tag.IfChangedTag,
    increment_tag.IncrementTag,
    inline_comment_tag.InlineCommentTag,
    unless_tag.UnlessTag,
)


class PayingLoop(LoopExpression):
    """A loop's head that looks at the length before it builds anything: `reversed` would make a list of it."""

    @classmethod
    def of(cls, plain: LoopExpression) -> PayingLoop:
        """The same head."""
        return cls(
            plain.token,
            plain.identifier,
            plain.iterable,
            limit=plain.limit,
            offset=plain.offset,
            reversed_=plain.reversed,
            cols=plain.cols,
        )

    def evaluate(self, context: RenderContext) -> tuple[Iterator[object], int]:
        """Raise LimitReached for a loop of too many rounds, whatever its limit and offset leave of them."""
        value = self.iterable.evaluate(context)
        if isinstance(value, range):
            rounds = value.stop - value.start
        else:
            rounds = len(value) if isinstance(value, list | tuple | dict) else 1
        if rounds > MAX_LOOP:
            raise LimitReached(f"loops more than {MAX_LOOP} times")
        return super().evaluate(context)


class PayingForNode(for_tag.ForNode):
    """A loop that pays for all its rounds when it starts; `weight` is what one round costs."""

    __slots__ = ("weight",)

    def __init__(
        self, token: Token, expression: LoopExpression, block: BlockNode, default: BlockNode | None = None
    ) -> None:
        super().__init__(token, PayingLoop.of(expression), block, default)
        self.weight = 1

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Tell the rendering what the rounds that follow cost."""
        assert isinstance(context, Rendering)
        context.loop_weight = self.weight
        return super().render_to_output(context, buffer)


class PayingForTag(for_tag.ForTag):
    """The for tag with loops that pay."""

    node_class = PayingForNode


class PlacedStream(TokenStream):
    """Tokens whose end has a place, so that "something is missing here" says where."""

    def __init__(self, tokens: Iterator[Token], source: str) -> None:
        super().__init__(tokens)
        self.eof = Token(TOKEN_EOF, TOKEN_EOF, len(source), source)

    def into_inner(self, *, tag: Token | None = None, eat: bool = True) -> TokenStream:
        """The expression's tokens; their end is where the expression ends."""
        outer = self.current
        inner = super().into_inner(tag=tag, eat=eat)
        inner.eof = Token(TOKEN_EOF, TOKEN_EOF, outer.start_index + len(outer.value), outer.source)
        return inner


class PlacedOutput(Output):
    """`{{ … }}`, whose end has a place, too."""

    def parse(self, stream: TokenStream) -> OutputNode:
        """Like the library's, on a stream that knows its place."""
        token = stream.eat(TOKEN_OUTPUT)
        return self.node_class(token, FilteredExpression.parse(self.env, stream.into_inner(eat=False)))


class MessageEnvironment(Environment):
    """No loader, no includes, no clock; blocks nest as deep as the scanner allows."""

    def __init__(self, *, html: bool, strict: bool) -> None:
        super().__init__(
            tolerance=Mode.STRICT,
            undefined=Missing if strict else Undefined,
            strict_filters=True,
            autoescape=html,
        )
        self.strict = strict

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Only what is named here."""
        for tag in (*TAGS, PlacedOutput, PayingForTag):
            self.add_tag(tag)
        for name, priced in priced_filters(self).items():
            self.add_filter(name, priced)

    def _parse(self, source: str) -> list[Node]:
        return list(get_parser(self).parse(PlacedStream(self.tokenizer()(source), source)))
