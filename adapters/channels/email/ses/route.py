"""The SES route: the accounts of this process, and for each batch the courier that its account wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from adapters.channels.email.brake import Brake
from adapters.channels.email.content import read_mail_content
from adapters.channels.email.letters import Letters
from adapters.channels.email.marks import Doors
from adapters.channels.email.ses.couriers import SesBulkCourier, SesCourier
from adapters.channels.email.ses.endpoint import Endpoint
from adapters.channels.email.ses.requests import BulkContent, SendBulkEmail
from adapters.channels.email.ses.settings import PROVIDER, SesSettings
from adapters.channels.email.ses.sigv4 import Signer
from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.pacer import Pacer
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.transport import Host
from application.ports.channels import ChannelSettings, Credential, Pacing, SendBatch, Tried
from domain.messaging.links import LinkKeys
from domain.messaging.outcome import CredentialFault, Outcome
from domain.shared.errors import InvalidInput

KEPT: Final = 1_024
"""Credentials whose account is kept in memory."""


class SesRoute:
    """The hosts, one per region, and the accounts of this process."""

    provider = PROVIDER
    claims = True

    def __init__(self, settings: ChannelSettings, pacing: Pacing, keys: LinkKeys) -> None:
        self._settings = settings
        self._pacing = pacing
        self._keys = keys
        self._doors = Doors(settings.public_url)
        self._hosts: dict[str, Host] = {}
        self._endpoints: Recent[tuple[UUID, int], Endpoint] = Recent(KEPT)

    async def open(self, batch: SendBatch) -> SesCourier | SesBulkCourier | Outcome:
        """A courier for single requests, or for fifty recipients a request where the account wants that and the batch
        has one content; CredentialFault when the stored settings cannot work."""
        stored = batch.credential
        try:
            endpoint = self._endpoints.get(
                (stored.application_id, stored.version), lambda: self._endpoint(stored.fields)
            )
        except (InvalidInput, KeyError) as error:
            field = error.field if isinstance(error, InvalidInput) else str(error)
            return CredentialFault("invalid_credential", stored.version, details={"field": field})
        if endpoint.settings.bulk:
            bulk = self._bulk(batch, endpoint)
            if bulk is not None:
                return bulk
        letters = Letters(endpoint.settings.account, self._doors, self._keys, batch.application_id)
        rate = await endpoint.allowed_rate()
        pacer = None
        if rate is not None:
            pacer = Pacer(self._pacing, endpoint.bucket, rate, len(batch.envelopes))
        return SesCourier(stored.version, endpoint, letters, pacer)

    async def try_credential(self, credential: Credential) -> Tried:
        """GetAccount: what SES says that the account may send, and whether it does."""
        outcome, notes = await self._endpoint(credential.fields).tried(credential.version)
        return Tried(outcome, notes)

    async def close(self) -> None:
        """Close the connections to every region."""
        for host in self._hosts.values():
            await host.close()

    def _endpoint(self, fields: Mapping[str, str]) -> Endpoint:
        settings = SesSettings.from_fields(fields)
        url = self._settings.url(PROVIDER, f"https://email.{settings.region}.amazonaws.com")
        host = self._hosts.get(url)
        if host is None:
            host = self._hosts[url] = Host(url, self._settings, http2=False)
        signer = Signer(
            settings.access_key_id,
            settings.secret_access_key,
            region=settings.region,
            service="ses",
            session_token=settings.session_token,
        )
        return Endpoint(settings, host, urlsplit(url).netloc, signer, Breaker(), Brake(self._pacing))

    def _bulk(self, batch: SendBatch, endpoint: Endpoint) -> SesBulkCourier | None:
        bodies = {id(one.content): one.content for one in batch.envelopes}
        if len(bodies) != 1 or len(batch.envelopes) < 2:
            return None
        account = endpoint.settings.account
        try:
            content = read_mail_content(next(iter(bodies.values())), field="content")
        except InvalidInput:
            return None
        bulk = BulkContent.of(content, account, self._doors)
        if bulk is None or (content.sender or account.mailbox).domain not in account.domains:
            return None
        request = SendBulkEmail(
            content,
            bulk,
            account,
            endpoint.settings.configuration_set,
            self._doors,
            self._keys.signer(batch.application_id),
        )
        return SesBulkCourier(batch.credential.version, endpoint, request)
