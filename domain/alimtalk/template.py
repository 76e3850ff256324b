"""An AlimTalk template: what Kakao approved, word for word, and the variables that may be filled in.

A message must be the approved text but for its placeholders `#{name}`; gateways charge for finding out, so it is
checked here first. Source: Kakao's rules as Solapi and NHN Cloud document them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final
from uuid import UUID

import attrs

from domain.alimtalk.buttons import LONGEST_LINK, Button, check_button, check_same, filled
from domain.shared.errors import ContentTooLarge, InvalidInput
from domain.shared.json_values import Json, check_line, check_text

LONGEST_TEXT: Final = 1_000
LONGEST_IMAGE_TEXT: Final = 700
"""Of image and item-list templates."""
ADD_CHANNEL_NOTE: Final = 40
"""Characters that Kakao adds to channel-add templates by itself."""
LONGEST_TITLE: Final = 50
LONGEST_HEADER: Final = 16
MOST_VARIABLES: Final = 40
MESSAGE_TYPES: Final = ("BA", "EX", "AD", "MI")
EMPHASES: Final = ("NONE", "TEXT", "IMAGE", "ITEM_LIST")
_PLACEHOLDER: Final = re.compile(r"#\{([^{}]*)\}")
_OPEN: Final = re.compile(r"#\{(?![^{}]*\})")
"""A variable that nobody closes: people would read it as it stands."""
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,50}")


class TemplateStatus(StrEnum):
    """Where a template stands with Kakao."""

    PENDING = "pending"
    """Registered, not yet handed in for review."""
    INSPECTING = "inspecting"
    APPROVED = "approved"
    REJECTED = "rejected"
    STOPPED = "stopped"
    """Blocked, or dormant after a year without use."""


@attrs.frozen(slots=True)
class Wording:
    """What a template says; a change of any of it is another template for Kakao."""

    text: str
    title: str = ""
    """The emphasised line, where there is one."""
    subtitle: str = ""
    header: str = ""
    extra: str = ""
    """Additional information, shown below the text and counted with it."""
    message_type: str = "BA"
    emphasis: str = "NONE"
    buttons: tuple[Button, ...] = ()

    @cached_property
    def variables(self) -> frozenset[str]:
        """Every name between `#{` and `}`, wherever it stands."""
        links = [link for button in self.buttons for link in button.links]
        return frozenset(
            name
            for text in (self.text, self.title, self.header, *links)
            for name in _PLACEHOLDER.findall(text)
        )

    @property
    def longest(self) -> int:
        """Characters that the text may have once it is filled in."""
        limit = LONGEST_IMAGE_TEXT if self.emphasis in ("IMAGE", "ITEM_LIST") else LONGEST_TEXT
        return limit - len(self.extra) - (ADD_CHANNEL_NOTE if self.message_type in ("AD", "MI") else 0)

    @property
    def hash(self) -> str:
        """Tells two wordings apart."""
        parts = [
            self.text,
            self.title,
            self.subtitle,
            self.header,
            self.extra,
            self.message_type,
            self.emphasis,
            [button.to_json() for button in self.buttons],
        ]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@attrs.frozen(slots=True)
class Filled:
    """A template with its variables filled in, as a person will read it."""

    text: str
    title: str
    buttons: tuple[Button, ...]


@attrs.frozen(slots=True)
class KakaoTemplate:
    """A template of one application at one provider, as it was when the provider was last asked."""

    application_id: UUID
    provider: str
    code: str
    """The provider's name for it: what a message names."""
    name: str
    status: TemplateStatus
    wording: Wording
    category: str = ""
    comment: str = ""
    """The reviewer's last words, when it was rejected."""
    checked_at: datetime | None = None
    """When the provider was last asked."""

    @property
    def is_sendable(self) -> bool:
        """Kakao delivers nothing else."""
        return self.status is TemplateStatus.APPROVED

    def fill(self, values: Mapping[str, Json], *, field: str, buttons: tuple[Button, ...] = ()) -> Filled:
        """The message of these variables; raise InvalidInput or ContentTooLarge naming the variable or button at fault.

        `buttons`, if given, must be the template's.
        """
        texts = {name: as_text(value, field=f"{field}.variables.{name}") for name, value in values.items()}
        self.check_names(texts, field=field)
        wording = self.wording
        read = Filled(
            filled(wording.text, texts),
            filled(wording.title, texts),
            tuple(_fill_button(button, texts) for button in wording.buttons),
        )
        self._check_lengths(read, filled(wording.header, texts), field)
        if buttons:
            check_same(buttons, wording.buttons, texts, field=f"{field}.buttons")
        return read

    def check_names(self, names: Collection[str], *, field: str) -> None:
        """Every placeholder needs a value, and every value a placeholder; raise InvalidInput naming one that is alone."""
        known = self.wording.variables
        for name in sorted(known - set(names)):
            raise InvalidInput(
                f"the template {self.code} has the variable #{{{name}}}, which got no value",
                field=f"{field}.variables.{name}",
                fix="give it a value",
            )
        for name in sorted(set(names) - known):
            raise InvalidInput(
                f"the approved text of {self.code} has no variable #{{{name}}}",
                field=f"{field}.variables.{name}",
                fix=f"use only {', '.join(sorted(known))}" if known else "leave variables out",
            )

    def _check_lengths(self, read: Filled, header: str, field: str) -> None:
        for what, text, limit in (
            ("text", read.text, self.wording.longest),
            ("title", read.title, LONGEST_TITLE),
            ("header", header, LONGEST_HEADER),
        ):
            if len(text) > limit:
                raise ContentTooLarge(
                    f"the {what} of {self.code} has {len(text)} characters with its variables filled in; "
                    f"at most {limit} are carried",
                    field=f"{field}.variables",
                    fix="shorten a variable",
                )
        for button in read.buttons:
            if any(len(link) > LONGEST_LINK for link in button.links):
                raise ContentTooLarge(
                    f"a link of the button {button.name!r} has more than {LONGEST_LINK} characters",
                    field=f"{field}.variables",
                    fix="shorten a variable",
                )


