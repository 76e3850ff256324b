"""What an application may set for itself; every key has a default, every refusal names its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from domain.applications.topics import Topic, check_topics, topics_from
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

LogoutScope = Literal["all", "push"]
ApnsEnvironment = Literal["production", "sandbox"]

CONFIRMED_CHANNELS: Final = ("email", "sms")
"""Channels that know double opt-in."""
CONTENT_DAYS: Final = (30, 3650)
"""For how long contents may be kept: longer than any message waits, so that none is sent without its words."""
MAX_TTL_SECONDS: Final = 28 * 86_400
"""FCM keeps a message four weeks at most (FCM HTTP v1, AndroidConfig.ttl)."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){0,2}")
_ENVIRONMENTS: Final[Mapping[int, ApnsEnvironment]] = {0: "production", 1: "sandbox", 2: "sandbox"}


@attrs.frozen(slots=True)
class ApplicationSettings:
    """Typed settings; `from_json` and `changed_by` check what comes from outside."""

    time_zone: str = "Asia/Seoul"
    """IANA zone of the quota's days and months."""
    default_language: str = "ko"
    logout_scope: LogoutScope = "all"
    """What a logout unlinks: every subscription of the install, or only push and in-app."""
    receipt_timeout_seconds: int | None = None
    """A sent message without a receipt fails after this long; null: never."""
    events_enabled: bool = True
    """Message events are published to NATS."""
    default_ttl_seconds: int = 259_200
    identity_token_required: bool = False
    min_sdk_version: str | None = None
    """Apps with an older SDK are refused."""
    deprecated_sdk_version: str | None = None
    """Apps with an SDK older than this are told so, by the header Deprecation."""
    receipts_enabled: bool = True
    """SDKs report what was received, opened and displayed."""
    metrics_sample: float = 0.0
    """Share of installs, 0 to 1, whose SDK reports how it does."""
    apns_environment_by_test_type: Mapping[int, ApnsEnvironment] = attrs.field(
        factory=lambda: dict(_ENVIRONMENTS)
    )
    """The specification's test_type (0 production, 1 development, 2 ad-hoc) to the APNs host tried first."""
    providers: Mapping[str, str] = attrs.field(factory=dict)
    """Channel → provider that sends for it; without a choice the provider whose credential was stored last."""
    advertising: Mapping[str, Json] | None = None
    """How campaigns that are advertising are worded and held at night; read by the campaigns' own rules. null: not set up."""
    double_opt_in: frozenset[str] = frozenset()
    """Channels (email, sms) on which a new address waits until its owner has confirmed it."""
    content_retention_days: int | None = None
    """What messages said is removed after so many days; null: with the messages, when the installation drops them."""
    topics: tuple[Topic, ...] = ()
    """What recipients can choose to hear about, as the preference page lists them."""

    @classmethod
    def from_json(cls, changes: Mapping[str, Json]) -> ApplicationSettings:
        """Defaults, changed by what is given; raise InvalidInput naming `settings.<key>`."""
        return cls().changed_by(changes)

    def changed_by(self, changes: Mapping[str, Json]) -> ApplicationSettings:
        """A copy with some keys changed; unknown keys and unusable values raise InvalidInput naming the field."""
        checked = self.to_json()
        for key, value in changes.items():
            if key not in _CHECKS:
                raise InvalidInput(
                    f"settings.{key} is not a setting",
                    field=f"settings.{key}",
                    fix=f"use one of {', '.join(_CHECKS)}",
                )
            _CHECKS[key](f"settings.{key}", value)
            checked[key] = value
        return settings_from(checked)

    def to_json(self) -> dict[str, Json]:
        """Every setting, as the wire and the database hold them."""
        return {
            "time_zone": self.time_zone,
            "default_language": self.default_language,
            "logout_scope": self.logout_scope,
            "receipt_timeout_seconds": self.receipt_timeout_seconds,
            "events_enabled": self.events_enabled,
            "default_ttl_seconds": self.default_ttl_seconds,
            "identity_token_required": self.identity_token_required,
            "min_sdk_version": self.min_sdk_version,
            "deprecated_sdk_version": self.deprecated_sdk_version,
            "receipts_enabled": self.receipts_enabled,
            "metrics_sample": self.metrics_sample,
            "apns_environment_by_test_type": {
                str(test_type): environment
                for test_type, environment in self.apns_environment_by_test_type.items()
            },
            "providers": dict(self.providers),
            "advertising": None if self.advertising is None else dict(self.advertising),
            "double_opt_in": {name: name in self.double_opt_in for name in CONFIRMED_CHANNELS},
            "content_retention_days": self.content_retention_days,
            "topics": [topic.to_json() for topic in self.topics],
        }


def settings_from(checked: Mapping[str, Json]) -> ApplicationSettings:
    """Settings from JSON whose every value was checked before; keys that are missing keep their defaults."""
    default = ApplicationSettings()
    environments = dict(_ENVIRONMENTS)
    given = checked.get("apns_environment_by_test_type")
    if isinstance(given, Mapping):
        environments.update(
            {int(key): "sandbox" if value == "sandbox" else "production" for key, value in given.items()}
        )
    return ApplicationSettings(
        time_zone=_text(checked, "time_zone", default.time_zone),
        default_language=_text(checked, "default_language", default.default_language),
        logout_scope="push" if checked.get("logout_scope") == "push" else "all",
        receipt_timeout_seconds=_integer(checked, "receipt_timeout_seconds"),
        events_enabled=_flag(checked, "events_enabled", default.events_enabled),
        default_ttl_seconds=_integer(checked, "default_ttl_seconds") or default.default_ttl_seconds,
        identity_token_required=_flag(checked, "identity_token_required", default.identity_token_required),
        min_sdk_version=_text(checked, "min_sdk_version", "") or None,
        deprecated_sdk_version=_text(checked, "deprecated_sdk_version", "") or None,
        receipts_enabled=_flag(checked, "receipts_enabled", default.receipts_enabled),
        metrics_sample=_share_of(checked, "metrics_sample"),
        apns_environment_by_test_type=environments,
        providers=_texts(checked, "providers"),
        advertising=_object(checked, "advertising"),
        double_opt_in=_switched_on(checked.get("double_opt_in")),
        content_retention_days=_integer(checked, "content_retention_days"),
        topics=topics_from(checked.get("topics")),
    )


