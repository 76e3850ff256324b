"""`up`: everything on this machine until Ctrl-C; a second one finds the first."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import typer
from pydantic import SecretStr

from bootstrap.commands.environment import settings_for
from bootstrap.commands.interruption import Interrupted, stoppable
from bootstrap.commands.operators import first_owner_secret
from bootstrap.demo.demo_note import DemoNote, read_note, write_note
from bootstrap.demo.json_client import CallFailed
from bootstrap.demo.try_out import ensure_demo_application
from bootstrap.embedded import FolderInUse
from bootstrap.log_setup import set_up_logging
from bootstrap.settings import Settings
from bootstrap.stack import Stack, StackState, find_stack
from entrypoints.cli.failures import AWAY, OK, CommandFailed
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

FOUND_WITHIN = 60.0
"""Seconds that a second `up` waits for the first to be ready."""
DEVELOPMENT = {"SIGNAL_CLIENT_REGISTRATION_RATE": "100000"}
"""All devices of a development machine have one address, so the rate per address must not slow them."""


def register_up(app: typer.Typer) -> None:
    """Add `up` to the command line."""

    @app.command(help=help_text("up"))
    def up(
        port: int | None = typer.Option(None, min=0, max=65_535, help=help_text("port")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        real_providers: bool = typer.Option(False, "--real-providers", help=help_text("real")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        settings = settings_for(folder, port)
        set_up_logging(form=settings.log_format, level="WARNING", role="up")
        running = find_stack(settings.data_folder)
        if running is None:
            try:
                with stoppable():
                    _serve(settings, terminal, real_providers=real_providers)
                return
            except FolderInUse as taken:
                terminal.say("up.waiting")
                running = _found_soon(settings, taken)
        terminal.say("up.found", pid=running.supervisor_pid)
        note = _note_of(running, settings.data_folder)
        show_up(terminal, running, note)


def development_environment() -> dict[str, str]:
    """What every role of a development machine gets, unless the environment says otherwise."""
    return {name: value for name, value in DEVELOPMENT.items() if name not in os.environ}


def _serve(settings: Settings, terminal: Terminal, *, real_providers: bool) -> None:
    """Until a signal; then stop everything and end with 0."""
    stack = Stack(
        settings, simulator=not real_providers, supervise=True, environment=development_environment()
    )
    ready = False
    try:
        state = stack.start(lambda step: terminal.say("up.step", step=step))
        terminal.say("up.application")
        note = _demo_application(state, settings, real_providers=real_providers)
        write_note(settings.data_folder, note)
        terminal.say("up.ready")
        show_up(terminal, state, note)
        _show_set_up(terminal, state, settings)
        terminal.say("up.stop")
        ready = True
        threading.Event().wait()
    except Interrupted:
        if not ready:
            raise
        terminal.say("up.stopping")
    finally:
        stack.stop()
    terminal.say("up.stopped")
    raise typer.Exit(OK)


def _show_set_up(terminal: Terminal, state: StackState, settings: Settings) -> None:
    """The link for the first owner, as long as there is nobody who could sign in; for people, not for machines."""
    if terminal.machine:
        return
    reached = settings.model_copy(
        update={"database_url": SecretStr(state.database_url), "nats_url": SecretStr(state.nats_url)}
    )
    secret = asyncio.run(first_owner_secret(reached))
    if secret is not None:
        terminal.heading("up.dashboard")
        terminal.line(f"{state.api_url}/dashboard/set-up/{secret}")
        terminal.line()


def _demo_application(state: StackState, settings: Settings, *, real_providers: bool) -> DemoNote:
    before = read_note(settings.data_folder)
    try:
        return asyncio.run(ensure_demo_application(state, before, real_providers=real_providers))
    except CallFailed as error:
        if state.operator_key:
            raise
        raise CommandFailed(
            "the database has an operator key that is not in this data folder, so no application can be made",
            next_step="`automata-signal operator-key new` issues another one: put it into"
            f" {settings.data_folder / 'operator.key'}",
        ) from error


def _found_soon(settings: Settings, taken: FolderInUse) -> StackState:
    """The stack that somebody else is starting. Raise FolderInUse when it does not appear."""
    until = time.monotonic() + FOUND_WITHIN
    while time.monotonic() < until:
        if (running := find_stack(settings.data_folder)) is not None:
            return running
        time.sleep(0.2)
    raise taken


def _note_of(running: StackState, folder: Path) -> DemoNote:
    """The note of a stack that runs; one that was started this moment writes it within seconds."""
    until = time.monotonic() + FOUND_WITHIN
    while time.monotonic() < until and find_stack(folder) is not None:
        if (note := read_note(folder)) is not None:
            return note
        time.sleep(0.2)
    raise CommandFailed(
        f"process {running.supervisor_pid} runs a stack in {folder} without a demo application",
        next_step="it is a demo, benchmark or test: wait for its end, or choose another --folder",
        exit_code=AWAY,
    )


def show_up(terminal: Terminal, state: StackState, note: DemoNote) -> None:
    """Where everything is, and lines to paste."""
    url = state.api_url
    facts = {
        "url": url,
        "dashboard": f"{url}/dashboard",
        "docs": f"{url}/docs",
        "openapi": f"{url}/openapi.json",
        "operator_key": state.operator_key,
        "application_id": note.application_id,
        "application_key": note.api_key,
        "simulator": state.simulator_control,
    }
    auth = f'-H "Authorization: Bearer {note.api_key}"'
    as_json = '-H "Content-Type: application/json"'
    read = f"curl -sS '{url}/v1/messages?limit=1' {auth}"
    if note.external_id is not None:
        body = f'{{"external_id": "{note.external_id}", "content": {{"push": {{"title": "안녕하세요", "body": "Hello"}}}}}}'
        send = f"curl -sS {url}/v1/messages {auth} {as_json} -d '{body}'"
    else:
        send = (
            f"curl -sS -X PUT {url}/v1/applications/{note.application_id}/credentials/apns {auth} {as_json}"
            ' -d \'{"fields": {"team_id": "…", "key_id": "…", "bundle_id": "…", "private_key": "…"}}\''
        )
    if terminal.machine:
        terminal.document({**facts, "send": send, "read": read, "pid": state.supervisor_pid})
        return
    width = max(len(name) for name in facts)
    terminal.line()
    for name, value in facts.items():
        if value:
            terminal.line(f"  {name.replace('_', ' '):<{width}}  {value}")
    terminal.line()
    terminal.heading("up.credentials" if note.external_id is None else "up.send")
    terminal.line(send)
    terminal.line()
    terminal.heading("up.read")
    terminal.line(read)
    terminal.line()