def as_text(value: Json, *, field: str) -> str:
    """A variable's value as it is printed; raise InvalidInput for what is not text or a number, and for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidInput(f"{field} is not text", field=field, fix="send a string or a number")
    text = str(value)
    check_text(text, field=field)
    if not text.strip():
        raise InvalidInput(f"{field} is empty", field=field, fix="give it a value")
    if "#{" in text:
        raise InvalidInput(f"{field} holds a placeholder", field=field, fix="send the value itself")
    return text


def read_variables(value: Json, *, field: str) -> Mapping[str, Json]:
    """A message's variables as somebody sent them, `name` or `#{name}`; raise InvalidInput naming the one at fault."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be an object", field=field, fix="send names and values")
    if len(value) > MOST_VARIABLES:
        raise InvalidInput(
            f"{field} has {len(value)} entries", field=field, fix=f"use at most {MOST_VARIABLES}"
        )
    found: dict[str, Json] = {}
    for given, one in value.items():
        name = given[2:-1] if given.startswith("#{") and given.endswith("}") else given
        check_line(name, field=f"{field} (a name)", longest=100)
        as_text(one, field=f"{field}.{name}")
        if name in found:
            raise InvalidInput(f"{field}.{name} is given twice", field=f"{field}.{name}", fix="give it once")
        found[name] = one
    return found


def check_wording(wording: Wording, *, field: str = "") -> None:
    """Raise InvalidInput naming the field for a template that Kakao would send back."""
    at = f"{field}." if field else ""
    check_text(wording.text, field=f"{at}text")
    if not wording.text.strip() or len(wording.text) > LONGEST_TEXT:
        raise InvalidInput(
            f"{at}text must have 1 to {LONGEST_TEXT} characters", field=f"{at}text", fix="shorten the text"
        )
    for name, limit in (("title", LONGEST_TITLE), ("subtitle", LONGEST_TITLE), ("header", LONGEST_HEADER)):
        check_line(getattr(wording, name), field=f"{at}{name}", longest=limit, shortest=0)
    check_text(wording.extra, field=f"{at}extra")
    for name in ("text", "title", "subtitle", "header", "extra"):
        if _OPEN.search(getattr(wording, name)):
            _refuse(f"{at}{name}", "has a variable that is not closed", "write it #{name}")
    if wording.message_type not in MESSAGE_TYPES:
        _refuse(f"{at}message_type", "is not known", f"use one of {', '.join(MESSAGE_TYPES)}")
    if wording.emphasis not in ("NONE", "TEXT"):
        _refuse(f"{at}emphasis", "is registered in the provider's console only", "use NONE or TEXT here")
    if (wording.emphasis == "TEXT") != bool(wording.title):
        _refuse(f"{at}title", "belongs to the emphasis TEXT, and to nothing else", "give both or neither")
    if (wording.message_type in ("EX", "MI")) != bool(wording.extra):
        _refuse(f"{at}extra", "belongs to the message types EX and MI", "give both or neither")
    for name in wording.variables:
        if not name.strip() or name != name.strip() or "." in name:
            _refuse(
                f"{at}text", f"has a variable #{{{name}}} that gateways do not know", "use letters and digits"
            )
    if len(wording.variables) > MOST_VARIABLES:
        _refuse(f"{at}text", "has too many variables", f"use at most {MOST_VARIABLES}")
    for place, button in enumerate(wording.buttons):
        check_button(button, field=f"{at}buttons[{place}]")
    adds_channel = any(button.type == "AC" for button in wording.buttons)
    if adds_channel != (wording.message_type in ("AD", "MI")):
        _refuse(
            f"{at}buttons",
            "and message_type do not go together",
            "AC buttons are for AD and MI, which need one",
        )
    if adds_channel and wording.buttons[0].type != "AC":
        _refuse(f"{at}buttons", "have the AC button in the wrong place", "put it first")


def check_code(code: str, *, field: str, longest: int = 50) -> str:
    """A template code as gateways know them; raise InvalidInput otherwise."""
    if not is_code(code) or len(code) > longest:
        raise InvalidInput(
            f"{field} is no template code", field=field, fix=f"use up to {longest} letters, digits, - and _"
        )
    return code


def is_code(text: str) -> bool:
    """Whether this could be a template code."""
    return _CODE.fullmatch(text) is not None


def _fill_button(button: Button, values: Mapping[str, str]) -> Button:
    return attrs.evolve(
        button,
        link_mo=filled(button.link_mo, values),
        link_pc=filled(button.link_pc, values),
        scheme_ios=filled(button.scheme_ios, values),
        scheme_android=filled(button.scheme_android, values),
    )


def _refuse(field: str, problem: str, fix: str) -> None:
    raise InvalidInput(f"{field} {problem}", field=field, fix=fix)
