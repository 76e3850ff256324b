"""A subscription's status rules and history, without any storage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs
import pytest

from domain.audience.device import DeviceReport, Permission
from domain.audience.registration import SealedToken, SubscriptionUpdate
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SDK = ChangeSource.SDK
FIELDS_OF_THE_SPECIFICATION = [
    "id",
    "token",
    "type",
    "user_id",
    "application_id",
    "device_model",
    "device_os",
    "device_language",
    "app_version",
    "sdk_version",
    "country_code",
    "test_type",
    "tags",
    "subscription_status",
    "subscribed_at",
    "unsubscribed_at",
    "last_active_at",
    "total_messages_received",
    "total_messages_converted",
    "is_archived",
]


def sealed(name: str = "t") -> SealedToken:
    return SealedToken(b"cipher" + name.encode(), "k1", name.encode(), "k1")


def made(type: SubscriptionType = SubscriptionType.IOS_PUSH, **update: object) -> Subscription:
    one = Subscription.create(UUID(int=1), UUID(int=2), type, source=SDK, now=NOW)
    apply(one, **update)
    return one


def apply(one: Subscription, now: datetime = NOW, **update: object) -> Subscription:
    one.apply(SubscriptionUpdate(**update), source=SDK, now=now)  # type: ignore[arg-type]
    return one


def story(one: Subscription) -> list[str]:
    return [change.event_type.value for change in one.changes]


def test_every_field_of_the_specification_is_there() -> None:
    names = {field.name for field in attrs.fields(Subscription)}
    assert set(FIELDS_OF_THE_SPECIFICATION) <= names


@pytest.mark.parametrize("type", SubscriptionType)
def test_each_type_is_of_exactly_one_kind_of_channel(type: SubscriptionType) -> None:
    one = made(type)
    assert (one.is_push_channel, one.is_messaging_channel, one.is_in_app_channel) == (
        type.wire in ("iOSPush", "AndroidPush"),
        type.wire in ("Email", "SMS", "KakaoTalk"),
        type.wire == "InAppMessage",
    )


@pytest.mark.parametrize(
    ("permission", "token", "code"),
    [
        (Permission.GRANTED, True, 1),
        (Permission.GRANTED, False, 0),
        (Permission.NOT_ASKED, True, -18),
        (Permission.PENDING, True, -19),
        (Permission.DENIED, True, -22),
        (None, True, 1),
        (None, False, 0),
    ],
)
def test_token_and_permission_decide_the_status_of_push(
    permission: Permission | None, token: bool, code: int
) -> None:
    one = made(token=sealed() if token else None, permission=permission)
    assert one.subscription_status == code
    apply(one, enabled=False)
    assert one.subscription_status == -2
    apply(one, enabled=True)
    assert one.subscription_status == code


def test_subscribing_and_unsubscribing_is_timed_and_written_down() -> None:
    one = made(token=sealed(), permission=Permission.GRANTED)
    assert (one.subscribed_at, one.unsubscribed_at) == (NOW, None)
    apply(one, LATER, permission=Permission.DENIED)
    assert (one.subscribed_at, one.unsubscribed_at) == (NOW, LATER)
    apply(one, LATER, enabled=False)
    apply(one, LATER, permission=Permission.GRANTED, enabled=True)
    assert (one.subscribed_at, one.unsubscribed_at) == (LATER, None)
    assert story(one) == ["created", "subscribed", "unsubscribed", "status_changed", "subscribed"]
    assert one.changes[2].metadata == {"from": 1, "to": -22}


def test_the_api_and_the_user_switch_independently() -> None:
    one = made(token=sealed())
    one.disable_by_api(reason="abuse", now=NOW)
    apply(one, enabled=False)
    apply(one, enabled=True, token=sealed("other"), permission=Permission.GRANTED, error=None)
    assert (one.subscription_status, one.is_unsubscribed) == (-31, True)
    apply(one, enabled=False)
    one.enable_by_api(now=NOW)
    assert one.subscription_status == -2
    apply(one, enabled=True)
    assert one.subscription_status == 1
    assert [change.reason for change in one.changes if change.event_type == "unsubscribed"] == ["abuse"]


@pytest.mark.parametrize("code", [*range(-24, -2)])
def test_a_device_may_report_every_push_fault_and_take_it_back(code: int) -> None:
    one = made(token=sealed(), permission=Permission.GRANTED)
    apply(one, error=code)
    assert one.subscription_status == code
    apply(one, error=None, permission=Permission.GRANTED)
    assert one.subscription_status == 1


@pytest.mark.parametrize("code", [-2, -31, -40, -70, -98, -25, -72])
def test_a_device_may_not_report_anything_else(code: int) -> None:
    one = made(token=sealed())
    with pytest.raises(InvalidInput):
        apply(one, error=code)


def test_a_verdict_written_by_a_worker_stands_when_the_status_is_worked_out_anew() -> None:
    one = made(SubscriptionType.EMAIL, token=sealed())
    one.subscription_status = -42
    apply(one, enabled=False)
    apply(one, enabled=True)
    assert one.subscription_status == -42
    apply(one, token_again=True)
    assert one.subscription_status == -42
    apply(one, token=sealed("other address"))
    assert one.subscription_status == 1


def test_a_push_verdict_falls_with_a_new_registration_of_the_token() -> None:
    one = made(token=sealed())
    one.refuse(-10, source=ChangeSource.WORKER, reason="Unregistered", now=NOW)
    apply(one, permission=Permission.GRANTED)
    assert one.subscription_status == -10
    apply(one, LATER, token_again=True)
    assert (one.subscription_status, one.token_version, one.token_registered_at) == (1, 1, LATER)


def test_only_codes_of_the_server_and_of_the_type_are_set_by_a_verdict() -> None:
    for type, code in (
        (SubscriptionType.IOS_PUSH, -18),
        (SubscriptionType.SMS, -42),
        (SubscriptionType.SMS, -55),
    ):
        with pytest.raises(InvalidInput):
            made(type, token=sealed()).refuse(code, source=ChangeSource.WORKER, reason="x", now=NOW)


def test_double_opt_in_holds_until_confirmed_whatever_a_device_says() -> None:
    one = made(SubscriptionType.SMS, token=sealed(), await_confirmation=True)
    assert (one.subscription_status, one.has_error) == (-98, False)
    apply(one, enabled=False)
    apply(one, enabled=True, error=None)
    assert one.subscription_status == -98
    one.confirm(source=SDK, now=NOW)
    assert one.subscription_status == 1


@pytest.mark.parametrize(("code", "lifts"), [(-70, "app_version"), (-71, "enabled"), (-74, "error")])
def test_in_app_codes_stand_until_what_caused_them_changes(code: int, lifts: str) -> None:
    """Another version, the switch, a report that nothing stands in the way any more: each lifts its own and no other."""
    changes: dict[str, dict[str, object]] = {"app_version": {}, "enabled": {"enabled": True}}
    for change in (*changes, lifts):
        one = made(SubscriptionType.IN_APP_MESSAGE)
        one.subscription_status = code
        version = "9.0.0" if change == "app_version" else None
        one.report(DeviceReport(app_version=version), source=SDK, now=NOW)
        apply(one, **({"error": None} if change == "error" else changes[change]))
        assert one.subscription_status == (1 if change == lifts else code), change


def test_giving_up_a_token_unsubscribes_and_archives() -> None:
    one = made(token=sealed())
    one.give_up_token(source=SDK, now=LATER)
    assert (one.token, one.is_archived, one.archived_at, one.is_subscribed) == (None, True, LATER, False)
    assert [(change.event_type.value, change.reason) for change in one.changes[-2:]] == [
        ("unsubscribed", "token_moved"),
        ("archived", "token_moved"),
    ]


def test_restoring_brings_switches_and_faults_back() -> None:
    one = made(SubscriptionType.EMAIL, token=sealed())
    one.subscription_status = -44
    one.archive(source=SDK, reason="requested", now=NOW)
    one.archive(source=SDK, reason="requested", now=LATER)
    assert (one.subscription_status, one.archived_at) == (0, NOW)
    one.restore(source=SDK, now=LATER)
    assert (one.subscription_status, one.is_archived) == (-44, False)


def test_linking_to_another_user_unlinks_from_the_former() -> None:
    one = made(token=sealed())
    a, b = UUID(int=10), UUID(int=11)
    one.link(a, source=SDK, reason="login", now=NOW)
    one.link(a, source=SDK, reason="login", now=NOW)
    one.link(b, source=SDK, reason="login", now=NOW)
    linked = [
        (change.event_type.value, change.user_id) for change in one.changes if "linked" in change.event_type
    ]
    assert linked == [("linked", a), ("unlinked", a), ("linked", b)]


def test_a_report_that_says_nothing_new_leaves_no_trace() -> None:
    one = made(token=sealed())
    before = story(one)
    report = DeviceReport(device_model="Pixel 9", country_code="KR", test_type=1)
    one.report(report, source=SDK, now=NOW)
    one.report(report, source=SDK, now=NOW)
    one.change_tags(set={}, remove=("absent",), source=SDK, now=NOW)
    assert story(one) == [*before, "updated"]
    assert one.changes[-1].metadata == {"fields": ["device_model", "country_code", "test_type"]}


def test_another_kind_of_build_forgets_the_environment_that_was_learnt() -> None:
    one = made(token=sealed())
    one.token_environment = 1
    one.report(DeviceReport(test_type=0), source=SDK, now=NOW)
    assert one.token_environment == 1
    one.report(DeviceReport(test_type=2), source=SDK, now=NOW)
    assert one.token_environment is None


@pytest.mark.parametrize(
    "bad",
    [
        {"test_type": 3},
        {"country_code": "kr"},
        {"country_code": "KOR"},
        {"device_model": "x" * 129},
        {"app_version": ""},
    ],
)
def test_a_report_names_the_field_that_breaks_its_rule(bad: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        DeviceReport(**bad)  # type: ignore[arg-type]
    assert refused.value.field == next(iter(bad))


def test_reprs_hide_tokens() -> None:
    assert "cipher" not in repr(made(token=sealed()))
