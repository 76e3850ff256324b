"""Tell whose key this is."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from application.applications.key_cache import KeyCache
from application.ports.clock import Clock
from application.ports.keys import Keys
from domain.applications.api_key import PlainKey
from domain.applications.principal import Principal
from domain.shared.errors import Forbidden, Unauthenticated

USE_RECORDED_EVERY: Final = timedelta(minutes=1)


@attrs.frozen(kw_only=True)
class AuthenticateKey:
    keys: Keys
    clock: Clock
    key_cache: KeyCache

    async def __call__(self, plain_key: str) -> Principal:
        """Raise Unauthenticated for anything but a live key, Forbidden when its application is inactive."""
        now = self.clock.now()
        known = self.key_cache.get(plain_key, now)
        if known is not None:
            return known
        plain = PlainKey.parse(plain_key)
        if plain is None:
            raise Unauthenticated("this is not an API key", fix="send Authorization: Bearer as_live_…")
        found = await self.keys.find(plain.id)
        if found is None or not found.key.opens_with(plain, now):
            raise Unauthenticated("this key is unknown, revoked or expired", fix="issue a new key")
        if not found.application_is_active:
            raise Forbidden("the application is inactive", fix="ask the operator to activate it")
        principal = found.key.principal()
        self.key_cache.put(plain_key, principal, now, found.key.expires_at)
        used = found.key.last_used_at
        if used is None or now - used >= USE_RECORDED_EVERY:
            await self.keys.record_use(plain.id, now)
        return principal
