"""Deliver one leased chunk: check each message again, build envelopes, send, report. No transaction is open meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import attrs

from application.dispatch.claim_sends import ClaimSends
from application.dispatch.paced_send import PacedSend
from application.dispatch.rendering import Prepared, Rendering
from application.dispatch.settle_loop import SettleLoop
from application.dispatch.settlement import Settled
from application.ports.channels import ChannelSender, Credential, Envelope, SendBatch
from application.ports.clock import Clock
from application.ports.leased_chunk import Chunk, LoadedMessage
from application.ports.profiles import Profile
from application.ports.vault import SealBroken, Vault
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.event import Reason
from domain.messaging.lifecycle import WAITING
from domain.messaging.outcome import CredentialFault, NotAttempted, Outcome, Rejected, Unknown

log = logging.getLogger(__name__)

_WAITING = frozenset(int(status) for status in WAITING)
NO_CREDENTIAL = "no_credential"
AWAITING = -98
"""The status of a subscription that waits for its confirmation."""
NOT_CLAIMED_WAIT = 5.0
"""Seconds until messages are offered again whose claims could not be stored."""


class DeliverChunk:
    """`await deliver(chunk, messages, contents, credential, profile, may_start)`: every id of the chunk gets its outcome."""

    def __init__(
        self,
        senders: Mapping[int, ChannelSender],
        vault: Vault,
        rendering: Rendering,
        clock: Clock,
        settle: SettleLoop,
        claim: ClaimSends,
        paced_send: PacedSend | None = None,
    ) -> None:
        """`senders` by channel code; `paced_send` is what chunks of campaigns with a rate need."""
        self._senders = senders
        self._vault = vault
        self._rendering = rendering
        self._clock = clock
        self._settle = settle
        self._claim = claim
        self._paced_send = paced_send

    async def __call__(
        self,
        chunk: Chunk,
        messages: Mapping[UUID, LoadedMessage],
        contents: Mapping[UUID, Prepared],
        credential: Credential | None,
        profile: Profile | None,
        may_start: Callable[[], bool],
    ) -> None:
        environments = {} if profile is None else profile.apns_environments
        now = self._clock.now()
        refers = credential is not None and self._claim.refers(chunk.type, credential.provider)
        addressed = credential is None or self._claim.addresses(chunk.type, credential.provider)
        envelopes: list[Envelope] = []
        loaded: list[LoadedMessage] = []
        put = self._settle.put
        for id_ in chunk.message_ids:
            message = messages.get(id_)
            if message is None or message.status not in _WAITING:
                put(Settled(chunk, message, id_, None, attempted=False))
                continue
            content = contents.get(message.content_id)
            if content is not None:
                message.template_id = content.template_id
            ready = self._make_ready(chunk, message, content, now, addressed)
            if isinstance(ready, str):
                put(Settled(chunk, message, id_, Rejected(ready), attempted=False))
                continue
            token, body = ready
            loaded.append(message)
            envelopes.append(
                Envelope(
                    id_,
                    message.subscription_id,
                    token,
                    body,
                    message.attempts + 1,
                    message.test_type,
                    environments.get(message.test_type)
                    if message.environment is None
                    else message.environment,
                    message.expires_at,
                    message.app_version,
                    client_ref(id_, message.attempts + 1) if refers else "",
                )
            )
        if not envelopes:
            return
        if credential is None:
            chosen = None if profile is None else profile.providers.get(chunk.channel.wire)
            fault = CredentialFault(NO_CREDENTIAL, 0, provider=chosen)
            for message in loaded:
                put(Settled(chunk, message, message.id, fault, attempted=False))
            return
        claimed = self._claim.needed(chunk.type, credential.provider)
        if claimed:
            loaded, envelopes = await self._claim_all(chunk, loaded, envelopes, credential)
            if not envelopes:
                return
        await self._send(chunk, loaded, envelopes, credential, may_start, claimed)

    async def _claim_all(
        self,
        chunk: Chunk,
        loaded: list[LoadedMessage],
        envelopes: list[Envelope],
        credential: Credential,
    ) -> tuple[list[LoadedMessage], list[Envelope]]:
        """Those that may be sent; the others get their outcome here."""
        ours = await self._claim(chunk, credential.provider, envelopes)
        if ours is None:
            waits = NotAttempted("not_claimed", retry_after=NOT_CLAIMED_WAIT)
            for message in loaded:
                self._settle.put(Settled(chunk, message, message.id, waits, attempted=False, claimed=True))
            return [], []
        if len(ours) < len(loaded):
            before = Unknown("claimed_before")
            for message in loaded:
                if message.id not in ours:
                    self._settle.put(
                        Settled(chunk, message, message.id, before, attempted=True, claimed=True)
                    )
            loaded = [message for message in loaded if message.id in ours]
            envelopes = [envelope for envelope in envelopes if envelope.message_id in ours]
        return loaded, envelopes

    async def _send(
        self,
        chunk: Chunk,
        loaded: list[LoadedMessage],
        envelopes: list[Envelope],
        credential: Credential,
        may_start: Callable[[], bool],
        claimed: bool,
    ) -> None:
        put = self._settle.put
        started = time.monotonic()
        heals = claimed and self._claim.heals(chunk.type, credential.provider)
        reported = bytearray(len(envelopes))

        def report(index: int, outcome: Outcome) -> None:
            reported[index] = 1
            attempted = not isinstance(outcome, (NotAttempted, CredentialFault))
            if isinstance(outcome, CredentialFault):
                outcome = attrs.evolve(outcome, provider=credential.provider)
            message = loaded[index]
            latency = int((time.monotonic() - started) * 1000)
            put(
                Settled(
                    chunk,
                    message,
                    message.id,
                    outcome,
                    attempted,
                    latency,
                    claimed,
                    heals,
                    None,
                    credential.provider,
                )
            )

        batch = SendBatch(chunk.application_id, chunk.type, credential, envelopes, chunk.deadline)
        sender = self._senders[int(chunk.channel)]
        try:
            if chunk.pace is not None and self._paced_send is not None:
                bucket = f"campaign:{chunk.campaign_id}"
                await self._paced_send(sender, batch, report, may_start, bucket, chunk.pace)
            else:
                await sender.send(batch, report, may_start)
        finally:
            for index, done in enumerate(reported):
                if not done:
                    log.error(
                        "the channel left a message of chunk %s without outcome",
                        chunk.id,
                        extra={"message_id": str(loaded[index].id)},
                    )
                    report(index, NotAttempted("channel_failed", retry_after=5.0))

    def _make_ready(
        self,
        chunk: Chunk,
        message: LoadedMessage,
        content: Prepared | None,
        now: datetime,
        addressed: bool,
    ) -> tuple[str, Body] | str:
        """(token, body) of a message that may be sent, or why it must not be."""
        refusal = check_recipient(message, now, confirms=content is not None and content.confirms)
        if refusal is not None:
            return refusal
        token = self._open(chunk, message) if addressed else ""
        if token is None:
            return Reason.NO_TOKEN
        if content is None:
            return "content_gone"
        if content.compiled is None and content.fault is None:
            return token, content.body
        body = self._rendering.body_of(chunk, content, message)
        return body if isinstance(body, str) else (token, body)

    def _open(self, chunk: Chunk, message: LoadedMessage) -> str | None:
        if message.token is None:
            return None
        try:
            return self._vault.open(
                message.token,
                application_id=chunk.application_id,
                row=str(message.subscription_id),
                column="token",
            )
        except SealBroken:
            log.error(
                "the token of subscription %s cannot be opened",
                message.subscription_id,
                extra={"message_id": str(message.id)},
            )
            return None


def check_recipient(message: LoadedMessage, now: datetime, *, confirms: bool = False) -> str | None:
    """Why this message must not be sent now, or None (design: who a queued message is for).

    `confirms`: it asks for the confirmation of an address, and is for those who wait for one and for nobody else.
    """
    if message.expires_at is not None and message.expires_at <= now:
        return Reason.EXPIRED
    if message.subscription_status is None or message.is_archived:
        return Reason.SUBSCRIPTION_GONE
    if message.subscription_status != AWAITING if confirms else message.subscription_status < 1:
        return Reason.UNSUBSCRIBED
    if message.suppressed:
        return Reason.SUPPRESSED
    if message.overtaken:
        return Reason.ALREADY_RECEIVED
    if message.user_targeted and message.owner_id != message.user_id:
        return Reason.UNLINKED
    return None
