"""`operators`: the people of the dashboard, from the command line: the way in when nobody can sign in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import typer

from application.operators.commands import InviteCommand
from application.operators.invite_operator import Invited
from bootstrap.commands.environment import located, settings_for
from bootstrap.node import Node, open_node
from bootstrap.settings import Settings
from bootstrap.stack import find_stack
from domain.operators.audit import Outcome
from domain.operators.operator import Operator, check_email
from domain.operators.roles import Role
from domain.shared.errors import NotFound
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_operators(app: typer.Typer) -> None:
    """Add `operators list`, `operators invite` and `operators reset` to the command line."""
    group = typer.Typer(help=help_text("operators"), no_args_is_help=True)
    app.add_typer(group, name="operators")

    @group.command("list", help=help_text("operators_list"))
    def list_operators(
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        found = asyncio.run(_list(located(settings_for(folder))))
        if as_json:
            terminal.document({"items": [_document(one) for one in found]})
            return
        for one in found:
            terminal.line(f"{one.email}  {one.role.value}  {one.name}{'' if one.is_active else '  (-)'}")
        if not found:
            terminal.say("operators.none")

    @group.command(help=help_text("operators_invite"))
    def invite(
        email: str | None = typer.Argument(None, help=help_text("operators_email")),
        role: str = typer.Option("owner", help=help_text("operators_role")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        settings = located(settings_for(folder))
        invited = asyncio.run(_invite(settings, email, Role.named(role)))
        _show(Terminal.current(machine=as_json), settings, invited)

    @group.command(help=help_text("operators_reset"))
    def reset(
        email: str = typer.Argument(help=help_text("operators_email")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        settings = located(settings_for(folder))
        _show(Terminal.current(machine=as_json), settings, asyncio.run(_reset(settings, email)))


def set_up_link(settings: Settings, secret: str) -> str:
    """Where the invitation is accepted: on the public address, else on this machine."""
    running = find_stack(settings.data_folder)
    here = f"http://{settings.host}:{settings.port}" if running is None else running.api_url
    start = settings.public_url.rstrip("/") or here
    return f"{start}/dashboard/set-up/{secret}"


async def first_owner_secret(settings: Settings) -> str | None:
    """The secret of a new link for the first owner; None when somebody is there already."""
    async with open_node(settings, "command") as node:
        invited = await node.use_cases.invite_first_owner()()
    return None if invited is None else invited.secret


def _show(terminal: Terminal, settings: Settings, invited: Invited) -> None:
    link = set_up_link(settings, invited.secret)
    if terminal.machine:
        terminal.document(
            {"link": link, "role": invited.invitation.role.value, "email": invited.invitation.email}
        )
        return
    terminal.line(link)
    terminal.say("operators.once")


def _document(one: Operator) -> dict[str, object]:
    return {
        "id": str(one.id),
        "email": one.email,
        "name": one.name,
        "role": one.role.value,
        "is_active": one.is_active,
        "signed_in_at": None if one.signed_in_at is None else one.signed_in_at.isoformat(),
    }


async def _list(settings: Settings) -> Sequence[Operator]:
    async with open_node(settings, "command") as node:
        return await node.use_cases.list_operators()()


async def _invite(settings: Settings, email: str | None, role: Role) -> Invited:
    async with open_node(settings, "command") as node:
        command = InviteCommand(email=email, role=role, actor="command line")
        return await _recorded(node, "operator.invite", email or "", command)


async def _reset(settings: Settings, email: str) -> Invited:
    async with open_node(settings, "command") as node:
        address = check_email(email)
        found = [one for one in await node.use_cases.list_operators()() if one.email == address]
        if not found:
            raise NotFound(
                "there is no operator with this address", fix="see `automata-signal operators list`"
            )
        command = InviteCommand(operator_id=found[0].id, role=found[0].role, actor="command line")
        return await _recorded(node, "operator.let_in_again", address, command)


async def _recorded(node: Node, action: str, subject: str, command: InviteCommand) -> Invited:
    """Changes from the command line stand in the audit log, too."""
    record = node.use_cases.record_change()
    entry = await record.start(None, action, application_id=None, subject=subject, peer="")
    invited = await node.use_cases.invite_operator()(command)
    await record.complete(entry, Outcome.DONE, after={"role": invited.invitation.role.value})
    return invited
