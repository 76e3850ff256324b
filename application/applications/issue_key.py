"""Issue an API key; the plain key is answered once and never again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from application.applications.commands import IssueKeyCommand
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers, Randomness
from application.ports.keys import Keys
from domain.applications.api_key import SECRET_BYTES, ApiKey, PlainKey, check_room
from domain.applications.scopes import ALL_SCOPES
from domain.shared.errors import InvalidInput


@attrs.frozen(slots=True)
class IssuedKey:
    key: ApiKey
    plain: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class IssueKey:
    keys: Keys
    clock: Clock
    identifiers: Identifiers
    randomness: Randomness

    async def __call__(self, command: IssueKeyCommand) -> IssuedKey:
        """Raise Conflict when two keys of this label are live, NotFound without such an application."""
        now = self.clock.now()
        return await self.issue_if(command, lambda existing: check_room(existing, command.label, now))

    async def issue_if(
        self, command: IssueKeyCommand, check: Callable[[Sequence[ApiKey]], None]
    ) -> IssuedKey:
        """Issue, unless `check` raises on the owner's keys; calls for one owner wait for each other."""
        if not command.scopes:
            raise InvalidInput("a key without scopes can do nothing", field="scopes", fix="name a scope")
        now = self.clock.now()
        plain = PlainKey(
            kind="operator" if command.application_id is None else "application",
            id=self.identifiers.one().hex[-16:],
            secret=self.randomness.secret(SECRET_BYTES),
        )
        key = ApiKey.issue(
            plain,
            application_id=command.application_id,
            label=command.label,
            scopes=ALL_SCOPES if command.application_id is None else command.scopes,
            now=now,
            expires_at=command.expires_at,
        )
        await self.keys.add(key, check)
        return IssuedKey(key, plain.text())
