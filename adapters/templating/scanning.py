"""The first look at a source, in linear time: delimiters, tags and their nesting, and the limits on each.

The parser behind it would find most of this, too, but says less about where, and takes quadratic time over
hostile sources; what passes here is harmless to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from adapters.templating import limits

BLOCKS: Final = {"if", "unless", "case", "for", "capture", "ifchanged"}
BRANCHES: Final = {
    "elsif": {"if", "unless"},
    "else": {"if", "unless", "case", "for"},
    "when": {"case"},
}
SINGLE: Final = {"assign", "break", "continue", "cycle", "decrement", "echo", "increment", "#"}
TAGS: Final = BLOCKS | SINGLE | {"raw", "comment"}
REFUSED: Final = {
    "include": "templates cannot read other templates",
    "render": "templates cannot read other templates",
    "liquid": "tags are written one by one here",
    "tablerow": "write the table's rows in a for loop",
    "doc": "use comment instead",
}

_TAG = re.compile(r"\{%-?\s{0,64}(#|\w{1,40})")
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}")
_END_RAW = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_BLANKS = re.compile(rf"\s{{{limits.MAX_BLANKS + 1}}}")
_SPACED_NAME = re.compile(r"([^\W\d][\w.-]*(?:\s+(?!(?:and|or|contains|if)\b)[\w.-]+)+)\s*(?:\||$)")


class SourceError(Exception):
    """Something in a source cannot be used; `index` is the character it is about."""

    def __init__(self, message: str, index: int, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.index = index
        self.fix = fix

    def place(self, source: str) -> tuple[int, int]:
        """Line and column, both from 1."""
        index = min(max(self.index, 0), len(source))
        return source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index)


class Size:
    """Markers of a body, and characters within them, counted up over its strings."""

    __slots__ = ("code", "markers")

    def __init__(self) -> None:
        self.code = 0
        self.markers = 0

    def add(self, code: int, index: int) -> None:
        """Raise SourceError when the body has too many."""
        self.markers += 1
        self.code += code
        if self.markers > limits.MAX_MARKERS:
            raise SourceError(f"more than {limits.MAX_MARKERS} placeholders and tags", index, "shorten it")
        if self.code > limits.MAX_CODE:
            raise SourceError(
                f"more than {limits.MAX_CODE} characters in placeholders and tags", index, "shorten them"
            )


def scan(source: str, size: Size) -> None:
    """Add to the size of the body; raise SourceError for what no template can be made of."""
    if len(source) > limits.MAX_SOURCE:
        raise SourceError(f"has {len(source)} characters", 0, f"keep within {limits.MAX_SOURCE}")
    opened: list[tuple[str, int]] = []
    comments = 0
    for index, tag, end in _markers(source):
        inner = source[index + 2 : end - 2]
        size.add(len(inner), index)
        if comments and tag not in ("comment", "endcomment"):
            continue
        _check_expression(inner, index)
        if tag is None:
            _check_name(inner, index)
        elif tag == "comment":
            comments += 1
        elif tag == "endcomment" and comments:
            comments -= 1
        else:
            _nest(tag, index, opened)
        if tag == "comment" and comments == 1:
            opened.append((tag, index))
        elif tag == "endcomment" and not comments:
            opened.pop()
    if opened:
        name, index = opened[-1]
        raise SourceError(f"{{% {name} %}} is never closed", index, f"add {{% end{name} %}}")


def _markers(source: str) -> Iterator[tuple[int, str | None, int]]:
    """Start, tag name (None for output) and end of each marker; what stands in raw blocks is text."""
    place = 0
    while (index := source.find("{", place)) >= 0:
        kind = source[index : index + 2]
        if kind not in ("{{", "{%"):
            place = index + 1
            continue
        closing = "}}" if kind == "{{" else "%}"
        end = source.find(closing, index + 2)
        if end < 0:
            raise SourceError(f"{kind} is never closed", index, f"add {closing}")
        place = end + 2
        if kind == "{{":
            yield index, None, place
            continue
        found = _TAG.match(source, index)
        if found is None or found.end() > end:
            raise SourceError("a tag without a name", index, f"use one of {', '.join(sorted(TAGS - {'#'}))}")
        name = found[1]
        yield index, name, place
        if name == "raw":
            if not _RAW.fullmatch(source, index, place):
                raise SourceError("{% raw %} takes no expression", index, "write {% raw %}")
            closed = _END_RAW.search(source, place)
            if closed is None:
                raise SourceError("{% raw %} is never closed", index, "add {% endraw %}")
            place = closed.end()


def _check_expression(inner: str, index: int) -> None:
    if len(inner) > limits.MAX_EXPRESSION:
        raise SourceError(
            f"an expression of {len(inner)} characters", index, f"keep within {limits.MAX_EXPRESSION}"
        )
    if inner.count("(") > limits.MAX_GROUPS or inner.count("[") > limits.MAX_GROUPS:
        raise SourceError(f"more than {limits.MAX_GROUPS} brackets in one expression", index, "split it up")
    if _BLANKS.search(inner):
        raise SourceError(
            f"more than {limits.MAX_BLANKS} blanks in a row in an expression", index, "remove them"
        )


def _check_name(inner: str, index: int) -> None:
    bare = inner.removeprefix("-").removesuffix("-").strip()
    if not bare:
        raise SourceError("an empty placeholder", index, "name a variable, as {{ name }}")
    if found := _SPACED_NAME.match(bare):
        name = found[1]
        raise SourceError(
            f"the name {name!r} has a space in it",
            index + 2 + inner.index(bare),
            f"write {'_'.join(name.split())}, and send the variable under that name",
        )


def _nest(tag: str, index: int, opened: list[tuple[str, int]]) -> None:
    inside = opened[-1][0] if opened else None
    if tag in BLOCKS:
        opened.append((tag, index))
        if len(opened) > limits.MAX_DEPTH:
            raise SourceError(f"tags are nested deeper than {limits.MAX_DEPTH}", index, "flatten them")
    elif tag in BRANCHES:
        if inside not in BRANCHES[tag]:
            allowed = ", ".join(sorted(BRANCHES[tag]))
            raise SourceError(f"{{% {tag} %}} stands outside of {allowed}", index, "move or remove it")
    elif tag.startswith("end") and tag[3:] in TAGS:
        if inside != tag[3:]:
            wanted = (
                f"{{% end{inside} %}} comes first" if inside else f"there is no {{% {tag[3:]} %}} before it"
            )
            raise SourceError(f"{{% {tag} %}}: {wanted}", index, "close tags in the order they were opened")
        opened.pop()
    elif tag not in TAGS:
        why = REFUSED.get(tag, f"use one of {', '.join(sorted(TAGS - {'#'}))}")
        raise SourceError(f"there is no tag {tag!r}", index, why)
    elif tag in ("break", "continue") and all(name != "for" for name, _ in opened):
        raise SourceError(f"{{% {tag} %}} stands outside of for", index, "move or remove it")
