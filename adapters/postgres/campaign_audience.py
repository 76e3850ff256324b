"""Working out a campaign's audience in PostgreSQL: one REPEATABLE READ transaction, a constant number of statements."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import campaign_audience_sql as sql
from adapters.postgres.campaign_match import matching
from adapters.postgres.campaign_rows import campaign_from
from adapters.postgres.campaigns import store
from adapters.postgres.control import translated
from adapters.postgres.engine import to_json
from adapters.postgres.quota import read_terms, read_usage
from adapters.postgres.tables.campaigns import campaign as campaign_table
from application.ports.campaign_audience import (
    Assigned,
    Assignment,
    AudienceQuery,
    Difference,
    ExclusionCount,
    Gathered,
    Group,
    Sample,
    Speakers,
    Variant,
    Wave,
    WaveCount,
)
from application.ports.identifiers import Identifiers
from application.ports.quota import Usage
from domain.campaigns.campaign import Campaign
from domain.quota.terms import QuotaTerms
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import NotFound

AT_ONCE: Final = 2
"""Audiences that one process works out at a time: each holds a connection for seconds."""
LONGEST_AHEAD: Final = timedelta(days=10)
"""Between a launch and the last message of it that is due."""
_DEVICE: Final = (
    "device_model",
    "device_os",
    "device_language",
    "app_version",
    "sdk_version",
    "country_code",
    "external_id",
)
_CONTENTS: Final = sa.text("""
INSERT INTO campaign_content (campaign_id, variant, channel, language, body, template, names)
SELECT :campaign, v.variant, v.channel, v.language, v.body, v.template, string_to_array(v.names, chr(10))
FROM unnest(CAST(:variants AS smallint[]), CAST(:channels AS smallint[]), CAST(:languages AS text[]),
            CAST(:bodies AS jsonb[]), CAST(:templates AS jsonb[]), CAST(:names AS text[]))
     AS v (variant, channel, language, body, template, names)
""")


class PostgresCampaignAudience:
    """Implements `application.ports.campaign_audience.CampaignAudience` on the control engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers
        self._turns = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def work(
        self, application_id: UUID, campaign_id: UUID, *, launch: bool
    ) -> AsyncIterator[PostgresAudienceWork]:
        query = sa.select(campaign_table).where(
            campaign_table.c.id == campaign_id, campaign_table.c.application_id == application_id
        )
        async with self._turns, translated(), self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
            async with connection.begin():
                await connection.execute(sa.text("SET LOCAL work_mem = '64MB'"))
                row = (
                    (await connection.execute(query.with_for_update() if launch else query))
                    .mappings()
                    .first()
                )
                if row is None:
                    raise NotFound("there is no such campaign")
                yield PostgresAudienceWork(connection, campaign_from(row), self._identifiers)


