"""Commands that go over the API: where it is and as whom, what was asked, and what a refusal becomes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bootstrap.commands.environment import settings_for
from bootstrap.demo.json_client import ATTEMPTS, CallFailed, JsonClient, json_client
from bootstrap.stack import find_stack
from entrypoints.cli.failures import AWAY, USAGE, WRONG, CommandFailed
from entrypoints.cli.texts import help_text

USAGE_STATUSES: Final = frozenset({400, 404, 409, 422, 429, 402})

Url = Annotated[str | None, typer.Option("--url", envvar="SIGNAL_API_URL", help=help_text("api_url"))]
Key = Annotated[
    str | None,
    typer.Option("--api-key", envvar="SIGNAL_API_KEY", show_envvar=False, help=help_text("api_key")),
]
Application = Annotated[str | None, typer.Option("--application", help=help_text("campaign_application"))]
Folder = Annotated[Path | None, typer.Option("--folder", help=help_text("folder"))]
Machine = Annotated[bool, typer.Option("--json", help=help_text("json"))]
Request = tuple[str, str, Mapping[str, Any] | None]
"""Method, path, body."""


def call(
    request: Request,
    url: str | None,
    key: str | None,
    application: str | None,
    folder: Path | None,
    *,
    attempts: int = ATTEMPTS,
) -> dict[str, Any]:
    """One call, from the options of a command; `attempts` 1 for what would be done twice."""

    async def once() -> dict[str, Any]:
        async with open_client(url, key, application, folder, attempts=attempts) as client:
            return await answer(client, request)

    return asyncio.run(once())


async def answer(client: JsonClient, request: Request) -> dict[str, Any]:
    """Raise CommandFailed with what the API says is wrong and what to do about it."""
    try:
        told = await client.call(*request)
    except CallFailed as failed:
        problem = failed.problem
        if problem is None or "detail" not in problem:
            raise
        code = USAGE if problem.get("status") in USAGE_STATUSES else WRONG
        raise CommandFailed(str(problem["detail"]), next_step=problem.get("fix"), exit_code=code) from None
    found: dict[str, Any] = told.body
    return found


@asynccontextmanager
async def open_client(
    url: str | None,
    key: str | None,
    application: str | None,
    folder: Path | None,
    *,
    attempts: int = ATTEMPTS,
) -> AsyncIterator[JsonClient]:
    """By the options, else what runs in the data folder, whose operator's key is known."""
    if url is None or key is None:
        running = find_stack(settings_for(folder).data_folder)
        if running is None:
            raise CommandFailed(
                "it is not known where the API is, or with which key to call it",
                next_step="give --url and --api-key (SIGNAL_API_URL, SIGNAL_API_KEY), or --folder of a running `up`",
                exit_code=AWAY,
            )
        url = url or running.api_url
        key = key or running.operator_key
    headers = {"Authorization": f"Bearer {key}"}
    named = application or os.environ.get("SIGNAL_APPLICATION_ID")
    if named is not None:
        headers["X-Application-Id"] = named
    async with json_client(url, headers, seconds=900, attempts=attempts) as client:
        yield client
