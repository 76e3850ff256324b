"""Revoke an API key for good."""

from __future__ import annotations

import attrs

from application.applications.commands import RevokeKeyCommand
from application.applications.key_cache import KeyCache
from application.ports.clock import Clock
from application.ports.keys import Keys
from domain.applications.api_key import ApiKey


@attrs.frozen(kw_only=True)
class RevokeKey:
    keys: Keys
    clock: Clock
    key_cache: KeyCache

    async def __call__(self, command: RevokeKeyCommand) -> ApiKey:
        """Raise NotFound; revoking twice keeps the first time."""
        now = self.clock.now()
        key = await self.keys.change(command.application_id, command.key_id, lambda found: found.revoke(now))
        self.key_cache.forget(key.id)
        return key
