"""Compiles bodies: every string of the JSON is Liquid, keys and other values are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.templating.body import LiquidBody, ListNode, NumberNode, ObjectNode, Render, TextNode
from adapters.templating.environment import MessageEnvironment
from adapters.templating.scanning import Size, SourceError
from adapters.templating.text import CompiledText, compile_text
from domain.messaging.content import Body, Json, check_json
from domain.shared.channels import Channel
from domain.shared.errors import TemplateInvalid
from domain.templates.numbers import NUMBERS

HTML: Final = frozenset({(Channel.EMAIL, "html")})
"""Where values are escaped: nowhere else is text read as HTML."""


class LiquidTemplating:
    """Implements `application.ports.templating.Templating`; compiled bodies may be shared between threads."""

    def __init__(self) -> None:
        self._environments = {
            (html, strict): MessageEnvironment(html=html, strict=strict)
            for html in (False, True)
            for strict in (False, True)
        }

    def compile(
        self, channel: Channel, body: Body, *, strict: bool = False, field: str = "content"
    ) -> LiquidBody:
        """See the port."""
        check_json(body, field=field)
        compilation = _Compilation(self._environments, channel, strict, field)
        root = compilation.object(body, field)
        texts = compilation.texts
        return LiquidBody(
            source=body,
            root=root,
            names=frozenset().union(*(text.names for text in texts)),
            placeholders=frozenset().union(*(text.placeholders for text in texts)),
            is_quick=all(text.fast is not None for text in texts),
            numbers=tuple(compilation.numbers),
        )


class _Compilation:
    def __init__(
        self,
        environments: Mapping[tuple[bool, bool], MessageEnvironment],
        channel: Channel,
        strict: bool,
        field: str,
    ) -> None:
        self._environments = environments
        self._channel = channel
        self._strict = strict
        self._size = Size()
        self._largest = {
            f"{field}.{path}" if field else path: largest
            for path, largest in NUMBERS.get(channel, {}).items()
        }
        self.texts: list[CompiledText] = []
        self.numbers: list[NumberNode] = []

    def object(self, body: Body, field: str, *, top: bool = True) -> ObjectNode | None:
        """None when nothing in it is rendered."""
        constants: dict[str, Json] = {}
        rendered: list[tuple[str, Render]] = []
        for key, value in body.items():
            html = top and (self._channel, key) in HTML
            render = self._value(value, f"{field}.{key}" if field else key, html)
            constants[key] = value
            if render is not None:
                rendered.append((key, render))
        return ObjectNode(constants, tuple(rendered)) if rendered else None

    def _value(self, value: Json, field: str, html: bool) -> Render | None:
        if isinstance(value, str):
            return self._text(value, field, html) if "{{" in value or "{%" in value else None
        if isinstance(value, Mapping):
            made = self.object(value, field, top=False)
            return None if made is None else made.render
        if not isinstance(value, list):
            return None
        rendered = [
            (place, render)
            for place, item in enumerate(value)
            if (render := self._value(item, f"{field}[{place}]", False)) is not None
        ]
        return ListNode(list(value), tuple(rendered)).render if rendered else None

    def _text(self, source: str, field: str, html: bool) -> Render:
        try:
            text = compile_text(source, self._environments[html, self._strict], self._size)
        except SourceError as error:
            line, column = error.place(source)
            raise TemplateInvalid(
                f"{field}: {error.message} (line {line}, column {column})",
                field=field,
                fix=error.fix,
                line=line,
                column=column,
            ) from None
        self.texts.append(text)
        node = TextNode(text, field)
        largest = self._largest.get(field)
        if largest is None:
            return node.render
        number = NumberNode(node, largest)
        self.numbers.append(number)
        return number.render
