"""A plan as JSON: what callers send, what is stored, and what a change is laid over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.campaigns.plan import CampaignPlan, CampaignType
from domain.campaigns.schedule import AtInstant, AtWallTime, Recurring
from domain.campaigns.timing import MEMBERS as TIMING_MEMBERS
from domain.campaigns.timing import timing_from_json
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

MEMBERS: Final = (
    "name",
    "campaign_type",
    "targeting_criteria",
    "template_id",
    "template_version",
    "title",
    "body",
    "data",
    "content",
    "strict",
    "variables",
    "advertising",
    "allow_running_dry",
    "topic",
    *TIMING_MEMBERS,
)
TIMED: Final = frozenset({"schedule", "local_delivery"})
"""What can lie in the past: looked at again only when it is given."""


def plan_from_json(values: Mapping[str, Json], *, now: datetime | None) -> CampaignPlan:
    """Read a plan; raise InvalidInput naming the field. `now` refuses times that have passed; None takes them."""
    for name in values:
        if name not in MEMBERS:
            raise InvalidInput(f"{name[:64]} is not known", field=name[:64], fix=f"use {', '.join(MEMBERS)}")
    given = {name: value for name, value in values.items() if value is not None}
    timing = timing_from_json(_some(given, TIMING_MEMBERS), now=now, field="")
    schedule = timing.schedule
    follows = CampaignType.IMMEDIATE
    if isinstance(schedule, AtInstant | AtWallTime):
        follows = CampaignType.SCHEDULED
    elif isinstance(schedule, Recurring):
        follows = CampaignType.RECURRING
    return CampaignPlan.checked(
        CampaignPlan(
            name=_text(given, "name") or "",
            campaign_type=_type(given.get("campaign_type")) or follows,
            targeting_criteria=_object(given, "targeting_criteria"),
            template_id=_id(given.get("template_id")),
            template_version=_version(given.get("template_version")),
            title=_text(given, "title"),
            body=_text(given, "body"),
            data=_object(given, "data") if "data" in given else None,
            content=_content(_object(given, "content")),
            strict=_flag(given, "strict"),
            variables=_object(given, "variables"),
            timing=timing,
            advertising=_flag(given, "advertising"),
            allow_running_dry=_flag(given, "allow_running_dry"),
            topic=_text(given, "topic"),
        )
    )


def plan_to_json(plan: CampaignPlan) -> dict[str, Json]:
    """Everything of the plan by name; what is not set is null."""
    return {
        **dict.fromkeys(TIMING_MEMBERS),
        **plan.timing.to_json(),
        "name": plan.name,
        "campaign_type": plan.campaign_type.value,
        "targeting_criteria": dict(plan.targeting_criteria),
        "template_id": None if plan.template_id is None else str(plan.template_id),
        "template_version": plan.template_version,
        "title": plan.title,
        "body": plan.body,
        "data": None if plan.data is None else dict(plan.data),
        "content": {channel.wire: dict(body) for channel, body in plan.content.items()},
        "strict": plan.strict,
        "variables": dict(plan.variables),
        "advertising": plan.advertising,
        "allow_running_dry": plan.allow_running_dry,
        "topic": plan.topic,
    }


def changed_plan(plan: CampaignPlan, changes: Mapping[str, Json], now: datetime) -> CampaignPlan:
    """The plan with some members replaced, null taking one away; the type follows a new schedule unless it is given."""
    values = {**plan_to_json(plan), **changes}
    if "schedule" in changes and "campaign_type" not in changes:
        values["campaign_type"] = None
    return plan_from_json(values, now=now if TIMED & changes.keys() else None)


def _some(values: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    return {name: values[name] for name in names if name in values}


def _type(value: Json) -> CampaignType | None:
    if value is None:
        return None
    for one in CampaignType:
        if one.value == value:
            return one
    raise InvalidInput(
        "campaign_type is not known", field="campaign_type", fix=f"use one of {', '.join(CampaignType)}"
    )


def _text(values: Mapping[str, Json], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"{name} is not text", field=name, fix="send a string")
    return value


def _flag(values: Mapping[str, Json], name: str) -> bool:
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} is not a boolean", field=name, fix="send true or false")
    return value


def _object(values: Mapping[str, Json], name: str) -> dict[str, Json]:
    value = values.get(name, {})
    if not isinstance(value, dict):
        raise InvalidInput(f"{name} is not an object", field=name, fix="send a JSON object")
    return value


def _content(values: Mapping[str, Json]) -> dict[Channel, Mapping[str, Json]]:
    found: dict[Channel, Mapping[str, Json]] = {}
    for name, body in values.items():
        field = f"content.{name[:32]}"
        try:
            channel = Channel.from_wire(name)
        except ValueError as error:
            raise InvalidInput(str(error), field=field, fix="rename or remove it") from None
        if not isinstance(body, dict) or not body:
            raise InvalidInput(
                f"{field} says nothing", field=field, fix="send a JSON object, or leave it out"
            )
        found[channel] = body
    return found


def _id(value: Json) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise InvalidInput(
            "template_id is not a UUID", field="template_id", fix="send the template's id"
        ) from None


def _version(value: Json) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidInput(
            "template_version is not a version", field="template_version", fix="send a whole number from 1"
        )
    return value
