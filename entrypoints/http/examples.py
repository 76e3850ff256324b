"""Examples of every operation: calls of one story, in an order in which they work, with the answers that the product gave.

The story stands in `examples.json` beside this file. A test carries it out against the running product and compares each
answer with what is written here; `RECORD_EXAMPLES=1` makes that test write the answers down. Texts that begin with `$` are
names of things that an earlier answer told, or that are made for the run; here they become the values of `names`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import attrs
from msgspec import convert

from entrypoints.http.route import EVENT_STREAM

STORY: Final = Path(__file__).with_name("examples.json")


@attrs.frozen(kw_only=True)
class Step:
    """One call of the story."""

    operation: str
    by: str
    """Whose credentials: operator, key, install, newcomer, nobody."""
    status: int
    path: Mapping[str, Any] = attrs.field(factory=dict)
    query: Mapping[str, Any] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: Any = None
    answer: Any = None
    """JSON, or the text of a file; None where there is none."""
    keep: Mapping[str, str] = attrs.field(factory=dict)
    """Name → where in the answer it stands, as `items.0.id`; after a `?` a parameter of the address that stands there."""
    lead: str = ""
    """What must have happened before that no call brings about."""
    hidden: bool = False
    """Only for the story's sake."""


@attrs.frozen(kw_only=True)
class Story:
    names: Mapping[str, Any]
    """What the document shows instead of what a name stood for in the run."""
    steps: Sequence[Step]


@cache
def story() -> Story:
    """The story as it is written down."""
    return convert(json.loads(STORY.read_text(encoding="utf-8")), Story)


@cache
def examples() -> Mapping[str, Step]:
    """The example of each operation, with the values that the document shows."""
    told = story()
    found: dict[str, Step] = {}
    for step in told.steps:
        if not step.hidden and step.operation not in found:
            found[step.operation] = attrs.evolve(
                step,
                **{
                    name: named(getattr(step, name), told.names)
                    for name in ("path", "query", "headers", "body", "answer")
                },
            )
    return found


def named(value: Any, names: Mapping[str, Any]) -> Any:
    """The value with every `$name` in the place of a text replaced. Raise KeyError for a name that nobody gave."""
    if isinstance(value, str):
        return names[value[1:]] if value.startswith("$") else value
    if isinstance(value, Mapping):
        return {key: named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [named(one, names) for one in value]
    return value


def add_examples(paths: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the examples into the operations of an OpenAPI document, where OpenAPI keeps them."""
    known = examples()
    for operations in paths.values():
        for operation in operations.values():
            if (step := known.get(operation["operationId"])) is not None:
                _add(operation, step)


def _add(operation: dict[str, Any], step: Step) -> None:
    given = {"path": step.path, "query": step.query, "header": step.headers}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in given[parameter["in"]]:
            parameter["example"] = given[parameter["in"]][parameter["name"]]
    if step.body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = step.body
    content = operation["responses"][str(step.status)].get("content", {})
    if step.answer is not None and content and EVENT_STREAM not in content:
        wanted = step.query.get("format", "csv")
        media = next((one for one in content if wanted in one), next(iter(content)))
        content[media]["example"] = step.answer
