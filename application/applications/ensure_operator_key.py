"""Give a new installation its first operator key."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.applications.commands import IssueKeyCommand
from application.applications.issue_key import IssuedKey, IssueKey
from application.ports.clock import Clock
from application.ports.keys import Keys
from domain.applications.api_key import ApiKey
from domain.shared.errors import Conflict


@attrs.frozen(kw_only=True)
class EnsureOperatorKey:
    keys: Keys
    clock: Clock
    issue: IssueKey

    async def __call__(self) -> IssuedKey | None:
        """The key, to be printed once; None when a live one exists, also when another process was quicker."""
        if self._has_live(await self.keys.list(None)):
            return None
        try:
            return await self.issue.issue_if(
                IssueKeyCommand(application_id=None, label="first"), self._check_none_live
            )
        except Conflict:
            return None

    def _has_live(self, keys: Sequence[ApiKey]) -> bool:
        now = self.clock.now()
        return any(key.is_live(now) for key in keys)

    def _check_none_live(self, keys: Sequence[ApiKey]) -> None:
        if self._has_live(keys):
            raise Conflict("another process issued the first operator key")