def _text(values: Mapping[str, Json], key: str, default: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else default


def _texts(values: Mapping[str, Json], key: str) -> dict[str, str]:
    value = values.get(key)
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}


def _integer(values: Mapping[str, Json], key: str) -> int | None:
    value = values.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(values: Mapping[str, Json], key: str) -> Mapping[str, Json] | None:
    value = values.get(key)
    return value if isinstance(value, dict) else None


def _flag(values: Mapping[str, Json], key: str, default: bool) -> bool:
    value = values.get(key)
    return value if isinstance(value, bool) else default


def _share_of(values: Mapping[str, Json], key: str) -> float:
    value = values.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


Check = Callable[[str, Json], None]


def _zone(field: str, value: Json) -> None:
    if not isinstance(value, str) or not _is_zone(value):
        raise InvalidInput(
            f"{field} is not a time zone", field=field, fix="use an IANA name such as Asia/Seoul"
        )


def _is_zone(name: str) -> bool:
    try:
        return ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _matches(pattern: re.Pattern[str], example: str, *, nullable: bool = False) -> Check:
    def check(field: str, value: Json) -> None:
        if (value is None and nullable) or (isinstance(value, str) and pattern.fullmatch(value)):
            return
        raise InvalidInput(f"{field} is not usable", field=field, fix=f"send text such as {example!r}")

    return check


def _one_of(*allowed: str) -> Check:
    def check(field: str, value: Json) -> None:
        if value not in allowed:
            raise InvalidInput(f"{field} is not known", field=field, fix=f"use one of {', '.join(allowed)}")

    return check


def _between(low: int, high: int, *, nullable: bool) -> Check:
    def check(field: str, value: Json) -> None:
        if value is None and nullable:
            return
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            fix = f"send a whole number from {low} to {high}" + (" or null" if nullable else "")
            raise InvalidInput(f"{field} is out of range", field=field, fix=fix)

    return check


def _boolean(field: str, value: Json) -> None:
    if not isinstance(value, bool):
        raise InvalidInput(f"{field} is not a boolean", field=field, fix="send true or false")


def _share(field: str, value: Json) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:  # type: ignore[operator]
        raise InvalidInput(
            f"{field} is not a share",
            field=field,
            fix="send a number from 0 to 1, as 0.05 for one install in twenty",
        )


def _environments(field: str, value: Json) -> None:
    fix = "send an object from 0, 1, 2 to production or sandbox"
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} is not an object", field=field, fix=fix)
    for key, environment in value.items():
        if key not in ("0", "1", "2") or environment not in ("production", "sandbox"):
            raise InvalidInput(f"{field}.{key} is not usable", field=f"{field}.{key}", fix=fix)


def _providers(field: str, value: Json) -> None:
    fix = 'send an object from channel to provider, such as {"sms": "twilio"}'
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} is not an object", field=field, fix=fix)
    for channel, provider in value.items():
        try:
            Channel.from_wire(channel)
        except ValueError as error:
            raise InvalidInput(f"{field}.{channel}: {error}", field=f"{field}.{channel}", fix=fix) from None
        if not isinstance(provider, str):
            raise InvalidInput(f"{field}.{channel} is not text", field=f"{field}.{channel}", fix=fix)


def _confirmed_channels(field: str, value: Json) -> None:
    fix = 'send an object such as {"email": true, "sms": false}'
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} is not an object", field=field, fix=fix)
    for channel, wanted in value.items():
        if channel not in CONFIRMED_CHANNELS or not isinstance(wanted, bool):
            raise InvalidInput(f"{field}.{channel} is not usable", field=f"{field}.{channel}", fix=fix)


def _switched_on(value: Json) -> frozenset[str]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return frozenset(name for name, wanted in pairs if wanted is True)


def _object_or_null(field: str, value: Json) -> None:
    if value is not None and not isinstance(value, dict):
        raise InvalidInput(f"{field} is not an object", field=field, fix="send an object, or null")


_CHECKS: Final[Mapping[str, Check]] = {
    "time_zone": _zone,
    "default_language": _matches(_LANGUAGE, "ko"),
    "logout_scope": _one_of("all", "push"),
    "receipt_timeout_seconds": _between(60, 30 * 86_400, nullable=True),
    "events_enabled": _boolean,
    "default_ttl_seconds": _between(1, MAX_TTL_SECONDS, nullable=False),
    "identity_token_required": _boolean,
    "min_sdk_version": _matches(_VERSION, "1.2.0", nullable=True),
    "deprecated_sdk_version": _matches(_VERSION, "1.2.0", nullable=True),
    "receipts_enabled": _boolean,
    "metrics_sample": _share,
    "apns_environment_by_test_type": _environments,
    "providers": _providers,
    "advertising": _object_or_null,
    "double_opt_in": _confirmed_channels,
    "content_retention_days": _between(*CONTENT_DAYS, nullable=True),
    "topics": check_topics,
}
