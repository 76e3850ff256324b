"""Alerts of the installation and of an application with their history; from when on something is trouble, and who is told."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from application.alerting.manage_alerts import AlertCommand
from application.applications.commands import ListAlertsCommand, ListApplicationsCommand
from domain.alerting.policy import MOST_STEPS, Policy
from domain.applications.channel_state import Alert
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from entrypoints.dashboard.visit import Action, Changed, Form, Page, Shown, Visit

ALL: Final = "/dashboard/alerts"
START: Final = "/dashboard/apps/{application_id}/alerts"
SHARES: Final = ("error_share", "outage_share", "campaign_failed_share")
COUNTS: Final = ("error_floor", "queue_seconds", "bulk_queue_seconds", "campaign_stalled_minutes")


async def show_all(visit: Visit) -> Shown:
    """Of every application and of the installation itself."""
    names = await visit.use_cases.list_applications(ListApplicationsCommand(limit=200))
    return Shown(
        "alerts.html",
        {**await _listed(visit, None), "names": {one.id: one.name for one in names.items}, "own": False},
    )


async def show_own(visit: Visit) -> Shown:
    policy = await visit.use_cases.read_alert_policy(visit.app.id)
    return Shown(
        "alert_rules.html",
        {
            **await _listed(visit, visit.app.id),
            "names": {visit.app.id: visit.app.name},
            "own": True,
            "policy": typed(policy),
            "steps": MOST_STEPS,
        },
    )


async def set_policy(visit: Visit) -> Changed:
    before = await visit.use_cases.read_alert_policy(visit.app.id)
    after = await visit.use_cases.set_alert_policy(visit.app.id, given(visit.form))
    return Changed(
        location=f"{visit.app_url}/alerts",
        subject=visit.app.name,
        before=before.to_json(),
        after=after.to_json(),
    )


async def acknowledge(visit: Visit) -> Changed:
    command = AlertCommand(
        application_id=visit.app.id, alert_id=visit.path_id("alert_id"), actor=visit.operator.email
    )
    before = await visit.use_cases.read_alert(command)
    after = await visit.use_cases.acknowledge_alert(command)
    return Changed(
        location=ALL if visit.form.get("back") == "all" else f"{visit.app_url}/alerts",
        note="acknowledged",
        subject=after.kind,
        before=_facts(before),
        after=_facts(after),
    )


async def _listed(visit: Visit, application_id: UUID | None) -> dict[str, Any]:
    everything = visit.query("all") == "yes"
    page = await visit.use_cases.list_alerts(
        ListAlertsCommand(
            application_id=application_id,
            include_resolved=everything,
            cursor=visit.query("cursor"),
            limit=50,
        )
    )
    return {"page": page, "everything": everything}


def typed(policy: Policy) -> dict[str, Any]:
    """A policy as the form shows it: shares in per cent, lists with commas."""
    shown: dict[str, Any] = dict(policy.to_json())
    for name in SHARES:
        shown[name] = f"{round(getattr(policy, name) * 100, 4):g}"
    shown["quota_percents"] = ", ".join(str(one) for one in policy.quota_percents)
    shown["ladder"] = [
        (int(step.after.total_seconds()) // 60, ", ".join(step.external_ids)) for step in policy.ladder
    ]
    return shown


def given(form: Form) -> dict[str, Json]:
    """What the form says of a policy; what is left empty gets its default. Raise InvalidInput naming the field."""
    found: dict[str, Json] = {}
    for name in SHARES:
        if text := form.get(name).strip():
            found[name] = _share(text, name)
    for name in COUNTS:
        if text := form.get(name).strip():
            found[name] = _whole(text, name)
    if "quota_percents" in form:
        found["quota_percents"] = [
            _whole(text, "quota_percents") for text in _several(form.get("quota_percents"))
        ]
    ladder: list[Json] = []
    for index in range(MOST_STEPS):
        minutes = form.get(f"ladder[{index}].after_minutes").strip()
        people = _several(form.get(f"ladder[{index}].external_ids"))
        if minutes or people:
            after = _whole(minutes or "0", f"ladder[{index}].after_minutes")
            ladder.append({"after_minutes": after, "external_ids": [*people]})
    found["ladder"] = ladder
    return found


def _several(text: str) -> list[str]:
    """Of a list with commas or lines."""
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


def _share(text: str, field: str) -> float:
    try:
        found = float(text.removesuffix("%"))
    except ValueError:
        found = -1.0
    if not 0.1 <= found <= 100:
        raise InvalidInput(f"{field} is not a percentage", field=field, fix="use 0.1 to 100")
    return found / 100


def _whole(text: str, field: str) -> int:
    plain = text.replace(",", "")
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 9:
        raise InvalidInput(f"{field} is not a whole number", field=field, fix="use a number such as 15")
    return int(plain)


def _facts(alert: Alert) -> dict[str, Json]:
    return {
        "id": str(alert.id),
        "acknowledged_by": alert.acknowledged_by,
        "resolved_at": None if alert.resolved_at is None else alert.resolved_at.isoformat(),
    }


PAGES: Final = (
    Page(path=ALL, section="alerts", show=show_all),
    Page(path=START, section="alert_rules", show=show_own),
)
ACTIONS: Final = tuple(
    Action(
        path=path,
        section="alert_rules",
        name=name,
        right=Right.OPERATIONS,
        perform=perform,
        again=show_own,
    )
    for path, name, perform in (
        (START, "alert_policy.set", set_policy),
        (START + "/{alert_id}/acknowledge", "alert.acknowledge", acknowledge),
    )
)
