"""What a page is given and what it answers: the visitor, the form, and the two kinds of routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal
from urllib.parse import parse_qsl
from uuid import UUID

import attrs
from starlette.requests import Request
from starlette.responses import Response

from domain.applications.application import Application
from domain.operators.operator import Operator
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput, NotFound, SignalError
from domain.shared.json_values import Json, check_text
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.dashboard.wording import Wording

FORM_LIMIT: Final = 1_048_576
MAX_FIELDS: Final = 400


class Form:
    """Fields of a posted form; a name may be given several times."""

    def __init__(self, fields: Mapping[str, list[str]] | None = None) -> None:
        self._fields = dict(fields or {})

    @classmethod
    def read(cls, body: bytes) -> Form:
        """Raise InvalidInput for what is no form."""
        try:
            pairs = parse_qsl(
                body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MAX_FIELDS
            )
        except (ValueError, UnicodeError):
            raise InvalidInput(
                "the form cannot be read", field="body", fix="send the page's own form"
            ) from None
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            check_text(name, field="body")
            check_text(value, field=name[:100])
            found.setdefault(name, []).append(value.replace("\r\n", "\n"))
        return cls(found)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __bool__(self) -> bool:
        return bool(self._fields)

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        values = self._fields.get(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        return list(self._fields.get(name, ()))

    def starting(self, prefix: str) -> dict[str, str]:
        """Fields whose name begins so, without the prefix."""
        return {
            name.removeprefix(prefix): values[-1]
            for name, values in self._fields.items()
            if name.startswith(prefix)
        }


@attrs.define(kw_only=True)
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    use_cases: DashboardUseCases
    operator: Operator
    words: Wording
    form_token: str
    application: Application | None = None
    form: Form = attrs.field(factory=Form)
    failure: SignalError | None = None
    """Why the form was refused; the page is shown again with what was typed."""

    @property
    def app(self) -> Application:
        """The application that the path names."""
        assert self.application is not None, "the path names no application"
        return self.application

    @property
    def app_url(self) -> str:
        return f"/dashboard/apps/{self.app.id}"

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def path_id(self, name: str) -> UUID:
        """Raise NotFound for what is no id."""
        try:
            return UUID(self.path(name))
        except ValueError:
            raise NotFound("there is no such page") from None

    def query(self, name: str) -> str | None:
        """A parameter of the address; None when it is left out or empty."""
        return self.request.query_params.get(name) or None

    def may(self, right: str) -> bool:
        return self.operator.may(Right(right))


@attrs.frozen
class Shown:
    """A page to render."""

    template: str
    values: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Changed:
    """What an action did: where to go on, and what the audit log keeps."""

    location: str = ""
    note: str = "saved"
    subject: str = ""
    before: Mapping[str, Json] = attrs.field(factory=dict)
    after: Mapping[str, Json] = attrs.field(factory=dict)
    shown: Shown | None = None
    """A page instead of a redirect, for what is shown once and never again."""
    response: Response | None = None
    """Instead of both: a file, or the way to one."""


Show = Callable[[Visit], Awaitable[Shown | Response]]
Perform = Callable[[Visit], Awaitable[Changed]]
Section = Literal[
    "applications", "overview", "campaigns", "templates", "segments", "people", "messages", "analytics", "quota",
    "exports", "alert_rules", "retention", "settings", "alerts", "operators", "audit", "health", "profile",
]  # fmt: skip


@attrs.frozen(kw_only=True)
class Page:
    """GET: shows something and changes nothing."""

    path: str
    section: Section
    show: Show
    right: Right = Right.READ


@attrs.frozen(kw_only=True)
class Action:
    """POST: changes something; the frame writes the audit log around it. `again` shows the form that was refused."""

    path: str
    section: Section
    name: str
    """In the audit log."""
    right: Right
    perform: Perform
    again: Show


@attrs.frozen(kw_only=True)
class Question:
    """POST: answers a form and changes nothing, so nothing is written down: previews, counts."""

    path: str
    section: Section
    right: Right
    answer: Show
