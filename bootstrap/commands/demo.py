"""`demo`: thousands of real pushes and an audit of every one, on a stack of its own or on a running `up`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import attrs
import typer

from bootstrap.commands.environment import settings_for
from bootstrap.commands.interruption import stoppable
from bootstrap.commands.up import development_environment
from bootstrap.demo.audit import Audit
from bootstrap.demo.campaign import CampaignSending
from bootstrap.demo.channels.run import run_channels_demo
from bootstrap.demo.run import IN_BATCHES, Finished, run_demo
from bootstrap.log_setup import set_up_logging
from bootstrap.settings import Settings
from bootstrap.stack import Stack, StackState, find_stack
from entrypoints.cli.demo_report import show_channels_demo, show_demo
from entrypoints.cli.demo_screen import DemoScreen
from entrypoints.cli.failures import WRONG, CommandFailed
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

DEVICES, PEOPLE = 10_000, 56
LEAST_SECONDS = 120.0
RECIPIENTS_A_SECOND = 50.0
"""The slowest that the default time limit allows for."""
PEOPLE_A_SECOND = 10.0


class Channels(StrEnum):
    """What is sent over."""

    PUSH = "push"
    ALL = "all"


def register_demo(app: typer.Typer) -> None:
    """Add `demo` to the command line."""

    @app.command(help=help_text("demo"))
    def demo(
        recipients: int | None = typer.Option(None, min=1, max=200_000, help=help_text("demo_recipients")),
        channels: Channels = typer.Option(Channels.PUSH, help=help_text("demo_channels")),
        campaign: bool = typer.Option(False, "--campaign", help=help_text("demo_campaign")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        timeout: float | None = typer.Option(None, min=1, help=help_text("timeout")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        settings = settings_for(folder, None)
        set_up_logging(form=settings.log_format, level="WARNING", role="demo")
        if campaign and channels is Channels.ALL:
            raise typer.BadParameter("--campaign goes with --channels push")
        if channels is Channels.ALL:
            many = recipients or PEOPLE
            seconds = timeout or max(LEAST_SECONDS, many / PEOPLE_A_SECOND)
            _demo_of_all(settings, terminal, many, seconds, folder)
            return
        recipients = recipients or DEVICES
        seconds = timeout or max(LEAST_SECONDS, recipients / RECIPIENTS_A_SECOND)
        started = time.monotonic()
        with stoppable(), _stack(settings, terminal) as (state, exclusive):
            start_seconds = round(time.monotonic() - started, 2)
            with DemoScreen(terminal) as screen:
                finished = asyncio.run(
                    run_demo(
                        state,
                        settings,
                        recipients,
                        seconds,
                        screen,
                        exclusive=exclusive,
                        sending=CampaignSending() if campaign else IN_BATCHES,
                    )
                )
            elapsed = round(time.monotonic() - started, 2)
        phases = {"start": start_seconds, **finished.phases}
        if as_json:
            told = {**document(finished.audit, elapsed, phases), **finished.figures}
            terminal.document({**told, "application_id": finished.application_id})
        else:
            report(terminal, attrs.evolve(finished, phases=phases), elapsed)
            _show_way(terminal, state, exclusive, folder, finished.application_id)
        if not finished.audit.holds:
            raise typer.Exit(WRONG)


def _demo_of_all(
    settings: Settings, terminal: Terminal, recipients: int, seconds: float, folder: Path | None
) -> None:
    """`--channels all`: raise Exit when a sum does not hold."""
    started = time.monotonic()
    with stoppable(), _stack(settings, terminal) as (state, exclusive):
        start_seconds = round(time.monotonic() - started, 2)
        with DemoScreen(terminal) as screen:
            finished = asyncio.run(
                run_channels_demo(state, settings, recipients, seconds, screen, exclusive=exclusive)
            )
        elapsed = round(time.monotonic() - started, 2)
    phases = {"start": start_seconds, **finished.phases}
    audit = finished.audit
    figures = {**audit.figures, "elapsed_s": elapsed}
    checks = [(check.name, check.holds, check.found) for check in audit.checks]
    if terminal.machine:
        terminal.document(
            {
                **figures,
                "application_id": finished.application_id,
                "by_channel": audit.by_channel,
                "phases_s": phases,
                "checks": {name: holds for name, holds, _ in checks},
                "broken": {name: found for name, holds, found in checks if not holds},
            }
        )
    else:
        show_channels_demo(terminal, figures, audit.by_channel, phases, checks)
        _show_way(terminal, state, exclusive, folder, finished.application_id)
    if not audit.holds:
        raise typer.Exit(WRONG)


def _show_way(
    terminal: Terminal, state: StackState, exclusive: bool, folder: Path | None, application_id: str
) -> None:
    """How to look at what was sent: in the dashboard, and from the command line. `exclusive`: the stack ended with the demo."""
    place = "" if folder is None else f" --folder {folder}"
    if exclusive:
        terminal.line(terminal.text("demo.look_later"))
        terminal.line(f"  automata-signal up{place}")
        terminal.line(f"  …/dashboard/apps/{application_id}/analytics?days=7")
    else:
        terminal.line(terminal.text("demo.look"))
        terminal.line(f"  {state.api_url}/dashboard/apps/{application_id}/analytics?days=7")
    terminal.line(f"  automata-signal analytics totals --application {application_id}{place}")


@contextmanager
def _stack(settings: Settings, terminal: Terminal) -> Iterator[tuple[StackState, bool]]:
    """The stack that runs in the folder, else one of our own, and whether it is ours alone."""
    running = find_stack(settings.data_folder)
    if running is not None:
        if running.simulator_control is None:
            raise CommandFailed(
                "the stack that runs in this folder sends to real providers",
                next_step="stop it, or choose another --folder",
            )
        terminal.say("up.found", pid=running.supervisor_pid)
        yield running, False
        return
    # A port of its own: an `up` in another folder may have the usual one.
    stack = Stack(settings.model_copy(update={"port": 0}), environment=development_environment())
    try:
        yield stack.start(lambda step: terminal.say("up.step", step=step)), True
    finally:
        terminal.say("up.stopping")
        stack.stop()


def document(audit: Audit, elapsed: float, phases: dict[str, float]) -> dict[str, object]:
    """The one object of `--json`."""
    return {
        "accepted": audit.accepted,
        "successful": audit.successful,
        "failed": audit.failed,
        "received": audit.received,
        "converted": audit.converted,
        "provider_requests": audit.provider_requests,
        "duplicates": audit.duplicates,
        "lost": audit.lost,
        "ledger_balanced": audit.ledger_balanced,
        "elapsed_s": elapsed,
        "retried": audit.retried,
        "dead": audit.dead,
        "phases_s": phases,
        "checks": {check.name: check.holds for check in audit.checks},
        "broken": {check.name: check.found for check in audit.checks if not check.holds},
    }


def report(terminal: Terminal, finished: Finished, elapsed: float) -> None:
    """The final table, for people."""
    checks = [(check.name, check.holds, check.found) for check in finished.audit.checks]
    figures = document(finished.audit, elapsed, {})
    show_demo(terminal, figures, finished.phases, checks, finished.figures)  # type: ignore[arg-type]
