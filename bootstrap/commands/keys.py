"""`keys new` and `keys rotate`: the keys that encrypt tokens and credentials."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.crypto.keyring import Keyring, save_keyring
from application.audience.commands import RotateKeysCommand
from application.audience.views import KeysRotated
from bootstrap.commands.environment import located, settings_for
from bootstrap.infrastructure import KEY_FILE, keyring_of
from bootstrap.node import open_node
from bootstrap.settings import Settings
from bootstrap.stack import find_stack
from bootstrap.stack.stack_state import STATE_FILE
from entrypoints.cli.failures import USAGE, WRONG, CommandFailed
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_keys(app: typer.Typer) -> None:
    """Add `keys new` and `keys rotate` to the command line."""
    group = typer.Typer(help=help_text("keys"), no_args_is_help=True)
    app.add_typer(group, name="keys")

    @group.command(help=help_text("keys_new"))
    def new(
        second: bool = typer.Option(False, "--second", help=help_text("keys_second")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        settings = settings_for(folder)
        if settings.signal_keys is not None:
            raise CommandFailed(
                "the keys are in SIGNAL_KEYS, not in a file",
                next_step="put a new key into SIGNAL_KEYS on every node, see docs/operations.md",
                exit_code=USAGE,
            )
        file = settings.data_folder / KEY_FILE
        name, keyring = with_new_key(keyring_of(settings), second=second)
        save_keyring(keyring, file)
        ids = [key.id for key in keyring.keys]
        if as_json:
            terminal.document({"key": name, "keys": ids, "file": str(file)})
            return
        terminal.line(terminal.text("keys.made", key=name, file=file, keys=", ".join(ids)))
        terminal.say("keys.promote" if second else "keys.restart")

    @group.command(help=help_text("keys_rotate"))
    def rotate(
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        batch_size: int = typer.Option(500, min=1, max=5_000, help=help_text("batch")),
        force: bool = typer.Option(False, "--force", help=help_text("force")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        settings = located(settings_for(folder))
        if not force:
            check_roles_know_the_key(settings)
        current = keyring_of(settings).current.id
        done = asyncio.run(_rotate(settings, terminal, current, batch_size))
        if as_json:
            terminal.document(
                {"key": current, "tokens": done.tokens, "credentials": done.credentials, "left": done.left}
            )
        else:
            terminal.line(
                terminal.text(
                    "keys.done",
                    tokens=done.tokens,
                    credentials=done.credentials,
                    key=current,
                    left=done.left,
                )
            )
        if done.left:
            raise typer.Exit(WRONG)


def with_new_key(keyring: Keyring, *, second: bool) -> tuple[str, Keyring]:
    """The new key's id, made of the date, and the keyring with it: as the current key, or as the one after it."""
    day = datetime.now(UTC).strftime("%Y%m%d")
    taken = {key.id for key in keyring.keys}
    name = next(id_ for n in range(1, 1_000) if (id_ := f"{day}.{n}") not in taken)
    wider = keyring.with_new_current(name)
    if second:
        new, current, *older = wider.keys
        wider = Keyring((current, new, *older))
    return name, wider


def check_roles_know_the_key(settings: Settings) -> None:
    """Raise CommandFailed when a stack runs in the folder that was started before the key file changed.

    What it does not know it could not read after the rotation. Nodes elsewhere are the operator's to restart.
    """
    running = find_stack(settings.data_folder)
    file, note = settings.data_folder / KEY_FILE, settings.data_folder / STATE_FILE
    if running is None or settings.signal_keys is not None or not (file.exists() and note.exists()):
        return
    if file.stat().st_mtime > note.stat().st_mtime:
        raise CommandFailed(
            f"the roles of process {running.supervisor_pid} were started before the key file changed",
            next_step="stop and start `automata-signal up`, then rotate",
        )


async def _rotate(settings: Settings, terminal: Terminal, current: str, batch_size: int) -> KeysRotated:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=terminal.err,
        disable=terminal.machine,
    )
    async with open_node(settings, "command") as node:
        with progress:
            bar = progress.add_task(terminal.text("keys.rotating", key=current), total=None)
            return await node.use_cases.rotate_keys()(
                RotateKeysCommand(batch_size=batch_size),
                lambda done, total: progress.update(bar, completed=done, total=total),
            )
