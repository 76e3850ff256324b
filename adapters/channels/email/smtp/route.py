"""The SMTP route: one mail a transaction over pooled connections, at each domain's rate, and what a reply makes of it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final
from uuid import UUID

from adapters.channels.email import codes
from adapters.channels.email.brake import Brake
from adapters.channels.email.letter import Mail
from adapters.channels.email.letters import Letters
from adapters.channels.email.marks import Doors
from adapters.channels.email.smtp.relay import Relay
from adapters.channels.email.smtp.replies import POLICY, Stage, reply_outcome, rule_for
from adapters.channels.email.smtp.session import CLOSING, Lost, NotConnected, Reply
from adapters.channels.email.smtp.settings import PROVIDER, SmtpSettings
from adapters.channels.frame.courier import Link
from adapters.channels.frame.pacer import Pacer
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.trust import trust
from application.ports.channels import ChannelSettings, Credential, Envelope, Pacing, SendBatch, Tried
from domain.messaging.links import LinkKeys
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Outcome,
    Rejected,
)
from domain.shared.errors import InvalidInput

KEPT: Final = 1_024
"""Credentials whose relay is kept in memory."""
PLAUSIBLE: Final = re.compile(r"[!-;=?-~]{1,64}@[a-z0-9.-]{4,253}\Z")
"""What may stand between < and > of RCPT; registration checks more."""


class SmtpRoute:
    """The relays of this process."""

    provider = PROVIDER
    claims = True

    def __init__(self, settings: ChannelSettings, pacing: Pacing, keys: LinkKeys) -> None:
        self._settings = settings
        self._pacing = pacing
        self._keys = keys
        self._doors = Doors(settings.public_url)
        self._tls = trust(settings.extra_ca_pem)
        self._relays: Recent[tuple[UUID, int], Relay] = Recent(KEPT, Relay.drop)

    async def open(self, batch: SendBatch) -> SmtpCourier | Outcome:
        """A courier, or CredentialFault when the stored settings cannot work."""
        stored = batch.credential
        try:
            relay = self._relays.get(
                (stored.application_id, stored.version),
                lambda: self._relay(SmtpSettings.from_fields(stored.fields)),
            )
        except (InvalidInput, KeyError) as error:
            field = error.field if isinstance(error, InvalidInput) else str(error)
            return CredentialFault("invalid_credential", stored.version, details={"field": field})
        letters = Letters(relay.settings.account, self._doors, self._keys, batch.application_id)
        return SmtpCourier(batch, relay, letters, self._pacing)

    async def try_credential(self, credential: Credential) -> Tried:
        """Connect, secure, introduce, log in, and leave."""
        relay = self._relay(SmtpSettings.from_fields(credential.fields))
        try:
            session = await relay.lease(fresh=True)
        except NotConnected as error:
            return Tried(unconnected(error, credential.version))
        notes = {} if session.largest is None else {"largest_mail_bytes": session.largest}
        await session.quit()
        return Tried(Accepted(), notes)

    async def close(self) -> None:
        """Leave every relay."""
        for relay in self._relays:
            await relay.close()
        self._relays.clear()

    def _relay(self, settings: SmtpSettings) -> Relay:
        return Relay(
            settings.at(self._settings),
            self._tls,
            most=max(1, min(settings.connections, self._settings.max_in_flight)),
            timeout=self._settings.request_timeout,
        )


class SmtpCourier:
    """Sends one batch's envelopes through a relay."""

    def __init__(self, batch: SendBatch, relay: Relay, letters: Letters, pacing: Pacing) -> None:
        self._version = batch.credential.version
        self._relay = relay
        self._letters = letters
        self._pacers: dict[str, Pacer] = {}
        self._application_id = batch.application_id
        self._brake = Brake(pacing)
        if relay.settings.rates:
            for domain, count in Counter(_domain(one.token) for one in batch.envelopes).items():
                rate = relay.settings.rate(domain)
                if rate is not None:
                    self._pacers[domain] = Pacer(pacing, self._bucket(domain), rate, count)
        self.pacer: Pacer | None = None
        """That of the domain placed last: it is asked for right after `place`, without a pause in between."""

    def place(self, envelope: Envelope) -> Link | Outcome:
        """The relay's link, or what is to be said of an envelope that no transaction is worth."""
        pause = self._relay.pause
        if pause:
            return NotAttempted("policy_refusals", retry_after=pause)
        if not PLAUSIBLE.match(envelope.token):
            return Rejected("malformed_address", subscription_code=codes.INVALID)
        letter = self._letters.of(envelope.content)
        if isinstance(letter, Rejected):
            return letter
        self.pacer = self._pacers.get(_domain(envelope.token)) if self._pacers else None
        return self._relay.link

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome:
        """One transaction; once more on a new connection when a used one turns out to be dead before the mail was handed
        over."""
        mail = self._letters.mail(envelope)
        if isinstance(mail, Rejected):
            link.breaker.abandon()
            return mail
        fresh = False
        while True:
            try:
                answer = await self._transact(mail, fresh=fresh)
            except NotConnected as error:
                return self._unconnected(error, link)
            if answer is None:
                fresh = True
                continue
            result = self._read(answer, envelope, link)
            domain = _domain(envelope.token)
            if isinstance(result, Deferred) and result.throttle and domain in self._pacers:
                await self._brake.pull(self._bucket(domain), result.retry_after or 0.0)
            return result

    def _bucket(self, domain: str) -> str:
        return f"smtp:{self._application_id}:{domain}"

    async def _transact(self, mail: Mail, *, fresh: bool) -> Reply | Outcome | None:
        """A reply, or what became of the mail without one; None: a used connection was dead, nothing was sent."""
        session = await self._relay.lease(fresh=fresh)
        used = session.sent > 0
        if session.largest is not None and len(mail.content) > session.largest:
            self._relay.give_back(session)
            return Rejected(
                "message_too_large", bug=True, details={"size": len(mail.content), "limit": session.largest}
            )
        try:
            reply = await session.send(mail)
        except Lost as lost:
            if used and not fresh and not lost.handed_over and lost.reason != "timeout":
                return None
            return Deferred(lost.reason, unknown=lost.handed_over)
        if reply.code == CLOSING and reply.stage is Stage.MAIL and used and not fresh:
            session.close()
            return None
        if reply.code == CLOSING:
            session.close()
        self._relay.give_back(session)
        return reply

    def _read(self, answer: Reply | Outcome, envelope: Envelope, link: Link) -> Outcome:
        if isinstance(answer, Deferred):
            link.breaker.fail(shared=answer.reason == "connection_lost")
            return answer
        link.breaker.succeed()
        if not isinstance(answer, Reply):
            return answer
        if answer.is_accepted:
            self._relay.note(policy=False)
            return Accepted(_queue_id(answer.text) or envelope.client_ref)
        result = reply_outcome(
            answer.code,
            answer.text,
            stage=answer.stage,
            attempt=envelope.attempt,
            credential_version=self._version,
        )
        policy = rule_for(answer.code, answer.text, answer.stage) is POLICY
        if self._relay.note(policy=policy) and isinstance(result, Rejected):
            # An alert: this many refusals say something about the sender.
            return Rejected(result.reason, soft=result.soft, bug=True, details=result.details)
        return result

    def _unconnected(self, error: NotConnected, link: Link) -> Outcome:
        if error.refused:
            link.breaker.abandon()
        else:
            link.breaker.fail()
        return unconnected(error, self._version)


def unconnected(error: NotConnected, version: int) -> Outcome:
    """What it means that no connection came about."""
    if error.refused:
        said = None if error.reply is None else f"{error.reply[0]} {error.reply[1]}"[:300]
        return CredentialFault(error.reason, version, details={"reply": said})
    if error.reply is not None:
        waiting = reply_outcome(*error.reply, credential_version=version)
        if isinstance(waiting, Deferred):
            return waiting
    return Deferred(error.reason)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


_QUEUED: Final = re.compile(r"\b(?:queued as|id=|Ok:? )\s*<?([A-Za-z0-9._-]{6,100})", re.IGNORECASE)


def _queue_id(text: str) -> str | None:
    """The relay's own name for the mail, as Postfix, Exim and SES say it."""
    found = _QUEUED.search(text)
    return None if found is None else found[1]
