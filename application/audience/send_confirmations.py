"""Send the messages that ask for a confirmation, and forget what waited too long.

A registration leaves a row that is due. Whoever takes it makes a new code and a new link, writes them down, and only then
sends: a message that arrives always fits what is stored. Cut off between the two, it is sent again with another code.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

import attrs

from application.ports.clock import Clock
from application.ports.confirmation_post import ConfirmationLetter, ConfirmationPost
from application.ports.confirmations import ConfirmationQueue, DueConfirmation
from application.ports.identifiers import Identifiers, Randomness
from application.ports.vault import Vault
from application.steps import each_of
from domain.audience.confirmation import CODE_HOLDS, code_from, wait_before_sending
from domain.messaging.links import LinkKeys, Purpose
from domain.shared.errors import SignalError

log = logging.getLogger(__name__)

AT_ONCE: Final = 100
TRIED_AGAIN: Final = timedelta(seconds=60)
"""Until a message is tried again that could not be sent, or whose sender died."""


@attrs.frozen(kw_only=True)
class SendConfirmations:
    confirmations: ConfirmationQueue
    post: ConfirmationPost
    vault: Vault
    links: LinkKeys
    randomness: Randomness
    identifiers: Identifiers
    clock: Clock

    async def __call__(self) -> int:
        """How many were sent or had expired. Raise Unavailable when storage is away."""
        now = self.clock.now()
        done = await self.confirmations.expire(now, AT_ONCE)
        due = await self.confirmations.due(now, now + TRIED_AGAIN, AT_ONCE)
        named = {f"subscription {one.subscription_id}": one for one in due}
        return done + await each_of(named, lambda one: self._send(one, now))

    async def _send(self, one: DueConfirmation, now: datetime) -> bool:
        wait = wait_before_sending(one.sent, now)
        if wait:
            await self.confirmations.put_off(one.subscription_id, now + wait)
            return False
        confirmation_id = self.identifiers.one()
        code = code_from(self.randomness.uniform())
        hashed, key_id = self.vault.blind_index(
            f"{confirmation_id} {code}", application_id=one.application_id
        )
        until = min(now + CODE_HOLDS[one.type], one.pending_until)
        if not await self.confirmations.issue(one.subscription_id, confirmation_id, hashed, key_id, until):
            return False
        signer = self.links.signer(one.application_id)
        token = signer.token(Purpose.CONFIRM, confirmation_id, one.subscription_id, int(now.timestamp()))
        letter = ConfirmationLetter(
            application_id=one.application_id,
            application_name=one.application_name,
            subscription_id=one.subscription_id,
            type=one.type,
            language=one.language,
            code=code,
            link_token=token,
            lifetime_seconds=max(1, int((until - now).total_seconds())),
        )
        try:
            await self.post(letter)
        except SignalError as error:
            log.warning("a confirmation of application %s has to wait: %s", one.application_id, error.code)
            return False
        await self.confirmations.sent(one.subscription_id, confirmation_id, now)
        return True
