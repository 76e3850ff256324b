"""Claim before send: what costs money or is seen twice is written down before it starts (pipeline rule D5).

A message whose claim exists already was started by somebody who did not live to tell: its outcome is unknown, and it is never
sent again by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from uuid import UUID

from application.ports.channels import Envelope
from application.ports.claims import ClaimStore, NewClaim
from application.ports.clock import Clock
from application.ports.leased_chunk import Chunk
from application.ports.log_context import listed
from application.ports.provider_directory import ProviderDirectory
from domain.shared.channels import SubscriptionType
from domain.shared.errors import SignalError

log = logging.getLogger(__name__)


class ClaimSends:
    """`await claim(chunk, provider, envelopes)` answers the messages that may be sent, or None when none may."""

    def __init__(self, worker: UUID, store: ClaimStore, providers: ProviderDirectory, clock: Clock) -> None:
        self._worker = worker
        self._store = store
        self._providers = providers
        self._clock = clock

    def needed(self, type: SubscriptionType, provider: str) -> bool:
        """Whether this provider's sends are claimed."""
        return self._providers.capabilities(type, provider).claim_before_send

    def addresses(self, type: SubscriptionType, provider: str) -> bool:
        """Whether a send goes to an address or a token."""
        return not self._providers.capabilities(type, provider).own_inbox

    def refers(self, type: SubscriptionType, provider: str) -> bool:
        """Whether anything is ever asked or told about a send by its reference."""
        able = self._providers.capabilities(type, provider)
        return able.claim_before_send or able.callbacks or able.polls or able.looks_up or able.reports_by_mail

    def heals(self, type: SubscriptionType, provider: str) -> bool:
        """Whether nothing more is heard of a message once this provider took it."""
        able = self._providers.capabilities(type, provider)
        return able.claim_before_send and not (able.callbacks or able.polls or able.reports_by_mail)

    async def __call__(
        self, chunk: Chunk, provider: str, envelopes: Sequence[Envelope]
    ) -> Collection[UUID] | None:
        """None: the lease is lost, or it is not known whether the claims were stored; then nothing may be sent."""
        claims = [NewClaim(one.message_id, one.subscription_id, one.client_ref) for one in envelopes]
        try:
            return await self._store.claim(self._worker, chunk, provider, claims, self._clock.now())
        except SignalError as error:
            log.warning(
                "%d sends of chunk %s could not be claimed: %s",
                len(claims),
                chunk.id,
                error,
                extra={"message_ids": listed(one.message_id for one in claims)},
            )
            return None
