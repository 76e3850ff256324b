"""Application profiles for the pipeline, cached for two seconds: switching an application off takes effect within that."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from application.ports.profiles import Profile
from domain.applications.settings import ApplicationSettings
from domain.shared.errors import Unavailable

CACHED_FOR = 2.0
CACHE_SIZE = 10_000
_ENVIRONMENTS = {"production": 0, "sandbox": 1}


class PostgresProfiles:
    """Implements `application.ports.profiles.Profiles`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._cache: dict[UUID, tuple[float, Profile | None]] = {}

    async def of(self, application_id: UUID) -> Profile | None:
        """Raise Unavailable when PostgreSQL is away and nothing is cached."""
        cached = self._cache.get(application_id)
        if cached is not None and cached[0] > time.monotonic():
            return cached[1]
        try:
            profile = await self._read(application_id)
        except (Unavailable, *CONNECTION_ERRORS) as error:
            if cached is not None:
                return cached[1]
            raise Unavailable("the database is away") from error
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[application_id] = (time.monotonic() + CACHED_FOR, profile)
        return profile

    async def _read(self, application_id: UUID) -> Profile | None:
        async with raw_connection(self._engine) as connection:
            row = await connection.fetchrow(
                "SELECT is_active, settings FROM application WHERE id = $1", application_id
            )
        if row is None:
            return None
        settings = ApplicationSettings.from_json(row["settings"])
        timeout = settings.receipt_timeout_seconds
        return Profile(
            application_id=application_id,
            is_active=row["is_active"],
            time_zone=ZoneInfo(settings.time_zone),
            default_ttl=timedelta(seconds=settings.default_ttl_seconds),
            events_enabled=settings.events_enabled,
            apns_environments={
                test_type: _ENVIRONMENTS[name]
                for test_type, name in settings.apns_environment_by_test_type.items()
            },
            receipt_timeout=None if timeout is None else timedelta(seconds=timeout),
            topics=frozenset(topic.key for topic in settings.topics),
            providers=settings.providers,
        )
