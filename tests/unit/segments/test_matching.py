"""What conditions mean, case by case: missing values, other types, negation, and the words people use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.audience.segment.facts import SubscriptionFacts, UserFacts
from domain.audience.segment.fields import Operator
from domain.audience.segment.matching import explain, matches
from domain.audience.segment.parse import parse_predicate
from domain.shared.channels import SubscriptionType

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAMPAIGN = UUID(int=9)


def facts(**more: Any) -> SubscriptionFacts:
    given: dict[str, Any] = {"id": UUID(int=1), "type": SubscriptionType.IOS_PUSH, "created_at": NOW, **more}
    return SubscriptionFacts(**given)


def holds(predicate: dict[str, Any], **more: Any) -> bool:
    return matches(parse_predicate(predicate), facts(**more), NOW)


def tag(operator: str, *value: Any) -> dict[str, Any]:
    return {"field": "tag", "key": "k", "operator": operator, **({"value": value[0]} if value else {})}


def on(field: str, operator: str, *value: Any, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, **({"value": value[0]} if value else {}), **more}


@pytest.mark.parametrize(
    "predicate",
    [
        tag("eq", "VIP"),
        tag("ne", "VIP"),
        tag("gt", 1),
        tag("in", [1]),
        tag("not_in", ["VIP"]),
        tag("contains", "V"),
    ],
    ids=lambda one: one["operator"],
)
@pytest.mark.parametrize("tags", [{}, {"k": None}, {"k": True}, {"other": "VIP"}], ids=str)
def test_a_comparison_with_nothing_or_another_type_is_false_and_not_of_it_true(
    predicate: dict[str, Any], tags: dict[str, Any]
) -> None:
    """Be it an equality or its opposite."""
    assert holds(predicate, tags=tags) is False
    assert holds({"not": predicate}, tags=tags) is True


@pytest.mark.parametrize(
    ("predicate", "value", "expected"),
    [
        (tag("eq", 1), 1.0, True),
        (tag("eq", 1), "1", False),
        (tag("eq", 1), True, False),
        (tag("eq", True), True, True),
        (tag("ne", "VIP"), "vip", True),
        (tag("gt", 9), 10, True),
        (tag("gt", "9"), "10", False),
        (tag("between", [18, 29]), 29, True),
        (tag("in", ["서울", "부산"]), "부산", True),
        (tag("not_in", ["서울", "부산"]), "대구", True),
        (tag("not_in", ["서울"]), 3, False),
        (tag("contains", "드"), "골드", True),
        (tag("contains", "soccer"), ["soccer", "golf"], True),
        (tag("contains", "soc"), ["soccer"], False),
        (tag("has", "soccer"), ["soccer"], True),
        (tag("has", "soccer"), "soccer", False),
        (tag("has", 1), [1.0], True),
        (tag("starts_with", "골"), "골드", True),
        (tag("exists"), False, True),
        (tag("exists"), None, False),
        (tag("not_exists"), None, True),
        (tag("before", "2026-03-01"), "2026-02-28", True),
        (tag("before", "2026-03-01"), "2026-03-01", False),
        (tag("after", "2026-03-01"), "2026-03-01T08:00:00+09:00", False),
        (tag("after", "2026-03-01"), "2026-03-01T10:00:00+09:00", True),
        (tag("before", "2026-03-01"), "2026-02-30", False),
        (tag("in_last_days", 7), "2026-02-25", True),
        (tag("in_last_days", 7), "2026-03-02", False),
        (tag("in_next_days", 7), "2026-03-05", True),
        (tag("older_than_days", 7), "2026-01-01", True),
        (tag("older_than_days", 7), "yesterday", False),
    ],
    ids=str,
)
def test_tags_compare_by_type_and_value(predicate: dict[str, Any], value: Any, expected: bool) -> None:
    assert holds(predicate, tags={"k": value}) is expected
    user = UserFacts(external_id="u", created_at=NOW, properties={"k": value})
    assert holds({**predicate, "field": "property"}, user=user) is expected


@pytest.mark.parametrize(
    ("predicate", "more", "expected"),
    [
        (on("channel", "eq", "push"), {}, True),
        (on("channel", "in", ["sms", "email"]), {}, False),
        (on("type", "ne", "AndroidPush"), {}, True),
        (on("language", "eq", "ko"), {"device_language": "ko-KR"}, True),
        (on("language", "eq", "ko"), {"device_language": "KO_kr"}, True),
        (on("language", "eq", "ko"), {"device_language": "kok"}, False),
        (on("language", "eq", "zh-Hant"), {"device_language": "zh"}, False),
        (on("language", "ne", "ko"), {"device_language": "en"}, True),
        (on("language", "ne", "ko"), {}, False),
        (on("country", "in", ["KR", "JP"]), {"country_code": "JP"}, True),
        (on("app_version", "gte", "1.9"), {"app_version": "1.10.0"}, True),
        (on("app_version", "lt", "2.0.0"), {"app_version": "2.0.0-beta"}, True),
        (on("app_version", "eq", "1.9"), {"app_version": "1.9.0"}, True),
        (on("app_version", "lt", "9"), {"app_version": "beta"}, False),
        (on("app_version", "exists"), {"app_version": "beta"}, True),
        (on("device_model", "starts_with", "SM-"), {"device_model": "SM-S918N"}, True),
        (on("device_os", "contains", "18"), {"device_os": "iOS 18.1"}, True),
        (on("test_type", "eq", 0), {}, True),
        (on("permission", "eq", "denied"), {}, False),
        (on("subscribed", "eq", True), {"subscription_status": 1}, True),
        (on("subscription_status", "between", [-24, -3]), {"subscription_status": -10}, True),
        (on("error_code_range", "eq", "push_error"), {"subscription_status": -10}, True),
        (on("last_active_at", "in_last_days", 7), {"last_active_at": NOW - timedelta(days=7)}, True),
        (on("last_active_at", "in_last_days", 7), {"last_active_at": NOW + timedelta(seconds=1)}, True),
        (on("last_active_at", "older_than_days", 7), {}, False),
        (on("last_converted_at", "in_last_days", 30), {}, False),
        ({"not": on("last_converted_at", "in_last_days", 30)}, {}, True),
        (on("messages_received", "gte", 3), {"messages_received": 3}, True),
        (on("subscription_id", "in", [str(UUID(int=1))]), {}, True),
        (on("has_user", "eq", False), {}, True),
        (on("external_id", "exists"), {}, False),
        (on("user_created_at", "before", "2026-03-02"), {}, False),
        ({"everyone": True}, {}, True),
    ],
    ids=str,
)
def test_fields_compare_as_their_kind_does(
    predicate: dict[str, Any], more: dict[str, Any], expected: bool
) -> None:
    assert holds(predicate, **more) is expected


def test_history_is_of_the_subscription_unless_it_is_the_users() -> None:
    """Whoever opened the push on the phone did so as a person, not as an e-mail address."""
    mine = on("campaign", "converted", str(CAMPAIGN))
    theirs = on("campaign", "converted", str(CAMPAIGN), of="user")
    reached = {CAMPAIGN: frozenset({Operator.SENT, Operator.CONVERTED})}
    assert holds(mine, reached=reached)
    assert not holds(on("campaign", "received", str(CAMPAIGN)), reached=reached)
    assert not holds(mine, reached_user=reached)
    assert holds(theirs, reached_user=reached)


def test_an_explanation_judges_every_part_and_shows_what_was_found() -> None:
    """Also the parts that no longer mattered."""
    tree = {"and": [tag("eq", "VIP"), {"not": on("language", "eq", "ko")}, on("app_version", "gt", "1.9")]}
    told = explain(
        parse_predicate(tree), facts(tags={"k": "Gold"}, device_language="ko-KR", app_version="1.10"), NOW
    )
    assert told.holds is False
    assert [(part.holds, part.found) for part in told.parts] == [
        (False, "Gold"),
        (False, None),
        (True, "1.10"),
    ]
    assert [(part.holds, part.found) for part in told.parts[1].parts] == [(True, "ko-KR")]
