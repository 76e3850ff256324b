"""The installation: its health, its alerts, and the log of what operators changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from application.applications.commands import ListApplicationsCommand
from application.operators.commands import ListAuditCommand
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput
from entrypoints.dashboard.visit import Action, Page, Shown, Visit

SILENT_AFTER: Final = timedelta(seconds=10)
"""A worker beats every two seconds."""


async def show_health(visit: Visit) -> Shown:
    health = await visit.use_cases.read_health()
    return Shown("health.html", {"health": health, "silent": health.at - SILENT_AFTER})


async def list_audit(visit: Visit) -> Shown:
    page = await visit.use_cases.list_audit(
        ListAuditCommand(
            application_id=_id(visit.query("application"), "application"),
            operator_id=_id(visit.query("operator"), "operator"),
            action=(visit.query("action") or "")[:100].replace("\x00", "") or None,
            cursor=visit.query("cursor"),
            limit=50,
        )
    )
    return Shown("audit.html", {"page": page, "names": await _names(visit)})


async def _names(visit: Visit) -> dict[UUID, str]:
    """Of the first applications; others are shown by their ids."""
    page = await visit.use_cases.list_applications(ListApplicationsCommand(limit=200))
    return {one.id: one.name for one in page.items}


def _id(text: str | None, field: str) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(f"{field} is not an id", field=field, fix="choose one of the list") from None


PAGES: Final = (
    Page(path="/dashboard/health", section="health", show=show_health),
    Page(path="/dashboard/audit", section="audit", show=list_audit, right=Right.AUDIT),
)
ACTIONS: Final[tuple[Action, ...]] = ()