class PostgresAudienceWork:
    """Implements `application.ports.campaign_audience.AudienceWork`."""

    def __init__(self, connection: AsyncConnection, campaign: Campaign, identifiers: Identifiers) -> None:
        self._connection = connection
        self._identifiers = identifiers
        self.campaign = campaign

    async def gather(self, query: AudienceQuery, now: datetime) -> Gathered:
        connection = self._connection
        for statement in (sql.CREATE_AUDIENCE, sql.CREATE_ASSIGNED):
            await connection.execute(sa.text(statement))
        await connection.execute(matching(query, self.campaign.application_id, now))
        await connection.execute(sa.text("ANALYZE audience"))
        groups = (await connection.execute(sa.text(sql.GROUPS))).all()
        speakers = (await connection.execute(sa.text(sql.SPEAKERS))).all()
        return Gathered(
            [
                Group(
                    key=row.key,
                    type=SubscriptionType(row.type),
                    tag_zone=row.tag_zone,
                    property_zone=row.property_zone,
                    country=row.country,
                    ad_consent=bool(row.ad),
                    night_consent=bool(row.night),
                    n=row.n,
                )
                for row in groups
            ],
            [Speakers(Channel(row.channel), row.language, row.n) for row in speakers],
        )

    async def assign(self, assignment: Assignment) -> Assigned:
        verdicts, spoken = assignment.verdicts, assignment.spoken
        dues = {wave.number: wave.due_at for wave in assignment.waves}
        await self._run(
            sql.assign(assignment.dedupe),
            channels=[int(one) for one in assignment.channels],
            keys=[one.group.key for one in verdicts],
            types=[int(one.group.type) for one in verdicts],
            waves=[one.wave for one in verdicts],
            dues=[None if one.wave is None else dues[one.wave] for one in verdicts],
            reasons=[one.reason for one in verdicts],
            notes=[one.zone_note for one in verdicts],
            spoken_channels=[int(one.speakers.channel) for one in spoken],
            languages=[one.speakers.language or "" for one in spoken],
            variants=[one.variant for one in spoken],
        )
        await self._connection.execute(sa.text("ANALYZE assigned"))
        if self.campaign.plan.topic is not None:
            await self._run(
                sql.TOPIC, topic=self.campaign.plan.topic, application=self.campaign.application_id
            )
        for rule in assignment.caps if dues else ():
            await self._run(
                sql.cap(rule),
                application=self.campaign.application_id,
                campaign=self.campaign.id,
                messages=rule.messages,
                window=rule.window,
                since=min(dues.values()) - rule.window - LONGEST_AHEAD,
            )
        digest = (await self._connection.execute(sa.text(sql.DIGEST))).one()
        waves = (await self._connection.execute(sa.text(sql.WAVE_COUNTS))).all()
        exclusions = (await self._connection.execute(sa.text(sql.EXCLUSION_COUNTS))).all()
        notes = (await self._connection.execute(sa.text(sql.ZONE_NOTES))).all()
        return Assigned(
            recipients=digest.n,
            waves=[WaveCount(row.wave, row.n) for row in waves],
            exclusions=[ExclusionCount(Channel(row.channel), row.excluded, row.n) for row in exclusions],
            digest=hashlib.sha256(f"{digest.n}:{digest.first}:{digest.second}".encode()).hexdigest(),
            zone_notes={row.zone_note: row.n for row in notes},
        )

    async def samples(self, per_channel: int) -> Sequence[Sample]:
        rows = (await self._run(sql.SAMPLES, each=per_channel)).mappings()
        return [
            Sample(
                subscription_id=row["id"],
                user_id=row["user_id"],
                channel=Channel(row["channel"]),
                variant=row["variant"],
                due_at=row["due_at"],
                tags=row["tags"] or {},
                properties=row["properties"] or {},
                device={name: row[name] for name in _DEVICE if row[name] is not None},
            )
            for row in rows
        ]

    async def terms(self) -> QuotaTerms:
        return await read_terms(self._connection, self.campaign.application_id)

    async def usage(self, day: date, month: date) -> Usage:
        return await read_usage(self._connection, self.campaign.application_id, day=day, month=month)

    async def difference(self, fingerprint: str, content_digest: str) -> Difference | None:
        known = await self._run(
            "SELECT content_digest FROM campaign_dry_run WHERE campaign_id = :campaign AND fingerprint = :fingerprint",
            campaign=self.campaign.id,
            fingerprint=fingerprint,
        )
        row = known.first()
        if row is None:
            return None
        counts = (
            await self._run(sql.ADDED_REMOVED, campaign=self.campaign.id, fingerprint=fingerprint)
        ).one()
        return Difference(counts.added, counts.removed, row.content_digest != content_digest)

    async def remember(self, fingerprint: str, content_digest: str, recipients: int, now: datetime) -> None:
        place = {"campaign": self.campaign.id, "fingerprint": fingerprint}
        await self._run(
            "DELETE FROM campaign_dry_run WHERE campaign_id = :campaign AND fingerprint = :fingerprint",
            **place,
        )
        await self._run(
            "INSERT INTO campaign_dry_run (campaign_id, fingerprint, content_digest, recipients, made_at)"
            " VALUES (:campaign, :fingerprint, :digest, :recipients, :now)",
            **place, digest=content_digest, recipients=recipients, now=now,
        )  # fmt: skip
        await self._run(sql.REMEMBER_PARTS, **place)
        await self._run(sql.FORGET_OLDER, campaign=self.campaign.id)

    async def materialise(self, waves: Sequence[Wave], variants: Sequence[Variant]) -> None:
        await store(self._connection, self.campaign, self._identifiers)
        await self._run(sql.RECIPIENTS, campaign=self.campaign.id)
        await self._run(
            sql.WAVES,
            campaign=self.campaign.id,
            numbers=[wave.number for wave in waves],
            types=[int(wave.type) for wave in waves],
            zones=[wave.zone for wave in waves],
            night=[wave.night_held for wave in waves],
            dues=[wave.due_at for wave in waves],
            expiries=[wave.expires_at for wave in waves],
            opens=[wave.open_from for wave in waves],
            closes=[wave.open_until for wave in waves],
            holds=[",".join(wave.holds) for wave in waves],
        )
        await self._connection.execute(
            _CONTENTS,
            {
                "campaign": self.campaign.id,
                "variants": [one.number for one in variants],
                "channels": [int(one.channel) for one in variants],
                "languages": [one.language for one in variants],
                "bodies": [to_json(dict(one.body)) for one in variants],
                "templates": [
                    None if one.template is None else to_json(dict(one.template)) for one in variants
                ],
                "names": ["\n".join(sorted(one.names)) for one in variants],
            },
        )

    async def _run(self, statement: str, **values: object) -> sa.CursorResult[Any]:
        return await self._connection.execute(sa.text(statement), values)
