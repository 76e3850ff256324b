"""The group that all commands belong to: turns errors into messages with a next step, and exit codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import click
from typer.core import TyperGroup

from entrypoints.cli.failures import INTERRUPTED, CommandFailed
from entrypoints.cli.terminal import Terminal


class Commands(TyperGroup):
    """`explain` answers the failure to show for an error, or None for a bug, which keeps its traceback."""

    explain: ClassVar[Callable[[Exception], CommandFailed | None]] = staticmethod(
        lambda error: error if isinstance(error, CommandFailed) else None
    )

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except click.ClickException as error:
            terminal = _terminal(ctx)
            if not terminal.machine:
                raise
            terminal.failure(error.format_message(), None)
            raise click.exceptions.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            _terminal(ctx).say("interrupted")
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception as error:
            failure = type(self).explain(error)
            if failure is None:
                raise
            _terminal(ctx).failure(failure.message, failure.next_step)
            raise click.exceptions.Exit(failure.exit_code) from None


def _terminal(ctx: click.Context) -> Terminal:
    found = ctx.find_root().obj
    return found if isinstance(found, Terminal) else Terminal()
