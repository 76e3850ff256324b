"""`channels check`: an application's credentials tried at their providers, and what to do about those that are refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import typer

from application.applications.check_credentials import CredentialFinding, Finding
from bootstrap.commands.environment import located, settings_for
from bootstrap.node import open_node
from bootstrap.settings import Settings
from bootstrap.stack import find_stack
from bootstrap.stack.provider_simulator import simulator_environment
from entrypoints.cli.credential_advice import advice_for
from entrypoints.cli.failures import AWAY, WRONG
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

MARKS = {
    Finding.SOUND: "✓",
    Finding.REFUSED: "✗",
    Finding.AWAY: "?",
    Finding.UNUSED: "–",
    Finding.UNTRIED: "–",
}


def register_channels(app: typer.Typer) -> None:
    """Add `channels check` to the command line."""
    group = typer.Typer(help=help_text("channels"), no_args_is_help=True)
    app.add_typer(group, name="channels")

    @group.callback()
    def channels() -> None:
        return

    @group.command(help=help_text("channels_check"))
    def check(
        application: UUID = typer.Option(..., help=help_text("channels_application")),
        provider: str | None = typer.Option(None, help=help_text("channels_provider")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        settings = _with_simulator(located(settings_for(folder)))
        found = asyncio.run(_check(settings, application, provider))
        told = [(one, *advice(terminal, one)) for one in found]
        if as_json:
            terminal.document(
                {
                    "application_id": str(application),
                    "sound": bool(found) and not any(_is_wrong(one) for one in found),
                    "credentials": [_document(one, what, note) for one, what, note in told],
                }
            )
        else:
            _show(terminal, told)
        if not found or any(one.finding is Finding.REFUSED for one in found):
            raise typer.Exit(WRONG)
        if any(one.finding is Finding.AWAY for one in found):
            raise typer.Exit(AWAY)


def _is_wrong(one: CredentialFinding) -> bool:
    return one.finding in (Finding.REFUSED, Finding.AWAY)


def _with_simulator(settings: Settings) -> Settings:
    """A stack with a simulator sends there, so its credentials are tried there, too."""
    state = find_stack(settings.data_folder)
    if state is None or state.simulator_control is None:
        return settings
    note = settings.data_folder / "simulator" / "simulator.json"
    at = simulator_environment(json.loads(note.read_text(encoding="utf-8")))
    given = {name.lower(): value for name, value in at.items()}
    given["provider_urls"] = json.loads(at["PROVIDER_URLS"])
    return settings.model_copy(update={**given, "extra_ca_file": Path(at["EXTRA_CA_FILE"])})


async def _check(settings: Settings, application: UUID, provider: str | None) -> Sequence[CredentialFinding]:
    from bootstrap.roles import open_senders

    async with open_node(settings, "command") as node:
        senders = open_senders(node)
        try:
            return await node.use_cases.check_credentials()(application, provider, senders)
        finally:
            for sender in senders.values():
                await sender.close()


def advice(terminal: Terminal, one: CredentialFinding) -> tuple[str, str]:
    """(what is wrong and the next step, what else the account says); empty where there is nothing to say."""
    field = one.details.get("field") or ""
    what = ""
    if one.finding is Finding.REFUSED and one.reason is not None:
        what = terminal.text(advice_for(one.provider, one.reason), reason=one.reason, field=field)
    elif one.finding is Finding.AWAY:
        what = terminal.text("advice.away", reason=one.reason)
    elif one.finding is Finding.UNUSED:
        what = terminal.text("advice.unused", field=field)
    elif one.finding is Finding.UNTRIED:
        what = terminal.text("advice.untried")
    elif one.notes.get("sandbox") is True:
        what = terminal.text("advice.sandbox")
    note = ", ".join(f"{name} {value:,}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in one.notes.items() if value not in (None, False))  # fmt: skip
    return what, note


def _document(one: CredentialFinding, what: str, note: str) -> dict[str, object]:
    return {
        "provider": one.provider,
        "version": one.version,
        "type": one.type.wire,
        "finding": one.finding.value,
        "sends": one.sends,
        "reason": one.reason,
        "details": dict(one.details),
        "notes": dict(one.notes),
        "paused": None if one.pause is None else one.pause.reason,
        "next_step": what or None,
    }


def _show(terminal: Terminal, told: Sequence[tuple[CredentialFinding, str, str]]) -> None:
    if not told:
        terminal.line(terminal.text("channels.none"))
    for one, what, note in told:
        name = terminal.text(f"channels.{one.finding.value}")
        more = f" ({note})" if note else ""
        using = f", {terminal.text('channels.sends')}" if one.sends else ""
        terminal.line(f"{MARKS[one.finding]} {one.provider} → {one.type.wire}: {name}{using}{more}")
        if what:
            reason = f"{one.reason}: " if one.finding is Finding.REFUSED else ""
            terminal.line(f"    {reason}{what}")
        reply = one.details.get("reply") or one.details.get("message")
        if reply:
            terminal.line(f"    {terminal.text('channels.said', words=reply)}")
        if one.pause is not None:
            terminal.line(f"    {terminal.text('channels.paused', reason=one.pause.reason)}")
