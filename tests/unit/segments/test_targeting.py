"""Targeting: include and exclude lists become one predicate; segments that are not there are named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.audience.segment.facts import SubscriptionFacts
from domain.audience.segment.matching import matches
from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.saved_segment import Segment
from domain.audience.segment.targeting import parse_targeting
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput, NotFound

NOW = datetime(2026, 3, 1, tzinfo=UTC)
VIPS, QUIET = UUID(int=1), UUID(int=2)
SEGMENTS = {
    VIPS: parse_predicate({"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}),
    QUIET: parse_predicate({"field": "tag", "key": "quiet", "operator": "eq", "value": True}),
}
KOREAN = {"field": "language", "operator": "eq", "value": "ko"}


def reached(
    criteria: dict[str, Any], type: SubscriptionType = SubscriptionType.IOS_PUSH, **more: Any
) -> bool:
    facts = SubscriptionFacts(id=UUID(int=9), type=type, created_at=NOW, **more)
    return matches(parse_targeting(criteria).resolve(SEGMENTS), facts, NOW)


def test_one_of_the_included_suffices_and_one_of_the_excluded_spoils_it() -> None:
    """Saved and inline alike."""
    criteria = {"include": [str(VIPS), KOREAN], "exclude": [str(QUIET)]}
    assert reached(criteria, tags={"grade": "VIP"})
    assert reached(criteria, device_language="ko-KR")
    assert not reached(criteria, tags={"grade": "Gold"})
    assert not reached(criteria, tags={"grade": "VIP", "quiet": True})


def test_channels_narrow_it_down() -> None:
    """Left out, every channel is meant."""
    criteria = {"include": [{"everyone": True}], "channels": ["email", "sms"]}
    assert reached(criteria, SubscriptionType.EMAIL)
    assert not reached(criteria)
    assert reached({"include": [{"everyone": True}]})


@pytest.mark.parametrize(
    ("criteria", "place"),
    [
        ([], "targeting_criteria"),
        ({}, "targeting_criteria.include"),
        ({"include": []}, "targeting_criteria.include"),
        ({"include": str(VIPS)}, "targeting_criteria.include"),
        ({"include": ["vips"]}, "targeting_criteria.include[0]"),
        ({"include": [KOREAN, None]}, "targeting_criteria.include[1]"),
        ({"include": [{"and": [KOREAN, {"field": "x"}]}]}, "targeting_criteria.include[0].and[1].field"),
        ({"include": [KOREAN], "exclude": [{"not": []}]}, "targeting_criteria.exclude[0].not"),
        ({"include": [KOREAN] * 21}, "targeting_criteria.include"),
        ({"include": [KOREAN], "channels": []}, "targeting_criteria.channels"),
        ({"include": [KOREAN], "channels": None}, "targeting_criteria.channels"),
        ({"include": [KOREAN], "channels": ["push", "fax"]}, "targeting_criteria.channels[1]"),
        ({"include": [KOREAN], "segments": []}, "targeting_criteria.segments"),
    ],
    ids=str,
)
def test_bad_criteria_are_refused_with_their_place(criteria: Any, place: str) -> None:
    """And with a fix; nobody is reached because a list was empty."""
    with pytest.raises(InvalidInput) as refused:
        parse_targeting(criteria)
    assert refused.value.field == place
    assert refused.value.fix


def test_a_segment_that_is_not_there_is_named_with_its_place() -> None:
    """Whether it never was, is archived, or is somebody else's."""
    stranger = UUID(int=99)
    targeting = parse_targeting({"include": [KOREAN], "exclude": [str(QUIET), str(stranger)]})
    assert targeting.segment_ids == {QUIET, stranger}
    with pytest.raises(NotFound) as missing:
        targeting.resolve(SEGMENTS, field="criteria")
    assert missing.value.field == "criteria.exclude[1]"
    assert str(stranger) in missing.value.message


def test_criteria_can_be_written_and_read_again() -> None:
    """As they are stored with a campaign."""
    criteria = {"include": [str(VIPS), KOREAN], "exclude": [str(QUIET)], "channels": ["push"]}
    targeting = parse_targeting(criteria)
    assert targeting.to_json() == criteria
    assert parse_targeting(targeting.to_json()) == targeting
    assert parse_targeting({"include": [KOREAN]}).to_json() == {"include": [KOREAN]}


def test_a_refused_change_leaves_a_segment_as_it_was() -> None:
    """Name and predicate change together or not at all; an archived segment changes no more."""
    everyone: dict[str, Any] = {"everyone": True}
    segment = Segment.create(VIPS, QUIET, name="VIPs", description="", predicate=everyone, now=NOW)
    for change in (
        {"name": "VIP", "predicate": {}},
        {"name": " x", "predicate": KOREAN},
        {"description": "x" * 1025},
    ):
        with pytest.raises(InvalidInput):
            segment.update(NOW, **change)  # type: ignore[arg-type]
    assert (segment.name, segment.predicate) == ("VIPs", parse_predicate(everyone))
    segment.archive(NOW)
    with pytest.raises(NotFound):
        segment.update(NOW, name="VIP")
