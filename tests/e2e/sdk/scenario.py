"""Scenarios of sdk-flutter/contract/fixtures as Python reads them: values that are seen once and known from then on."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

CONTRACT = Path(__file__).resolve().parents[3] / "sdk-flutter" / "contract"
NAMED = re.compile(r"\{\{(\w+)(?::(<\w+>))?\}\}")


def scenarios() -> dict[str, dict[str, Any]]:
    """Name → scenario."""
    files = sorted((CONTRACT / "fixtures").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


class Values:
    """`{{name}}` is a value that was seen before, `{{name:<uuid>}}` one that is seen now, `<uuid>` any."""

    def __init__(self, **known: str) -> None:
        self.known: dict[str, Any] = dict(known)

    def produce(self, wanted: Any) -> Any:
        """What a caller sends: made up where the scenario leaves it open."""
        if isinstance(wanted, dict):
            return {key: self.produce(value) for key, value in wanted.items()}
        if isinstance(wanted, list):
            return [self.produce(value) for value in wanted]
        if not isinstance(wanted, str):
            return wanted
        if wanted in ("<uuid>", "<iso8601>", "<int>", "<text>"):
            return made(wanted)
        return NAMED.sub(self._named, wanted)

    def _named(self, found: re.Match[str]) -> str:
        name, form = found.groups()
        if form is not None:
            self.known.setdefault(name, made(form))
        return str(self.known[name])

    def differences(self, got: Any, wanted: Any, *, at: str = "", subset: bool = False) -> Iterator[str]:
        """What differs from the scenario, place by place; notes values that are seen for the first time."""
        if isinstance(wanted, dict) and isinstance(got, Mapping):
            extra = set() if subset else got.keys() - wanted.keys()
            yield from (f"{at}.{key} was not expected" for key in sorted(extra))
            for key, value in wanted.items():
                if key in got:
                    yield from self.differences(got[key], value, at=f"{at}.{key}")
                else:
                    yield f"{at}.{key} is missing"
        elif isinstance(wanted, list) and isinstance(got, list) and len(got) == len(wanted):
            for index, (left, right) in enumerate(zip(got, wanted, strict=True)):
                yield from self.differences(left, right, at=f"{at}[{index}]")
        elif isinstance(wanted, str):
            yield from self._text_differences(got, wanted, at)
        elif got != wanted or isinstance(got, bool) is not isinstance(wanted, bool):
            yield f"{at} is {got!r}, not {wanted!r}"

    def _text_differences(self, got: Any, wanted: str, at: str) -> Iterator[str]:
        named = NAMED.fullmatch(wanted)
        if named is not None and named[2] is not None and named[1] not in self.known:
            if not fits(got, named[2]):
                yield f"{at} is no {named[2]}: {got!r}"
            self.known[named[1]] = got
        elif re.fullmatch(r"<\w+>", wanted):
            if not fits(got, wanted):
                yield f"{at} is no {wanted}: {got!r}"
        elif got != self.produce(wanted):
            yield f"{at} is {got!r}, not {self.produce(wanted)!r}"


def made(form: str) -> Any:
    """A value of the form."""
    if form == "<uuid>":
        return str(uuid4())
    if form == "<iso8601>":
        return datetime.now(UTC).isoformat()
    return 1 if form == "<int>" else secrets.token_hex(8)


def fits(value: Any, form: str) -> bool:
    """Whether a value is of the form."""
    if form == "<int>":
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    try:
        if form == "<uuid>":
            UUID(value)
        if form == "<iso8601>":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
