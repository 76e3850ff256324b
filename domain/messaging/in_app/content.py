"""What an in-app message may say (content version 1), read strictly: what a device could not show is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from domain.messaging.in_app.version_range import VersionRange
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

VERSION: Final = 1
LAYOUTS: Final = ("banner_top", "banner_bottom", "modal", "card", "image", "fullscreen")
ACTIONS: Final = ("dismiss", "url", "deeplink", "push_permission", "tag", "event")
KINDS: Final = ("event", "tag", "custom", "attr", "screen", "session_seconds", "seconds_since_last")
OPERATORS: Final = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "contains", "exists", "nexists")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)


@attrs.frozen(slots=True)
class Condition:
    """One comparison."""

    kind: str
    key: str
    op: str
    value: Json = None


@attrs.frozen(slots=True, kw_only=True)
class InAppRules:
    """All that decides whether a message may be shown; the rest of the content is only drawn."""

    triggers: tuple[tuple[Condition, ...], ...] = ()
    """One of the groups must hold, each of whose conditions must; none: always."""
    start: datetime | None = None
    end: datetime | None = None
    max_total: int | None = None
    min_gap_s: int | None = None
    per_session: int | None = None
    priority: int = 0
    quiet: tuple[int, int] | None = None
    """Minutes of the device's day, from and to; may go over midnight."""
    app_version: VersionRange | None = None
    sdk_version: VersionRange | None = None
    os: tuple[str, ...] = ()
    lang: tuple[str, ...] = ()
    holdout: bool = False


def read_rules(body: Mapping[str, Json], *, field: str = "content.in_app") -> InAppRules:
    """Check the whole content and answer its rules; raise InvalidInput naming what is wrong."""
    version = body.get("v", VERSION)
    if type(version) is not int or version != VERSION:
        raise InvalidInput(f"{field}.v is not {VERSION}", field=f"{field}.v", fix=f"send {VERSION}")
    _one_of(body.get("layout"), LAYOUTS, f"{field}.layout")
    _check_shown(_object(body.get("content"), f"{field}.content"), f"{field}.content")
    display = _object(body.get("display"), f"{field}.display")
    target = _object(body.get("target"), f"{field}.target")
    control = _object(body.get("control"), f"{field}.control")
    return InAppRules(
        triggers=_triggers(body.get("triggers"), f"{field}.triggers"),
        start=_moment(display.get("start"), f"{field}.display.start"),
        end=_moment(display.get("end"), f"{field}.display.end"),
        max_total=_count(display.get("max_total"), f"{field}.display.max_total"),
        min_gap_s=_count(display.get("min_gap_s"), f"{field}.display.min_gap_s"),
        per_session=_count(display.get("per_session"), f"{field}.display.per_session"),
        priority=_count(display.get("priority"), f"{field}.display.priority") or 0,
        quiet=_quiet(display.get("quiet"), f"{field}.display.quiet"),
        app_version=_range(target.get("app_version"), f"{field}.target.app_version"),
        sdk_version=_range(target.get("sdk_version"), f"{field}.target.sdk_version"),
        os=_texts(target.get("os"), f"{field}.target.os"),
        lang=_texts(target.get("lang"), f"{field}.target.lang"),
        holdout=control.get("holdout") is True,
    )


def ends_at(body: Mapping[str, Json]) -> datetime | None:
    """When the content stops being shown by its own rule; None where it names no readable time."""
    display = body.get("display")
    try:
        return _moment(display.get("end"), "display.end") if isinstance(display, Mapping) else None
    except InvalidInput:
        return None


