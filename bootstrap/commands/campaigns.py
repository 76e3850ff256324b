"""`campaigns list|show|dry-run|launch|pause|resume|cancel|watch|explain`: campaigns over the API, for people and scripts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from bootstrap.commands.api_calls import (
    Application,
    Folder,
    Key,
    Machine,
    Request,
    Url,
    answer,
    call,
    open_client,
)
from bootstrap.commands.interruption import stoppable
from entrypoints.cli.campaign_report import show_campaign, show_campaigns, show_dry_run, show_explanation
from entrypoints.cli.campaign_screen import CampaignScreen
from entrypoints.cli.failures import WRONG
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

WATCH_EVERY: Final = 1.0
MOVING: Final = frozenset({"sending", "paused"})

Campaign = Annotated[str, typer.Argument(help=help_text("campaign"))]
Reason = Annotated[str | None, typer.Option("--reason", help=help_text("reason"))]


def register_campaigns(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help=help_text("campaigns"), no_args_is_help=True)
    app.add_typer(group, name="campaigns")
    _register_reads(group)
    _register_actions(group)


def _register_reads(group: typer.Typer) -> None:
    @group.command("list", help=help_text("campaigns_list"))
    def list_(
        status: Annotated[str | None, typer.Option("--status", help=help_text("campaign_status"))] = None,
        url: Url = None, api_key: Key = None, application: Application = None, folder: Folder = None,
        as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        query = f"?limit=200{'' if status is None else f'&status={quote(status)}'}"
        found = call(("GET", f"/v1/campaigns{query}", None), url, api_key, application, folder)
        if as_json:
            terminal.document(found)
        else:
            show_campaigns(terminal, found["items"])

    @group.command(help=help_text("campaigns_show"))
    def show(
        campaign: Campaign, url: Url = None, api_key: Key = None, application: Application = None,
        folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        path = _path(campaign)
        found = call(("GET", path, None), url, api_key, application, folder)
        history = call(("GET", f"{path}/history?limit=200", None), url, api_key, application, folder)["items"]
        if as_json:
            terminal.document({**found, "history": history})
        else:
            show_campaign(terminal, found, history)

    @group.command("dry-run", help=help_text("campaigns_dry_run"))
    def dry_run(
        campaign: Campaign, url: Url = None, api_key: Key = None, application: Application = None,
        folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        found = call(("POST", f"{_path(campaign)}/dry-run", {}), url, api_key, application, folder)
        if as_json:
            terminal.document(found)
        else:
            show_dry_run(terminal, found)

    @group.command(help=help_text("campaigns_explain"))
    def explain(
        campaign: Campaign,
        recipient: Annotated[str, typer.Argument(help=help_text("recipient"))],
        url: Url = None, api_key: Key = None, application: Application = None, folder: Folder = None,
        as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        path = f"{_path(campaign)}/recipients/{quote(recipient, safe='')}"
        found = call(("GET", path, None), url, api_key, application, folder)
        if as_json:
            terminal.document(found)
        else:
            show_explanation(terminal, found)

    @group.command(help=help_text("campaigns_watch"))
    def watch(
        campaign: Campaign, url: Url = None, api_key: Key = None, application: Application = None,
        folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        with stoppable(), CampaignScreen(terminal) as screen:
            told = asyncio.run(_watch(_path(campaign), screen, url, api_key, application, folder))
        if as_json:
            terminal.document(told)
        if told["status"] == "failed":
            raise typer.Exit(WRONG)


def _register_actions(group: typer.Typer) -> None:
    @group.command(help=help_text("campaigns_launch"))
    def launch(
        campaign: Campaign,
        fingerprint: Annotated[str | None, typer.Option(help=help_text("fingerprint"))] = None,
        url: Url = None, api_key: Key = None, application: Application = None, folder: Folder = None,
        as_json: Machine = False,
    ) -> None:  # fmt: skip
        body = {} if fingerprint is None else {"fingerprint": fingerprint}
        _act(("POST", f"{_path(campaign)}/launch", body), url, api_key, application, folder, as_json)

    @group.command(help=help_text("campaigns_pause"))
    def pause(
        campaign: Campaign, reason: Reason = None, url: Url = None, api_key: Key = None,
        application: Application = None, folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        body = {} if reason is None else {"reason": reason}
        _act(("POST", f"{_path(campaign)}/pause", body), url, api_key, application, folder, as_json)

    @group.command(help=help_text("campaigns_resume"))
    def resume(
        campaign: Campaign, url: Url = None, api_key: Key = None, application: Application = None,
        folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        _act(("POST", f"{_path(campaign)}/resume", None), url, api_key, application, folder, as_json)

    @group.command(help=help_text("campaigns_cancel"))
    def cancel(
        campaign: Campaign, reason: Reason = None, url: Url = None, api_key: Key = None,
        application: Application = None, folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        body = {} if reason is None else {"reason": reason}
        _act(("POST", f"{_path(campaign)}/cancel", body), url, api_key, application, folder, as_json)


def _act(
    request: Request,
    url: str | None,
    key: str | None,
    application: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Do it and tell the state that it led to."""
    terminal = Terminal.current(machine=as_json)
    found = call(request, url, key, application, folder)
    if as_json:
        terminal.document(found)
    else:
        terminal.line(terminal.text("campaigns.is", name=found["name"], status=found["status"]))


async def _watch(
    path: str,
    screen: CampaignScreen,
    url: str | None,
    key: str | None,
    application: str | None,
    folder: Path | None,
) -> dict[str, Any]:
    """Until it is over and nothing of it is in the queue; the last that was told."""
    async with open_client(url, key, application, folder) as client:
        while True:
            told = await answer(client, ("GET", f"{path}/progress", None))
            screen.show(told)
            if told["status"] not in MOVING and not sum(told["queue"].values()):
                return told
            await asyncio.sleep(WATCH_EVERY)


def _path(campaign: str) -> str:
    return f"/v1/campaigns/{quote(campaign, safe='')}"
