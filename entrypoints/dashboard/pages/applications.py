"""Applications: all of them, a new one, and what one is set to."""

from __future__ import annotations

from typing import Final
from zoneinfo import available_timezones

from application.applications.commands import (
    CreateApplicationCommand,
    ListApplicationsCommand,
    ListCredentialsCommand,
    ListKeysCommand,
    ListPausesCommand,
    UpdateApplicationCommand,
)
from domain.applications.application import Application
from domain.applications.scopes import APPLICATION_DEFAULT, Scope
from domain.operators.roles import Right
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit

OFTEN: Final = ("Asia/Seoul", "UTC", "Asia/Tokyo", "Asia/Singapore", "Europe/Berlin", "America/New_York")


def zones() -> list[str]:
    """Those of every day first, then all."""
    return [*OFTEN, *sorted(available_timezones() - set(OFTEN))]


async def list_applications(visit: Visit) -> Shown:
    page = await visit.use_cases.list_applications(
        ListApplicationsCommand(cursor=visit.query("cursor"), limit=50)
    )
    return Shown("applications.html", {"page": page})


async def new_application(visit: Visit) -> Shown:
    return Shown("application_new.html", {"zones": zones()})


async def create_application(visit: Visit) -> Changed:
    made = await visit.use_cases.create_application(
        CreateApplicationCommand(
            name=visit.form.get("name"),
            settings={
                "time_zone": visit.form.get("time_zone", "Asia/Seoul"),
                "default_language": visit.form.get("default_language", "ko"),
            },
        )
    )
    return Changed(
        location=f"/dashboard/apps/{made.id}/settings", note="created", subject=made.name, after=_facts(made)
    )


async def show_settings(visit: Visit) -> Shown:
    """General settings, keys, providers and held channels on one page."""
    id, use_cases = visit.app.id, visit.use_cases
    directory = use_cases.provider_directory
    credentials = {
        one.provider: one
        for one in await use_cases.list_credentials(ListCredentialsCommand(application_id=id))
    }
    providers = [
        {
            "name": name,
            "types": [type_.wire for type_ in directory.types_of(name)],
            "fields": provider.settings,
            "credential": credentials.get(name),
        }
        for name in directory.names
        if (provider := directory.named(name)) is not None
    ]
    return Shown(
        "settings.html",
        {
            "zones": zones(),
            "keys": await use_cases.list_keys(ListKeysCommand(application_id=id)),
            "scopes": [one.value for one in Scope],
            "default_scopes": {one.value for one in APPLICATION_DEFAULT},
            "providers": sorted(providers, key=lambda one: (one["credential"] is None, one["name"])),
            "pauses": {
                one.type.wire: one
                for one in await use_cases.list_pauses(ListPausesCommand(application_id=id))
            },
            "types": [one.wire for one in SubscriptionType],
            "asked_provider": visit.form.get("provider"),
        },
    )


async def update_application(visit: Visit) -> Changed:
    before = _facts(visit.app)
    changed = await visit.use_cases.update_application(
        UpdateApplicationCommand(
            application_id=visit.app.id,
            name=visit.form.get("name"),
            settings={
                "time_zone": visit.form.get("time_zone"),
                "default_language": visit.form.get("default_language"),
            },
            is_active=visit.form.get("is_active") == "yes",
        )
    )
    return Changed(
        location=f"{visit.app_url}/settings", subject=changed.name, before=before, after=_facts(changed)
    )


def _facts(application: Application) -> dict[str, Json]:
    return {
        "name": application.name,
        "is_active": application.is_active,
        "settings": dict(application.settings.to_json()),
    }


PAGES: Final = (
    Page(path="/dashboard", section="applications", show=list_applications),
    Page(path="/dashboard/apps/new", section="applications", show=new_application, right=Right.OPERATIONS),
    Page(path="/dashboard/apps/{application_id}/settings", section="settings", show=show_settings),
)
ACTIONS: Final = (
    Action(
        path="/dashboard/apps/new",
        section="applications",
        name="application.create",
        right=Right.OPERATIONS,
        perform=create_application,
        again=new_application,
    ),
    Action(
        path="/dashboard/apps/{application_id}/settings",
        section="settings",
        name="application.update",
        right=Right.OPERATIONS,
        perform=update_application,
        again=show_settings,
    ),
)
