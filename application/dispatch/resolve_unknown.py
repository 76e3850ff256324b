"""The reconciler's step for unknown outcomes: ask the provider, believe what it says, give up after a day.

Found means sent. Absent is believed fifteen minutes after the attempt, then the message is tried again. What is still unknown
after twenty-four hours fails, charged and flagged: it may have been sent, and it is never sent again by itself (pipeline rule D5).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from application.dispatch.settlement import Settled, SettlementBuilder
from application.ports.channels import ChannelSender, Inquiry, InquiryBatch
from application.ports.chunk_settlement import ChunkSettlement
from application.ports.claims import ClaimStore, UnknownSend
from application.ports.clock import Clock
from application.ports.credentials_source import CredentialSource
from application.ports.dispatch_store import WorkerStore
from application.ports.identifiers import Identifiers, Randomness
from application.ports.leased_chunk import Chunk, LoadedMessage
from application.ports.profiles import Profiles
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import SealBroken, Vault
from application.steps import each_of
from domain.messaging.event import Source
from domain.messaging.outcome import Absent, Deferred, Finding, Unknown

log = logging.getLogger(__name__)

AT_ONCE = 500
ABSENCE_COUNTS_AFTER = timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(hours=24)
NOT_SENT = "not_sent"

Verdict = Finding | None
"""None: given up."""


class ResolveUnknown:
    """`await resolve()` asks about what is due and answers how many messages were resolved."""

    def __init__(
        self,
        claims: ClaimStore,
        messages: WorkerStore,
        credentials: CredentialSource,
        senders: Mapping[int, ChannelSender],
        providers: ProviderDirectory,
        profiles: Profiles,
        vault: Vault,
        clock: Clock,
        identifiers: Identifiers,
        randomness: Randomness,
    ) -> None:
        """`senders` by channel code."""
        self._claims = claims
        self._messages = messages
        self._credentials = credentials
        self._senders = senders
        self._providers = providers
        self._profiles = profiles
        self._vault = vault
        self._clock = clock
        self._identifiers = identifiers
        self._randomness = randomness

    async def __call__(self) -> int:
        """Raise Unavailable when storage is away; a provider that is away leaves its sends unknown."""
        due = sorted(await self._claims.due(self._clock.now(), AT_ONCE), key=_group)
        groups = [list(some) for _, some in groupby(due, key=_group)]
        named = {f"message {some[0].message_id} and {len(some) - 1} more": some for some in groups}
        return await each_of(named, self._resolve)

    async def _resolve(self, sends: Sequence[UnknownSend]) -> int:
        first = sends[0]
        chunk = Chunk(
            self._identifiers.one(), first.application_id, first.reservation_id, first.type.channel, first.type,
            first.lane, 0, 0, sorted(one.message_id for one in sends),
        )  # fmt: skip
        loaded = await self._messages.load([chunk])
        findings = await self._ask(sends, loaded)
        now = self._clock.now()
        verdicts = {
            one.message_id: verdict
            for one, finding in zip(sends, findings, strict=True)
            for verdict in [_verdict(finding, now - one.claimed_at)]
            if not isinstance(verdict, Unknown)
        }
        decided = [one for one in sends if one.message_id in verdicts]
        if not decided:
            return 0
        profile = await self._profiles.of(first.application_id)
        publish = profile is not None and profile.events_enabled

        def build(open_: Collection[UUID]) -> list[ChunkSettlement]:
            resolved = SettlementBuilder(chunk, 1, now, self._randomness)
            given_up = SettlementBuilder(chunk, 2, now, self._randomness)
            for id_, verdict in verdicts.items():
                message = loaded.get(id_)
                if message is None or id_ not in open_:
                    continue
                # Its attempt was counted when it ended as unknown; the builder speaks of the attempt that ends now.
                message.attempts -= 1
                settled = Settled(
                    chunk,
                    message,
                    id_,
                    None,
                    attempted=False,
                    source=Source.RECONCILER,
                    provider=first.provider,
                )
                if verdict is None:
                    given_up.give_up(settled, message)
                else:
                    settled.outcome = Deferred(NOT_SENT) if isinstance(verdict, Absent) else verdict
                    resolved.add(settled)
            settlements = [resolved.finish(complete=False), given_up.finish(complete=False)]
            for settlement in settlements:
                settlement.publish = publish
            return settlements

        return await self._claims.resolve(decided, build, now)

    async def _ask(
        self, sends: Sequence[UnknownSend], loaded: Mapping[UUID, LoadedMessage]
    ) -> Sequence[Finding]:
        first = sends[0]
        sender = self._senders.get(int(first.type.channel))
        nobody = [Unknown("cannot_be_asked")] * len(sends)
        if sender is None or not self._providers.capabilities(first.type, first.provider).looks_up:
            return nobody
        credential = await self._credentials.current(first.application_id, first.provider)
        if credential is None:
            return nobody
        inquiries = [
            Inquiry(one.message_id, one.client_ref, self._recipient(one, loaded), one.claimed_at)
            for one in sends
        ]
        return await sender.look_up(InquiryBatch(first.application_id, first.type, credential, inquiries))

    def _recipient(self, send: UnknownSend, loaded: Mapping[UUID, LoadedMessage]) -> str:
        message = loaded.get(send.message_id)
        if message is None or message.token is None:
            return ""
        try:
            return self._vault.open(
                message.token,
                application_id=send.application_id,
                row=str(message.subscription_id),
                column="token",
            )
        except SealBroken:
            log.error(
                "the token of subscription %s cannot be opened",
                message.subscription_id,
                extra={"message_id": str(message.id)},
            )
            return ""


def _verdict(finding: Finding, age: timedelta) -> Verdict:
    if isinstance(finding, Absent) and age < ABSENCE_COUNTS_AFTER:
        finding = Unknown("absent_too_early")
    if isinstance(finding, Unknown) and age >= GIVEN_UP_AFTER:
        return None
    return finding


def _group(send: UnknownSend) -> tuple[UUID, str, int, UUID, int]:
    return send.application_id, send.provider, int(send.type), send.reservation_id, int(send.lane)
