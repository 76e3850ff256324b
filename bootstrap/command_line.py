"""The command line `automata-signal`: which commands there are, in which language, and what errors become."""

from __future__ import annotations

import os
import sys

import typer

from bootstrap.bench.command import register_bench
from bootstrap.commands.campaigns import register_campaigns
from bootstrap.commands.demo import register_demo
from bootstrap.commands.failures import explained
from bootstrap.commands.hold import register_hold
from bootstrap.commands.keys import register_keys
from bootstrap.commands.ledger import register_ledger
from bootstrap.commands.openapi import register_openapi
from bootstrap.commands.operator_key import register_operator_key
from bootstrap.commands.operators import register_operators
from bootstrap.commands.run import register_run
from bootstrap.commands.schema import register_migrate
from bootstrap.commands.segments import register_segments
from bootstrap.commands.simulator import register_simulator
from bootstrap.commands.up import register_up
from bootstrap.sdk_bench.command import register_sdk_bench
from entrypoints.cli.commands import Commands
from entrypoints.cli.failures import CommandFailed
from entrypoints.cli.language import LANGUAGES, language_of
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

REGISTRATIONS = (
    register_up,
    register_demo,
    register_bench,
    register_campaigns,
    register_sdk_bench,
    register_run,
    register_migrate,
    register_simulator,
    register_keys,
    register_operator_key,
    register_operators,
    register_ledger,
    register_segments,
    register_hold,
    register_openapi,
)
"""In the order of the help page."""


class SignalCommands(Commands):
    """Every error of ours is explained."""

    def explain(self, error: Exception) -> CommandFailed | None:
        return explained(error)


def build() -> typer.Typer:
    """The command line application, its help in the language of this process."""
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

    for register in REGISTRATIONS:
        register(app)
    return app
