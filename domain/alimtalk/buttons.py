"""Buttons of an AlimTalk: what each type must have, and whether given buttons are those of the template.

Source: Kakao's rules as Solapi and NHN Cloud document them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import attrs

from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_line

MOST_BUTTONS: Final = 5
LONGEST_NAME: Final = 14
LONGEST_LINK: Final = 500
ADD_CHANNEL: Final = "채널 추가"
CALL_NAMES: Final = ("전화 연결", "고객센터 연결", "상담원 연결")
TYPES: Final = ("WL", "AL", "DS", "BK", "MD", "BC", "BT", "AC", "BF", "P1", "P2", "P3", "TN")
"""Web link, app link, delivery search, bot keyword, message delivery, consultation, bot, add channel, business form,
three plug-ins, telephone."""
LINKS: Final = ("link_mo", "link_pc", "scheme_ios", "scheme_android")
KEYS: Final = ("type", "name", *LINKS, "tel")

_WEB: Final = re.compile(r"https?://\S+")
_PLACEHOLDER: Final = re.compile(r"#\{[^{}]*\}")
_PHONE: Final = re.compile(r"[\d-]{3,14}")


@attrs.frozen(slots=True)
class Button:
    """One button, in order of appearance."""

    type: str
    name: str
    link_mo: str = ""
    link_pc: str = ""
    scheme_ios: str = ""
    scheme_android: str = ""
    tel: str = ""

    @property
    def links(self) -> tuple[str, ...]:
        """Everything that may hold placeholders."""
        return (self.link_mo, self.link_pc, self.scheme_ios, self.scheme_android)

    def to_json(self) -> dict[str, Json]:
        """As the wire and the database hold it, without what is empty."""
        return {name: value for name in KEYS if (value := str(getattr(self, name)))}


def read_buttons(value: Json, *, field: str, most: int = MOST_BUTTONS) -> tuple[Button, ...]:
    """Buttons as somebody sent them; raise InvalidInput naming `field[0].name` and the like."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidInput(f"{field} must be a list", field=field, fix="send a JSON array of buttons")
    if len(value) > most:
        raise InvalidInput(f"{field} has {len(value)} buttons", field=field, fix=f"use at most {most}")
    return tuple(_read(one, f"{field}[{place}]") for place, one in enumerate(value))


def _read(value: Json, field: str) -> Button:
    if not isinstance(value, dict):
        raise InvalidInput(f"{field} must be an object", field=field, fix="send type, name and links")
    texts: dict[str, str] = {}
    for key, one in value.items():
        if key not in KEYS:
            _refuse(field, key, "is not known", f"use only {', '.join(KEYS)}")
        if one is None:
            continue
        if not isinstance(one, str):
            _refuse(field, key, "must be text", "send a string")
        texts[key] = check_line(one, field=f"{field}.{key}", longest=LONGEST_LINK, shortest=0)
    button = Button(texts.pop("type", ""), texts.pop("name", ""), **texts)
    check_button(button, field=field)
    return button


def check_button(button: Button, *, field: str) -> None:
    """Raise InvalidInput naming what the type lacks."""
    if button.type not in TYPES:
        _refuse(field, "type", "is no button type", f"use one of {', '.join(TYPES)}")
    if not button.name or len(button.name) > LONGEST_NAME:
        _refuse(field, "name", f"must have 1 to {LONGEST_NAME} characters", "shorten the name")
    if _PLACEHOLDER.search(button.name):
        _refuse(field, "name", "holds a placeholder", "use placeholders in links only")
    for key in ("link_mo", "link_pc"):
        link = getattr(button, key)
        if link and not _WEB.fullmatch(link) and not link.startswith("#{"):
            _refuse(field, key, "is no web address", "begin it with http:// or https://")
    if button.type == "WL" and not button.link_mo:
        _refuse(field, "link_mo", "is missing", "a web link needs a mobile address")
    if button.type == "AL" and sum(1 for link in button.links if link) < 2:
        _refuse(
            field, "scheme_ios", "is missing", "an app link needs two of scheme_ios, scheme_android, link_mo"
        )
    if button.type == "AC" and button.name != ADD_CHANNEL:
        _refuse(field, "name", "is fixed for this type", f"name it {ADD_CHANNEL}")
    if button.type == "TN":
        if not _PHONE.fullmatch(button.tel):
            _refuse(field, "tel", "is no phone number", "send digits and hyphens")
        if button.name not in CALL_NAMES:
            _refuse(field, "name", "is not allowed for this type", f"use one of {', '.join(CALL_NAMES)}")


def check_same(
    given: Sequence[Button], template: Sequence[Button], fill: Mapping[str, str], *, field: str
) -> None:
    """Raise InvalidInput naming the first button that is not the template's, its placeholders filled in."""
    if len(given) != len(template):
        raise InvalidInput(
            f"{field} has {len(given)} buttons; the approved template has {len(template)}",
            field=field,
            fix="leave buttons out: they are the template's",
        )
    for place, (one, approved) in enumerate(zip(given, template, strict=True)):
        for key in KEYS:
            wanted = filled(getattr(approved, key), fill)
            if getattr(one, key) not in ("", wanted) or (
                key in ("type", "name") and getattr(one, key) != wanted
            ):
                _refuse(
                    f"{field}[{place}]",
                    key,
                    "is not the approved template's",
                    f"send {wanted!r}, or leave it out",
                )


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders replaced; those without a value stay."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[0][2:-1], found[0]), text)


def _refuse(field: str, key: str, problem: str, fix: str) -> NoReturn:
    raise InvalidInput(f"{field}.{key} {problem}", field=f"{field}.{key}", fix=fix)
