"""For how long things are kept, and for how long an application keeps what its messages said."""

from __future__ import annotations

from typing import Final

from application.applications.commands import UpdateApplicationCommand
from domain.applications.settings import CONTENT_DAYS
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit

START: Final = "/dashboard/apps/{application_id}/retention"
FIELD: Final = "content_retention_days"


async def show_retention(visit: Visit) -> Shown:
    kept = await visit.use_cases.read_retention(visit.app.id)
    return Shown("retention.html", {"kept": kept, "shortest": CONTENT_DAYS[0], "longest": CONTENT_DAYS[1]})


async def set_retention(visit: Visit) -> Changed:
    before = visit.app.settings.content_retention_days
    after = await visit.use_cases.update_application(
        UpdateApplicationCommand(application_id=visit.app.id, settings={FIELD: _days(visit.form.get(FIELD))})
    )
    return Changed(
        location=f"{visit.app_url}/retention",
        subject=visit.app.name,
        before={FIELD: before},
        after={FIELD: after.settings.content_retention_days},
    )


def _days(text: str) -> int | None:
    """Empty is as long as the messages. Raise InvalidInput naming the field."""
    plain = text.strip()
    low, high = CONTENT_DAYS
    if not plain:
        return None
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 5 or not low <= int(plain) <= high:
        raise InvalidInput(
            f"{FIELD} is not a number of days", field=FIELD, fix=f"use {low} to {high}, or leave it empty"
        )
    return int(plain)


PAGES: Final = (Page(path=START, section="retention", show=show_retention),)
ACTIONS: Final = (
    Action(
        path=START,
        section="retention",
        name="retention.set",
        right=Right.OPERATIONS,
        perform=set_retention,
        again=show_retention,
    ),
)
