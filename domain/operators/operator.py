"""An operator: somebody who signs in to the dashboard with a password and a one-time code."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from domain.operators.roles import Right, Role
from domain.shared.errors import Forbidden, InvalidInput
from domain.shared.json_values import check_line, check_text

MAX_NAME: Final = 80
MAX_EMAIL: Final = 254
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
LANGUAGES: Final = ("ko", "en")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


@attrs.define(slots=True, kw_only=True)
class Operator:
    """Never deleted: the audit log speaks of them. `code_key` is the sealed secret behind the one-time codes."""

    id: UUID
    email: str
    name: str
    role: Role
    password_hash: str = attrs.field(repr=False)
    code_key: bytes = attrs.field(repr=False)
    code_key_id: str
    code_step: int = 0
    """The time step of the code that was used last: no code is good twice."""
    language: str | None = None
    """None: what the browser asks for."""
    created_at: datetime
    disabled_at: datetime | None = None
    signed_in_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    def may(self, right: Right) -> bool:
        return self.is_active and right in self.role.rights

    def check_may(self, right: Right) -> None:
        """Raise Forbidden, naming the right that is missing."""
        if not self.may(right):
            raise Forbidden(
                f"the role {self.role.value} does not have the right {right.value}",
                fix="ask an owner of this installation",
            )

    def use_code_step(self, step: int) -> bool:
        """Remember the step of a right code; False when a code of this step or a later one was used already."""
        if step <= self.code_step:
            return False
        self.code_step = step
        return True


def check_email(email: str) -> str:
    """The address in lower case, by which an operator signs in; raise InvalidInput."""
    found = email.strip().lower()
    check_line(found, field="email", longest=MAX_EMAIL, shortest=3)
    if not _EMAIL.fullmatch(found):
        raise InvalidInput(
            "email is not an address", field="email", fix="use an address such as kim@example.com"
        )
    return found


def check_name(name: str) -> str:
    """1 to 80 characters on one line; raise InvalidInput."""
    return check_line(name.strip(), field="name", longest=MAX_NAME)


def check_password(password: str, *, email: str, name: str) -> str:
    """Length is what counts (NIST SP 800-63B, 5.1.1.2); what is easily guessed is refused. Raise InvalidInput."""
    check_text(password, field="password")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(
            f"the password has {len(password)} characters",
            field="password",
            fix=f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, a sentence for example",
        )
    folded = password.casefold()
    if len(set(folded)) < 5 or folded in {email.casefold(), name.casefold()}:
        raise InvalidInput(
            "the password is easily guessed",
            field="password",
            fix="use a sentence that is about nothing public",
        )
    return password


def check_language(language: str | None) -> str | None:
    """ko, en or None; raise InvalidInput."""
    if language is not None and language not in LANGUAGES:
        raise InvalidInput("language is not known", field="language", fix="use ko or en")
    return language
