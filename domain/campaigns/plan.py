"""What a campaign is to do: whom it is for, what it says, when and how fast. Changed only as a whole, while it is a draft."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from domain.campaigns.schedule import AtInstant, AtWallTime, Immediate, Recurring, Schedule
from domain.campaigns.timing import Timing
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_json, check_line

MAX_NAME: Final = 200
MAX_VARIABLES: Final = 100
Body = Mapping[str, Json]


class CampaignType(StrEnum):
    """How a campaign comes to be sent. The value is the specification's and what the database stores."""

    IMMEDIATE = "immediate"
    SCHEDULED = "scheduled"
    RECURRING = "recurring"
    TRIGGERED = "triggered"

    @property
    def makes_runs(self) -> bool:
        return self in (CampaignType.RECURRING, CampaignType.TRIGGERED)


@attrs.frozen(slots=True, kw_only=True)
class CampaignPlan:
    """Either a template, or its own content: `title`, `body` and `data` for push, or `content` per channel."""

    name: str
    campaign_type: CampaignType
    targeting_criteria: Mapping[str, Json]
    """Segments to include and exclude, or a predicate; nobody's by default."""
    template_id: UUID | None = None
    template_version: int | None = None
    """None: the version that is active at launch."""
    title: str | None = None
    body: str | None = None
    data: Body | None = None
    content: Mapping[Channel, Body] = attrs.field(factory=dict)
    strict: bool = False
    """Of the campaign's own content: a message whose variable is missing is refused instead of showing nothing there."""
    variables: Mapping[str, Json] = attrs.field(factory=dict)
    """The same for every recipient; stronger than tags and properties."""
    timing: Timing = attrs.field(factory=Timing)
    advertising: bool = False
    """Korean advertising rules apply, as the application has set them up."""
    allow_running_dry: bool = False
    """Launch although the quota does not cover everybody; it pauses when the quota is used up."""
    topic: str | None = None
    """What it is about, a key of the application's topics: users who switched that off are left out."""

    @classmethod
    def checked(cls, plan: CampaignPlan) -> CampaignPlan:
        """The plan, when its parts go together; raise InvalidInput naming the field."""
        check_line(plan.name.strip(), field="name", longest=MAX_NAME)
        _check_type(plan.campaign_type, plan.timing.schedule)
        plan.check_content()
        if len(plan.variables) > MAX_VARIABLES:
            raise InvalidInput(
                f"{len(plan.variables)} variables", field="variables", fix=f"keep at most {MAX_VARIABLES}"
            )
        check_json(plan.variables, field="variables")
        return attrs.evolve(plan, name=plan.name.strip())

    def check_content(self) -> None:
        """Raise InvalidInput unless there is exactly one kind of content."""
        short = [name for name in ("title", "body", "data") if getattr(self, name) is not None]
        if self.template_id is not None:
            if short or self.content:
                field = short[0] if short else "content"
                raise InvalidInput(
                    f"{field} does not go with template_id", field=field, fix="give one of the two"
                )
            return
        if self.template_version is not None:
            raise InvalidInput(
                "template_version needs a template_id", field="template_version", fix="name the template"
            )
        if short and Channel.PUSH in self.content:
            raise InvalidInput(
                f"{short[0]} says again what content.push says", field=short[0], fix="give one of the two"
            )
        for name in short:
            check_json(getattr(self, name), field=name)

    def bodies(self) -> dict[Channel, Body]:
        """The campaign's own content per channel, as sources; empty for a template."""
        own: tuple[tuple[str, Json], ...] = (
            ("title", self.title),
            ("body", self.body),
            ("data", None if self.data is None else dict(self.data)),
        )
        named = {name: value for name, value in own if value is not None}
        return {**({Channel.PUSH: named} if named else {}), **self.content}

    def starts_at(self, now: datetime) -> datetime:
        """When a campaign that is scheduled now would begin: its next run, or at once."""
        return self.timing.schedule.first_run(now) or now


def _check_type(campaign_type: CampaignType, schedule: Schedule) -> None:
    fits: Mapping[CampaignType, tuple[type, ...]] = {
        CampaignType.IMMEDIATE: (Immediate,),
        CampaignType.TRIGGERED: (Immediate,),
        CampaignType.SCHEDULED: (AtInstant, AtWallTime),
        CampaignType.RECURRING: (Recurring,),
    }
    if isinstance(schedule, fits[campaign_type]):
        return
    if isinstance(schedule, Immediate):
        raise InvalidInput(
            f"a {campaign_type} campaign needs a schedule",
            field="schedule",
            fix='for example {"type": "scheduled", "at": "2026-12-24T09:00:00Z"}'
            if campaign_type is CampaignType.SCHEDULED
            else 'for example {"type": "recurring", "cron": "0 9 * * MON", "time_zone": "Asia/Seoul"}',
        )
    raise InvalidInput(
        f"this schedule does not go with a {campaign_type} campaign",
        field="campaign_type",
        fix="leave campaign_type out: it follows from the schedule",
    )
