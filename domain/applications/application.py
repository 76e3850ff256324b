"""The tenant: an application that registers an audience and sends it messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs

from domain.applications.settings import ApplicationSettings
from domain.shared.errors import Forbidden
from domain.shared.json_values import Json, check_line

MAX_NAME = 100


@attrs.define(slots=True)
class Application:
    """An inactive application is refused at every door and its queue is held."""

    id: UUID
    name: str
    settings: ApplicationSettings
    is_active: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def create(cls, id: UUID, name: str, settings: Mapping[str, Json], now: datetime) -> Application:
        """Raise InvalidInput for a bad name or setting."""
        return cls(
            id=id,
            name=check_name(name),
            settings=ApplicationSettings.from_json(settings),
            is_active=True,
            created_at=now,
            updated_at=now,
        )

    def update(
        self,
        now: datetime,
        *,
        name: str | None = None,
        settings: Mapping[str, Json] | None = None,
        is_active: bool | None = None,
    ) -> None:
        """Change what is not None; settings are merged key by key."""
        if name is not None:
            self.name = check_name(name)
        if settings is not None:
            self.settings = self.settings.changed_by(settings)
        if is_active is not None:
            self.is_active = is_active
        self.updated_at = now

    def check_active(self) -> None:
        """Raise Forbidden when the application was switched off."""
        if not self.is_active:
            raise Forbidden("the application is inactive", fix="ask the operator to activate it")


def check_name(name: str) -> str:
    """1 to 100 characters, no control characters, not only white space."""
    return check_line(name.strip(), field="name", longest=MAX_NAME)
