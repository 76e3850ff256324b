"""The command line `automata-signal`: which commands there are, in which language, and what errors become."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import typer

from entrypoints.cli.commands import Commands
from entrypoints.cli.failures import CommandFailed
from entrypoints.cli.language import LANGUAGES, language_of
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

REGISTRATIONS: Final[Mapping[str, str]] = {
    "up": "bootstrap.commands.up:register_up",
    "demo": "bootstrap.commands.demo:register_demo",
    "bench": "bootstrap.bench.command:register_bench",
    "campaigns": "bootstrap.commands.campaigns:register_campaigns",
    "channels": "bootstrap.commands.channels:register_channels",
    "sdk-bench": "bootstrap.sdk_bench.command:register_sdk_bench",
    "run": "bootstrap.commands.run:register_run",
    "migrate": "bootstrap.commands.schema:register_migrate",
    "simulator": "bootstrap.commands.simulator:register_simulator",
    "keys": "bootstrap.commands.keys:register_keys",
    "operator-key": "bootstrap.commands.operator_key:register_operator_key",
    "operators": "bootstrap.commands.operators:register_operators",
    "ledger": "bootstrap.commands.ledger:register_ledger",
    "analytics": "bootstrap.commands.analytics:register_analytics",
    "exports": "bootstrap.commands.exports:register_exports",
    "segments": "bootstrap.commands.segments:register_segments",
    "templates": "bootstrap.commands.templates:register_templates",
    "hold": "bootstrap.commands.hold:register_hold",
    "openapi": "bootstrap.commands.openapi:register_openapi",
}
"""What adds each command, in the order of the help page; imported when it is needed, because some load half the product."""


class SignalCommands(Commands):
    """Every error of ours is explained."""

    def explain(self, error: Exception) -> CommandFailed | None:
        # Here, because it knows the errors of every driver, and most commands end without one.
        from bootstrap.commands.failures import explained

        return explained(error)


def registrations(arguments: Sequence[str]) -> list[str]:
    """What to import for these arguments: the named command's alone, or all where none is named that there is."""
    asked = next((argument for argument in arguments if not argument.startswith("-")), "")
    return [REGISTRATIONS[asked]] if asked in REGISTRATIONS else list(REGISTRATIONS.values())


def _registration(name: str) -> Callable[[typer.Typer], None]:
    module, _, function = name.partition(":")
    found: Callable[[typer.Typer], None] = getattr(importlib.import_module(module), function)
    return found


def build(arguments: Sequence[str]) -> typer.Typer:
    """The command line application for these arguments, its help in the language of this process."""
    app = typer.Typer(
        name="automata-signal",
        help=help_text("app"),
        cls=SignalCommands,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
    )

    @app.callback(help=help_text("app"))
    def automata_signal(lang: str | None = typer.Option(None, help=help_text("lang"))) -> None:
        if lang is not None and lang not in LANGUAGES:
            raise typer.BadParameter(f"{lang!r}: {' | '.join(LANGUAGES)}", param_hint="--lang")
        Terminal.open(language_of(sys.argv[1:], os.environ), machine="--json" in sys.argv[1:])

    for name in registrations(arguments):
        _registration(name)(app)
    return app
