"""Where commands write: results on standard output, progress and errors on standard error, or JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Self

import attrs
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from entrypoints.cli.language import Language
from entrypoints.cli.texts import TEXTS

Row = Sequence[str | Text]


@attrs.define
class Terminal:
    """One per process: the root command opens it, the others write to it."""

    language: Language = "en"
    machine: bool = False
    """Print one JSON object and nothing else on standard output."""
    out: Console = attrs.field(factory=lambda: Console(soft_wrap=True, highlight=False))
    err: Console = attrs.field(factory=lambda: Console(stderr=True, soft_wrap=True, highlight=False))

    @classmethod
    def open(cls, language: Language, *, machine: bool) -> Self:
        """The terminal of this run, from now on the current one."""
        opened = cls(language, machine)
        _CURRENT.set(opened)
        return opened

    @classmethod
    def current(cls, *, machine: bool = False) -> Terminal:
        """The running command's terminal; `machine` is its `--json`."""
        found = _CURRENT.get(None) or cls.open("en", machine=machine)
        found.machine = found.machine or machine
        return found

    def text(self, key: str, /, **values: object) -> str:
        """A text in the reader's language. Raise KeyError for a key that is not in `texts`."""
        return TEXTS[key][self.language].format(**values)

    def told(self, message: str) -> str:
        """What the product says in English, such as a refusal, in the reader's language."""
        if self.language != "ko":
            return message
        # Here, because most commands need neither the texts nor what reads them.
        from entrypoints.refusals.korean import in_korean

        return in_korean(message)

    def say(self, key: str, /, **values: object) -> None:
        """A line about what goes on; silent for machines."""
        if not self.machine:
            self.err.print(Text(self.text(key, **values), style="dim"))

    def line(self, text: str = "") -> None:
        """A line of the result as it is, never wrapped or coloured: it may be pasted into a shell."""
        typer.echo(text)

    def heading(self, key: str, /, **values: object) -> None:
        """A heading above lines of the result."""
        self.out.print(Text(self.text(key, **values), style="bold"))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """A table of the result; numbers should come as text."""
        table = Table(title=title or None, title_justify="left")
        for place, column in enumerate(columns):
            table.add_column(column, justify="left" if place == 0 else "right")
        for row in rows:
            table.add_row(*row)
        self.out.print(table)

    def document(self, value: Mapping[str, Any]) -> None:
        """The one JSON object that machines read."""
        typer.echo(json.dumps(value, ensure_ascii=False, default=str))

    def failure(self, message: str, next_step: str | None) -> None:
        """What went wrong, and what to do about it: in the reader's language, for machines in English."""
        if self.machine:
            self.document({"error": message, "next_step": next_step})
            return
        message, next_step = self.told(message), next_step and self.told(next_step)
        self.err.print(Text.assemble((f"{self.text('error')} ", "bold red"), message))
        if next_step:
            self.err.print(Text.assemble((f"{self.text('next')} ", "bold"), next_step))


_CURRENT: ContextVar[Terminal] = ContextVar("terminal")
