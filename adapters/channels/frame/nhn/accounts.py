"""One NHN Cloud service as this process reaches it: host, breakers, credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Link
from adapters.channels.frame.nhn.http_calls import NhnCalls
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.transport import Host
from adapters.channels.frame.verdict import Rule
from application.ports.channels import ChannelSettings, Credential

KEPT: Final = 4_096


class NhnAccounts:
    """The breakers of the applications that this process lately sent for."""

    def __init__(
        self, settings: ChannelSettings, provider: str, usual_url: str, rule_for: Callable[[int], Rule]
    ) -> None:
        """`rule_for`: the service's own table of API result codes."""
        self._host = Host(settings.url(provider, usual_url), settings, http2=False)
        self._breakers: Recent[UUID, Breaker] = Recent(KEPT)
        self._rule_for = rule_for

    def calls(self, credential: Credential) -> NhnCalls:
        """Raise KeyError for a credential that is none of NHN's."""
        breaker = self._breaker(credential.application_id)
        return NhnCalls(self._host, credential.fields, breaker, self._rule_for)

    def link(self, application_id: UUID) -> Link:
        """This application's way to NHN Cloud."""
        return Link(self._host.slots, self._breaker(application_id))

    async def close(self) -> None:
        """Close the connections."""
        await self._host.close()

    def _breaker(self, application_id: UUID) -> Breaker:
        return self._breakers.get(application_id, Breaker)
