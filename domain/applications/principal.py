"""Who is calling: an operator, who may act on any application, or one application's key."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import attrs

from domain.applications.scopes import Scope
from domain.shared.errors import Forbidden, NotFound

KeyKind = Literal["operator", "application"]


@attrs.frozen(slots=True)
class Principal:
    """What an authenticated key stands for; `application_id` is None for operators."""

    kind: KeyKind
    application_id: UUID | None
    key_id: str
    scopes: frozenset[Scope]

    @property
    def is_operator(self) -> bool:
        return self.kind == "operator"

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raise Forbidden, naming the scope that is missing."""
        if scope not in self.scopes:
            raise Forbidden(f"this key lacks the scope {scope}", fix="issue a key with this scope")

    def act_on(self, application_id: UUID) -> UUID:
        """Answer the id when this caller may act on that application; raise NotFound, which tells nothing, if not."""
        if not self.is_operator and application_id != self.application_id:
            raise NotFound("there is no such application")
        return application_id
