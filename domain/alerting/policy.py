"""From when on something is trouble, as an application sets it; every value has a default, every refusal names its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import attrs

from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

MOST_STEPS: Final = 5
MOST_PEOPLE: Final = 20
LONGEST_ID: Final = 256


@attrs.frozen(slots=True)
class Step:
    """A rung of the ladder: who is told when an alert has not been acknowledged for so long."""

    after: timedelta
    external_ids: tuple[str, ...]
    """Users of the application; told at their e-mail subscriptions."""


@attrs.frozen(slots=True)
class Policy:
    """Shares are of attempts, in the last fifteen minutes (five for outages)."""

    error_share: float = 0.2
    error_floor: int = 50
    """Fewer attempts than this say nothing."""
    outage_share: float = 0.8
    queue_seconds: int = 120
    """Transactional messages that wait longer, though their route is open."""
    bulk_queue_seconds: int = 1_800
    quota_percents: tuple[int, ...] = (80, 95, 100)
    campaign_failed_share: float = 0.3
    campaign_stalled_minutes: int = 15
    ladder: tuple[Step, ...] = ()

    @classmethod
    def from_json(cls, given: Mapping[str, Json]) -> Policy:
        """Defaults where nothing is given; raise InvalidInput naming the field."""
        usual = cls()
        for name in given:
            if name not in MEMBERS:
                fix = f"use some of {', '.join(MEMBERS)}"
                raise InvalidInput(f"{name[:100]} is not part of a policy", field=name[:100], fix=fix)

        def share(name: str, default: float) -> float:
            return _number(name, given[name], 0.001, 1.0) if name in given else default

        def whole(name: str, default: int, low: int, high: int) -> int:
            return int(_number(name, given[name], low, high, whole=True)) if name in given else default

        return cls(
            error_share=share("error_share", usual.error_share),
            error_floor=whole("error_floor", usual.error_floor, 1, 1_000_000),
            outage_share=share("outage_share", usual.outage_share),
            queue_seconds=whole("queue_seconds", usual.queue_seconds, 10, 86_400),
            bulk_queue_seconds=whole("bulk_queue_seconds", usual.bulk_queue_seconds, 10, 86_400),
            quota_percents=_percents(given["quota_percents"])
            if "quota_percents" in given
            else usual.quota_percents,
            campaign_failed_share=share("campaign_failed_share", usual.campaign_failed_share),
            campaign_stalled_minutes=whole(
                "campaign_stalled_minutes", usual.campaign_stalled_minutes, 5, 1_440
            ),
            ladder=_ladder(given["ladder"]) if "ladder" in given else usual.ladder,
        )

    def to_json(self) -> dict[str, Json]:
        """As `from_json` takes it."""
        return {
            "error_share": self.error_share,
            "error_floor": self.error_floor,
            "outage_share": self.outage_share,
            "queue_seconds": self.queue_seconds,
            "bulk_queue_seconds": self.bulk_queue_seconds,
            "campaign_failed_share": self.campaign_failed_share,
            "campaign_stalled_minutes": self.campaign_stalled_minutes,
            "quota_percents": list(self.quota_percents),
            "ladder": [
                {
                    "after_minutes": int(step.after.total_seconds()) // 60,
                    "external_ids": list(step.external_ids),
                }
                for step in self.ladder
            ],
        }


MEMBERS: Final = tuple(one.name for one in attrs.fields(Policy))


def _number(field: str, value: Json, low: float, high: float, *, whole: bool = False) -> float:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
    if not good or (whole and not isinstance(value, int)):
        kind = "a whole number" if whole else "a number"
        raise InvalidInput(
            f"{field} is out of range", field=field, fix=f"send {kind} from {low:g} to {high:g}"
        )
    assert isinstance(value, (int, float))
    return value


def _percents(value: Json) -> tuple[int, ...]:
    field, fix = "quota_percents", "send up to ten different whole numbers from 1 to 100"
    if not isinstance(value, list) or len(value) > 10:
        raise InvalidInput(f"{field} is not a short list", field=field, fix=fix)
    found: set[int] = set()
    for index, one in enumerate(value):
        if not isinstance(one, int) or isinstance(one, bool) or not 1 <= one <= 100 or one in found:
            raise InvalidInput(f"{field}[{index}] is not usable", field=f"{field}[{index}]", fix=fix)
        found.add(one)
    return tuple(sorted(found))


def _ladder(value: Json) -> tuple[Step, ...]:
    fix = f"send at most {MOST_STEPS} steps of after_minutes and external_ids, each later than the one before"
    if not isinstance(value, list) or len(value) > MOST_STEPS:
        raise InvalidInput("ladder is not a short list", field="ladder", fix=fix)
    steps: list[Step] = []
    for index, one in enumerate(value):
        field = f"ladder[{index}]"
        if not isinstance(one, Mapping) or set(one) != {"after_minutes", "external_ids"}:
            raise InvalidInput(f"{field} is not a step", field=field, fix=fix)
        minutes = int(_number(f"{field}.after_minutes", one["after_minutes"], 0, 10_080, whole=True))
        people = one["external_ids"]
        if not isinstance(people, list) or not 1 <= len(people) <= MOST_PEOPLE:
            fix = f"name 1 to {MOST_PEOPLE} users"
            raise InvalidInput(
                f"{field}.external_ids names nobody, or too many", field=f"{field}.external_ids", fix=fix
            )
        for one_id in people:
            if not isinstance(one_id, str) or not 0 < len(one_id) <= LONGEST_ID or "\x00" in one_id:
                raise InvalidInput(
                    f"{field}.external_ids holds what is no external id",
                    field=f"{field}.external_ids",
                    fix="send texts",
                )
        after = timedelta(minutes=minutes)
        if steps and after <= steps[-1].after:
            raise InvalidInput(
                f"{field} is not later than the step before", field=f"{field}.after_minutes", fix=fix
            )
        steps.append(Step(after, tuple(str(one_id) for one_id in people)))
    return tuple(steps)
