"""Try an application's stored credentials at their providers: which of them would send, and what is wrong with the others.

Nothing is sent to anybody, and nothing is changed: a paused channel stays paused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from application.ports.applications import Applications
from application.ports.channels import ChannelSender, Credential, Tried, TriesCredentials
from application.ports.credentials import Credentials
from application.ports.credentials_source import CredentialSource
from application.ports.pauses import Pauses
from application.ports.provider_directory import ProviderDirectory
from domain.applications.channel_state import ChannelPause
from domain.messaging.outcome import Accepted, CredentialFault, Details, Rejected
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

UNREADABLE: Final = "unreadable"
"""Sealed under a key that this installation does not have."""
INVALID: Final = "invalid_credential"


class Finding(StrEnum):
    """What came of a trial."""

    SOUND = "sound"
    REFUSED = "refused"
    AWAY = "away"
    """The provider could not be asked, or did not answer; it says nothing about the credential."""
    UNUSED = "unused"
    """The provider serves this type, and the credential was stored without what that needs."""
    UNTRIED = "untried"
    """The provider offers no way to try one."""


@attrs.frozen(kw_only=True)
class CredentialFinding:
    """One credential, as the provider of one subscription type sees it."""

    provider: str
    version: int
    type: SubscriptionType
    finding: Finding
    reason: str | None = None
    """The provider's own word."""
    details: Details = attrs.field(factory=dict)
    notes: Details = attrs.field(factory=dict)
    """What the account says of itself."""
    sends: bool = False
    """Messages of this type go over this credential now."""
    pause: ChannelPause | None = None
    """The channel is held."""


@attrs.frozen(kw_only=True)
class CheckCredentials:
    """`await check(application_id, provider, senders)`; `provider` None: all that are stored."""

    applications: Applications
    credentials: Credentials
    source: CredentialSource
    pauses: Pauses
    providers: ProviderDirectory

    async def __call__(
        self, application_id: UUID, provider: str | None, senders: Mapping[int, ChannelSender]
    ) -> Sequence[CredentialFinding]:
        """`senders` by channel. Raise NotFound, InvalidInput for a provider that nobody knows, Unavailable."""
        application = await self.applications.get(application_id)
        if provider is not None and provider not in self.providers.names:
            raise InvalidInput(
                f"there is no provider {provider[:100]!r}",
                field="provider",
                fix=f"use one of {', '.join(self.providers.names)}",
            )
        paused = {one.type: one for one in await self.pauses.list(application_id)}
        found: list[CredentialFinding] = []
        for stored in sorted(await self.credentials.list(application_id), key=lambda one: one.provider):
            if provider not in (None, stored.provider):
                continue
            credential = await self.source.current(application_id, stored.provider)
            for type_ in self.providers.types_of(stored.provider):
                one = CredentialFinding(
                    provider=stored.provider,
                    version=stored.version,
                    type=type_,
                    finding=Finding.REFUSED,
                    reason=UNREADABLE,
                    pause=paused.get(type_),
                )
                if credential is not None:
                    sender = senders.get(int(type_.channel))
                    one = await _tried(one, credential, sender)
                    current = await self.source.for_type(
                        application_id, type_, application.settings.providers
                    )
                    one = attrs.evolve(one, sends=current is not None and current.provider == stored.provider)
                found.append(one)
        return _with_unused(found)


async def _tried(one: CredentialFinding, credential: Credential, sender: object) -> CredentialFinding:
    tried: Tried | None = None
    if isinstance(sender, TriesCredentials):
        tried = await sender.try_credential(one.type, credential)
    if tried is None:
        return attrs.evolve(one, finding=Finding.UNTRIED, reason=None)
    outcome = tried.outcome
    if isinstance(outcome, Accepted):
        return attrs.evolve(one, finding=Finding.SOUND, reason=None, notes=tried.notes)
    refused = isinstance(outcome, CredentialFault | Rejected)
    return attrs.evolve(
        one,
        finding=Finding.REFUSED if refused else Finding.AWAY,
        reason=getattr(outcome, "reason", None),
        details={**getattr(outcome, "details", {})},
        notes=tried.notes,
    )


def _with_unused(found: Sequence[CredentialFinding]) -> list[CredentialFinding]:
    """A vendor of two channels may well be stored for one of them."""
    sound = {one.provider for one in found if one.finding is Finding.SOUND}
    return [
        attrs.evolve(one, finding=Finding.UNUSED)
        if one.finding is Finding.REFUSED and one.reason == INVALID and one.provider in sound
        else one
        for one in found
    ]