def _check_shown(content: Mapping[str, Json], field: str) -> None:
    for name in ("title", "body"):
        value = content.get(name)
        if value is not None and not isinstance(value, str):
            raise InvalidInput(f"{field}.{name} is not text", field=f"{field}.{name}", fix="send a string")
    image = content.get("image")
    if image is not None:
        _link(_object(image, f"{field}.image").get("url"), f"{field}.image.url", only_https=True)
    if not content.get("title") and not content.get("body") and image is None:
        raise InvalidInput(f"{field} shows nothing", field=field, fix="give a title, a body or an image")
    seen: set[str] = set()
    for index, item in enumerate(_list(content.get("buttons"), f"{field}.buttons")):
        place = f"{field}.buttons[{index}]"
        button = _object(item, place)
        id_, text = button.get("id"), button.get("text")
        if not isinstance(id_, str) or not 0 < len(id_) <= 128 or id_ in seen:
            raise InvalidInput(f"{place}.id is missing or used twice", field=f"{place}.id", fix="name it")
        if not isinstance(text, str):
            raise InvalidInput(f"{place}.text is not text", field=f"{place}.text", fix="send a string")
        seen.add(id_)
        _check_action(_object(button.get("action"), f"{place}.action"), f"{place}.action")


def _check_action(action: Mapping[str, Json], field: str) -> None:
    kind = action.get("type")
    _one_of(kind, ACTIONS, f"{field}.type")
    if kind in ("url", "deeplink"):
        _link(action.get("value"), f"{field}.value", only_https=kind == "url")
    named = {"tag": "key", "event": "name"}.get(str(kind))
    if named is not None and not (isinstance(action.get(named), str) and action[named]):
        raise InvalidInput(f"{field}.{named} is missing", field=f"{field}.{named}", fix="send a name")


def _triggers(value: Json, field: str) -> tuple[tuple[Condition, ...], ...]:
    groups: list[tuple[Condition, ...]] = []
    for index, group in enumerate(_list(value, field)):
        conditions: list[Condition] = []
        for position, item in enumerate(_list(group, f"{field}[{index}]")):
            place = f"{field}[{index}][{position}]"
            one = _object(item, place)
            kind, op, key = one.get("kind"), one.get("op"), one.get("key", "")
            if not isinstance(key, str):
                raise InvalidInput(f"{place}.key is not text", field=f"{place}.key", fix="send a string")
            conditions.append(
                Condition(
                    _one_of(kind, KINDS, f"{place}.kind"),
                    key,
                    _one_of(op, OPERATORS, f"{place}.op"),
                    one.get("value"),
                )
            )
        groups.append(tuple(conditions))
    return tuple(groups)


def _one_of(value: Json, allowed: tuple[str, ...], field: str) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    raise InvalidInput(f"{field} is not known", field=field, fix=f"use one of {', '.join(allowed)}")


def _object(value: Json, field: str) -> Mapping[str, Json]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise InvalidInput(f"{field} is not an object", field=field, fix="send a JSON object")


def _list(value: Json, field: str) -> list[Json]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise InvalidInput(f"{field} is not a list", field=field, fix="send a JSON array")


def _texts(value: Json, field: str) -> tuple[str, ...]:
    texts = tuple(item for item in _list(value, field) if isinstance(item, str))
    if len(texts) != len(_list(value, field)):
        raise InvalidInput(f"{field} is not a list of texts", field=field, fix="send strings")
    return texts


def _count(value: Json, field: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9:
        return value
    raise InvalidInput(f"{field} is not a count", field=field, fix="send a whole number from 0 on")


def _moment(value: Json, field: str) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(f"{field} is no time with a zone", field=field, fix="use RFC 3339")
    return moment


def _quiet(value: Json, field: str) -> tuple[int, int] | None:
    if value is None:
        return None
    found = [_TIME.fullmatch(one) for one in _texts(value, field)]
    minutes = [int(one[1]) * 60 + int(one[2]) for one in found if one is not None]
    if len(found) != 2 or len(minutes) != 2:
        raise InvalidInput(f"{field} is no span of a day", field=field, fix='send ["22:00", "08:00"]')
    return minutes[0], minutes[1]


def _range(value: Json, field: str) -> VersionRange | None:
    if value is None:
        return None
    found = VersionRange.read(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidInput(f"{field} is no range of versions", field=field, fix="send '>=2.1.0 <4.0.0'")
    return found


def _link(value: Json, field: str, *, only_https: bool) -> None:
    usable = isinstance(value, str) and (
        value.startswith("https://") if only_https else _SCHEME.fullmatch(value)
    )
    if not usable:
        fix = "send an https address" if only_https else "send a link with a scheme"
        raise InvalidInput(f"{field} is not a link", field=field, fix=fix)
