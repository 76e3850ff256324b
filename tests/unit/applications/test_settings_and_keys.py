"""Application settings, API keys, scopes and the key cache, without any storage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs
import pytest

from application.applications.key_cache import KeyCache
from domain.applications.api_key import ApiKey, PlainKey, check_room
from domain.applications.principal import Principal
from domain.applications.scopes import ALL_SCOPES, Scope, parse_scopes
from domain.applications.settings import ApplicationSettings, settings_from
from domain.shared.errors import Conflict, Forbidden, InvalidInput, NotFound
from domain.shared.json_values import Json

NOW = datetime(2026, 3, 1, tzinfo=UTC)
APP = UUID(int=7)
SECRET = "s" * 43


def key(id: str = "abcdef012345", label: str = "", **changes: object) -> ApiKey:
    plain = PlainKey("application", id, SECRET)
    made = ApiKey.issue(plain, application_id=APP, label=label, scopes=ALL_SCOPES, now=NOW)
    return attrs.evolve(made, **changes)


def test_defaults_are_the_agreed_ones() -> None:
    assert ApplicationSettings().to_json() == {
        "time_zone": "Asia/Seoul",
        "default_language": "ko",
        "logout_scope": "all",
        "receipt_timeout_seconds": None,
        "events_enabled": True,
        "default_ttl_seconds": 259_200,
        "identity_token_required": False,
        "min_sdk_version": None,
        "deprecated_sdk_version": None,
        "receipts_enabled": True,
        "metrics_sample": 0.0,
        "apns_environment_by_test_type": {"0": "production", "1": "sandbox", "2": "sandbox"},
        "providers": {},
        "advertising": None,
        "double_opt_in": {"email": False, "sms": False},
        "content_retention_days": None,
        "topics": [],
    }


def test_settings_survive_the_way_to_the_database_and_back() -> None:
    changes: dict[str, Json] = {
        "time_zone": "Europe/Berlin",
        "default_language": "en-US",
        "logout_scope": "push",
        "receipt_timeout_seconds": 3600,
        "events_enabled": False,
        "default_ttl_seconds": 60,
        "identity_token_required": True,
        "min_sdk_version": "1.2",
        "deprecated_sdk_version": "1.3",
        "receipts_enabled": False,
        "metrics_sample": 0.05,
        "content_retention_days": 60,
        "apns_environment_by_test_type": {"2": "production"},
        "providers": {"sms": "twilio"},
    }
    changed = ApplicationSettings.from_json(changes)
    assert settings_from(changed.to_json()) == changed
    assert changed.apns_environment_by_test_type == {0: "production", 1: "sandbox", 2: "production"}
    assert {name: changed.to_json()[name] for name in changes if name != "apns_environment_by_test_type"} == {
        name: value for name, value in changes.items() if name != "apns_environment_by_test_type"
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
        ("time_zone", None),
        ("default_language", "korean!"),
        ("logout_scope", "some"),
        ("logout_scope", ["all"]),
        ("receipt_timeout_seconds", 0),
        ("receipt_timeout_seconds", True),
        ("events_enabled", "yes"),
        ("default_ttl_seconds", None),
        ("default_ttl_seconds", 28 * 86_400 + 1),
        ("min_sdk_version", "one"),
        ("deprecated_sdk_version", "one"),
        ("receipts_enabled", 1),
        ("metrics_sample", 1.5),
        ("metrics_sample", True),
        ("metrics_sample", "half"),
        ("apns_environment_by_test_type", []),
        ("providers", ["twilio"]),
        ("content_retention_days", 29),
        ("content_retention_days", "60"),
        ("colour", "red"),
    ],
)
def test_an_unusable_setting_is_refused_by_name(name: str, value: Json) -> None:
    with pytest.raises(InvalidInput) as refused:
        ApplicationSettings().changed_by({name: value})
    assert refused.value.field == f"settings.{name}"


@pytest.mark.parametrize(("channel", "provider"), [("pigeon", "twilio"), ("sms", 7)])
def test_an_unusable_choice_of_a_provider_is_refused_by_name(channel: str, provider: Json) -> None:
    with pytest.raises(InvalidInput) as refused:
        ApplicationSettings().changed_by({"providers": {channel: provider}})
    assert refused.value.field == f"settings.providers.{channel}"


def test_an_unusable_environment_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refused:
        ApplicationSettings().changed_by({"apns_environment_by_test_type": {"3": "sandbox"}})
    assert refused.value.field == "settings.apns_environment_by_test_type.3"


@pytest.mark.parametrize("kind", ["application", "operator"])
def test_a_key_is_written_and_read_in_one_form(kind: str) -> None:
    plain = PlainKey("operator" if kind == "operator" else "application", "abc123def456", "a_b-" + SECRET)
    assert PlainKey.parse(plain.text()) == plain
    assert plain.text().startswith("as_operator_" if kind == "operator" else "as_live_")
    assert SECRET not in repr(plain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "as_live_",
        f"as_test_abcdef_{SECRET}",
        f"as_live_ABCDEF_{SECRET}",
        f"as_live_abcdef_{SECRET} ",
        "as_live_abcdef_short",
    ],
)
def test_what_is_not_a_key_is_none(text: str) -> None:
    assert PlainKey.parse(text) is None


def test_a_key_opens_with_its_secret_while_it_lives() -> None:
    right, wrong = (
        PlainKey("application", "abcdef012345", SECRET),
        PlainKey("application", "abcdef012345", "x" * 43),
    )
    one = key(expires_at=NOW + timedelta(days=1))
    assert one.opens_with(right, NOW)
    assert not one.opens_with(wrong, NOW)
    assert not one.opens_with(attrs.evolve(right, kind="operator"), NOW)
    assert not one.opens_with(right, NOW + timedelta(days=1))
    one.revoke(NOW)
    one.revoke(NOW + timedelta(hours=1))
    assert not one.opens_with(right, NOW)
    assert one.revoked_at == NOW
    assert SECRET.encode() not in one.secret_hash


def test_two_live_keys_of_a_label_leave_no_room_for_a_third() -> None:
    two = [key("aaaaaa"), key("bbbbbb")]
    with pytest.raises(Conflict) as refused:
        check_room(two, "", NOW)
    assert refused.value.extra["live_keys"] == ["aaaaaa", "bbbbbb"]
    check_room(two, "other", NOW)
    two[0].revoke(NOW)
    check_room(two, "", NOW)
    check_room([key(expires_at=NOW), key("bbbbbb")], "", NOW)


def test_scopes_bind_applications_and_applications_bind_keys() -> None:
    principal = Principal("application", APP, "k", frozenset({Scope.MESSAGES_READ}))
    principal.require(Scope.MESSAGES_READ)
    with pytest.raises(Forbidden):
        principal.require(Scope.MESSAGES_WRITE)
    assert principal.act_on(APP) == APP
    with pytest.raises(NotFound):
        principal.act_on(UUID(int=8))
    assert Principal("operator", None, "k", ALL_SCOPES).act_on(UUID(int=8)) == UUID(int=8)


def test_scopes_are_the_agreed_ones() -> None:
    assert parse_scopes(sorted(ALL_SCOPES)) == ALL_SCOPES
    assert len(ALL_SCOPES) == 14
    for bad in (["messages:destroy"], []):
        with pytest.raises(InvalidInput):
            parse_scopes(bad)


def test_the_cache_forgets_after_its_time_on_expiry_and_when_told() -> None:
    cache = KeyCache(remember=timedelta(seconds=3))
    principal = Principal("application", APP, "k", ALL_SCOPES)
    cache.put("plain", principal, NOW, None)
    assert cache.get("plain", NOW + timedelta(seconds=2)) == principal
    assert cache.get("plain", NOW + timedelta(seconds=3)) is None
    cache.put("plain", principal, NOW, NOW + timedelta(seconds=1))
    assert cache.get("plain", NOW + timedelta(seconds=1)) is None
    cache.put("plain", principal, NOW, None)
    cache.forget("k")
    assert cache.get("plain", NOW) is None
