"""Give a new installation its first operator key."""

from __future__ import annotations

import attrs

from application.applications.commands import IssueKeyCommand
from application.applications.issue_key import IssuedKey, IssueKey
from application.ports.clock import Clock
from application.ports.keys import Keys
from domain.shared.errors import Conflict


@attrs.frozen(kw_only=True)
class EnsureOperatorKey:
    keys: Keys
    clock: Clock
    issue: IssueKey

    async def __call__(self) -> IssuedKey | None:
        """The key, to be printed once; None when a live one exists, also when another process was quicker."""
        now = self.clock.now()
        if any(key.is_live(now) for key in await self.keys.list(None)):
            return None
        try:
            return await self.issue(IssueKeyCommand(application_id=None, label="first"))
        except Conflict:
            return None
