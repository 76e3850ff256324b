"""The campaign's form: from fields to a plan, and from a plan back to fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.campaigns.campaign import Campaign
from domain.campaigns.plan_json import plan_to_json
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from entrypoints.dashboard.visit import Form

EVERYONE = "everyone"


def plan_of(form: Form, time_zone: str) -> dict[str, Json]:
    """Members of a plan. Raise InvalidInput naming the field; what the domain checks is left to it."""
    targeting: dict[str, Json] = {"include": _audience(form.get("segment"))}
    if without := form.get("without"):
        targeting["exclude"] = [without]
    if channels := form.all("channel"):
        targeting["channels"] = [*channels]
    plan: dict[str, Json] = {
        "name": form.get("name"),
        "targeting_criteria": targeting,
        "advertising": form.get("advertising") == "yes",
        "dedupe": form.get("dedupe", "all"),
        "pacing": _pacing(form.get("per_second")),
        "schedule": _schedule(form, time_zone),
        **_content(form),
    }
    return plan


def fields_of(campaign: Campaign) -> dict[str, str]:
    """What the form shows of a campaign that is there."""
    plan: Mapping[str, Any] = plan_to_json(campaign.plan)
    targeting = plan["targeting_criteria"]
    include = (targeting.get("include") or [None])[0]
    pacing, schedule = plan["pacing"] or {}, plan["schedule"] or {}
    return {
        "name": plan["name"],
        "segment": include if isinstance(include, str) else EVERYONE,
        "without": next((one for one in targeting.get("exclude") or () if isinstance(one, str)), ""),
        "template": plan["template_id"] or "",
        "title": plan["title"] or "",
        "body": plan["body"] or "",
        "at": str(schedule.get("at", ""))[:16] if schedule.get("time_zone") else "",
        "per_second": str(pacing.get("per_second", "")),
        "dedupe": plan["dedupe"],
        "advertising": "yes" if plan["advertising"] else "",
        "channels": ",".join(targeting.get("channels") or ()),
    }


def _audience(segment: str) -> list[Json]:
    if not segment:
        raise InvalidInput("nobody is chosen", field="segment", fix="choose a segment, or everybody")
    return [{"everyone": True}] if segment == EVERYONE else [segment]


def _content(form: Form) -> dict[str, Json]:
    template = form.get("template")
    if template:
        return {"template_id": template, "title": None, "body": None}
    if not form.get("title").strip() and not form.get("body").strip():
        raise InvalidInput(
            "the campaign says nothing",
            field="template",
            fix="choose a template, or write a title and a text",
        )
    return {"template_id": None, "title": form.get("title") or None, "body": form.get("body") or None}


def _pacing(text: str) -> Json:
    text = text.strip().replace(",", "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInput(
            "the pace is not a number", field="per_second", fix="use messages a second, as 500"
        )
    return {"per_second": int(text)}


def _schedule(form: Form, time_zone: str) -> Json:
    """A local time of the application's zone; empty: when it is launched."""
    at = form.get("at").strip()
    if not at:
        return None
    return {"type": "scheduled", "at": at if len(at) > 16 else f"{at}:00", "time_zone": time_zone}
