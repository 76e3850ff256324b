"""The menu: which sections there are for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from domain.applications.application import Application
from domain.operators.operator import Operator
from domain.operators.roles import Right
from entrypoints.dashboard.words import mark


@attrs.frozen
class Entry:
    """One line of the menu; its name is translated where it is shown."""

    section: str
    name: str
    url: str


_OF_AN_APPLICATION: Final = (
    ("overview", mark("Overview"), ""),
    ("campaigns", mark("Campaigns"), "/campaigns"),
    ("templates", mark("Templates"), "/templates"),
    ("segments", mark("Segments"), "/segments"),
    ("people", mark("People"), "/people"),
    ("messages", mark("Messages"), "/messages"),
    ("analytics", mark("Analytics"), "/analytics"),
    ("quota", mark("Quota and ledger"), "/quota"),
    ("exports", mark("Exports"), "/exports"),
    ("alert_rules", mark("Alert rules"), "/alerts"),
    ("retention", mark("Retention"), "/retention"),
    ("settings", mark("Keys and channels"), "/settings"),
)
_OF_ALL: Final = (
    ("applications", mark("Applications"), "/dashboard", Right.READ),
    ("alerts", mark("Alerts"), "/dashboard/alerts", Right.READ),
    ("health", mark("System health"), "/dashboard/health", Right.READ),
    ("audit", mark("Audit log"), "/dashboard/audit", Right.AUDIT),
    ("operators", mark("Operators"), "/dashboard/operators", Right.PEOPLE),
)


def navigation(operator: Operator, application: Application | None) -> dict[str, Sequence[Entry]]:
    """The application's menu, empty where none is chosen, and the installation's."""
    own: list[Entry] = []
    if application is not None:
        start = f"/dashboard/apps/{application.id}"
        own = [Entry(section, name, start + path) for section, name, path in _OF_AN_APPLICATION]
    every = [Entry(section, name, url) for section, name, url, right in _OF_ALL if operator.may(right)]
    return {"application": own, "installation": every}
