"""API keys: issued, shown once, revoked."""

from __future__ import annotations

from typing import Final

from application.applications.commands import IssueKeyCommand, RevokeKeyCommand
from domain.applications.scopes import parse_scopes
from domain.operators.roles import Right
from entrypoints.dashboard.pages.applications import show_settings
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit


async def issue_key(visit: Visit) -> Changed:
    issued = await visit.use_cases.issue_key(
        IssueKeyCommand(
            application_id=visit.app.id,
            label=visit.form.get("label"),
            scopes=parse_scopes(visit.form.all("scope")),
        )
    )
    return Changed(
        subject=issued.key.id,
        after={"label": issued.key.label, "scopes": [*sorted(one.value for one in issued.key.scopes)]},
        shown=Shown("key_issued.html", {"issued": issued}),
    )


async def revoke_key(visit: Visit) -> Changed:
    key_id = visit.path("key_id")
    await visit.use_cases.revoke_key(RevokeKeyCommand(application_id=visit.app.id, key_id=key_id))
    return Changed(
        location=f"{visit.app_url}/settings",
        note="removed",
        subject=key_id,
        before={"revoked": False},
        after={"revoked": True},
    )


PAGES: Final[tuple[Page, ...]] = ()
ACTIONS: Final = (
    Action(
        path="/dashboard/apps/{application_id}/keys",
        section="settings",
        name="key.issue",
        right=Right.OPERATIONS,
        perform=issue_key,
        again=show_settings,
    ),
    Action(
        path="/dashboard/apps/{application_id}/keys/{key_id}/revoke",
        section="settings",
        name="key.revoke",
        right=Right.OPERATIONS,
        perform=revoke_key,
        again=show_settings,
    ),
)
