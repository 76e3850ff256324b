"""The group that all commands belong to: turns errors into messages with a next step, and exit codes."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from entrypoints.cli.failures import INTERRUPTED, CommandFailed
from entrypoints.cli.terminal import Terminal


class Commands(TyperGroup):
    """Subclasses say what more errors than CommandFailed are to be explained."""

    def explain(self, error: Exception) -> CommandFailed | None:
        """The failure to show; None for a bug, which keeps its traceback."""
        return error if isinstance(error, CommandFailed) else None

    def invoke(self, ctx: Any) -> Any:
        """Run the command; raise typer.Exit with its exit code when it failed."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            Terminal.current().say("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            terminal = Terminal.current()
            failure = _usage(error) if terminal.machine else None
            failure = failure or self.explain(error)
            if failure is None:
                raise
            terminal.failure(failure.message, failure.next_step)
            raise typer.Exit(failure.exit_code) from None


def _usage(error: Exception) -> CommandFailed | None:
    """A mistake in the arguments; people get the parser's own picture of it."""
    if isinstance(error, typer.BadParameter):
        return CommandFailed(error.format_message(), exit_code=error.exit_code)
    return None
