"""Providers' credentials, entered and checked and never shown again; channels that are held."""

from __future__ import annotations

from typing import Final

from application.applications.commands import (
    DeleteCredentialCommand,
    ListCredentialsCommand,
    PauseChannelCommand,
    ResumeChannelCommand,
    SetCredentialCommand,
)
from domain.operators.roles import Right
from domain.shared.channels import SubscriptionType
from domain.shared.errors import NotFound
from domain.shared.json_values import Json
from entrypoints.dashboard.pages.applications import show_settings
from entrypoints.dashboard.visit import Action, Changed, Page, Visit


async def set_credential(visit: Visit) -> Changed:
    provider = visit.path("provider")
    before = await _summary(visit, provider)
    entered = {name: value for name, value in visit.form.starting("field.").items() if value.strip()}
    stored = await visit.use_cases.set_credential(
        SetCredentialCommand(application_id=visit.app.id, provider=provider, fields=entered)
    )
    return Changed(
        location=f"{visit.app_url}/settings",
        subject=provider,
        before=before,
        after={"version": stored.version, **stored.summary},
    )


async def delete_credential(visit: Visit) -> Changed:
    provider = visit.path("provider")
    before = await _summary(visit, provider)
    if not before:
        raise NotFound("there is no such credential")
    await visit.use_cases.delete_credential(
        DeleteCredentialCommand(application_id=visit.app.id, provider=provider)
    )
    return Changed(location=f"{visit.app_url}/settings", note="removed", subject=provider, before=before)


async def pause_channel(visit: Visit) -> Changed:
    type_ = SubscriptionType.from_wire(visit.path("type"))
    await visit.use_cases.pause_channel(PauseChannelCommand(application_id=visit.app.id, type=type_))
    return Changed(
        location=f"{visit.app_url}/settings",
        note="paused",
        subject=type_.wire,
        before={"held": False},
        after={"held": True},
    )


async def resume_channel(visit: Visit) -> Changed:
    type_ = SubscriptionType.from_wire(visit.path("type"))
    await visit.use_cases.resume_channel(ResumeChannelCommand(application_id=visit.app.id, type=type_))
    return Changed(
        location=f"{visit.app_url}/settings",
        note="resumed",
        subject=type_.wire,
        before={"held": True},
        after={"held": False},
    )


async def _summary(visit: Visit, provider: str) -> dict[str, Json]:
    """Of the credential there is, nothing secret; empty without one."""
    found = await visit.use_cases.list_credentials(ListCredentialsCommand(application_id=visit.app.id))
    for one in found:
        if one.provider == provider:
            return {"version": one.version, **one.summary}
    return {}


_START: Final = "/dashboard/apps/{application_id}"
PAGES: Final[tuple[Page, ...]] = ()
ACTIONS: Final = tuple(
    Action(
        path=_START + path,
        section="settings",
        name=name,
        right=Right.OPERATIONS,
        perform=perform,
        again=show_settings,
    )
    for path, name, perform in (
        ("/credentials/{provider}", "credential.set", set_credential),
        ("/credentials/{provider}/delete", "credential.delete", delete_credential),
        ("/channels/{type}/pause", "channel.pause", pause_channel),
        ("/channels/{type}/resume", "channel.resume", resume_channel),
    )
)
