"""The plug-in contract: what a channel's folder or package exports as `plugin`, and what its providers can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from application.ports.channels import ChannelSender, ChannelSettings, CredentialCheck, Pacing
from application.ports.delivery_reports import CallbackReader
from application.ports.provider_settings import SettingField
from domain.messaging.content import Body
from domain.shared.channels import Channel, SubscriptionType


@attrs.frozen(slots=True)
class Capabilities:
    """What a provider can and cannot do; the pipeline goes by it."""

    claim_before_send: bool = False
    """True: a repeat costs money or is seen twice, so a send is claimed first and an unknown outcome never resent.
    False: a repeat replaces what came before (push)."""
    batch_size: int = 1
    """Recipients that one request carries at most."""
    callbacks: bool = False
    """It reports by calling `/v1/callbacks/<provider>/…`; `Provider.callbacks` reads that."""
    polls: bool = False
    """Its reports are asked for: `ChannelSender.poll`."""
    reports_by_mail: bool = False
    """Its reports come as messages to an address of ours: bounces."""
    looks_up: bool = False
    """It can be asked what became of a send: `ChannelSender.look_up`."""
    receipts: bool = False
    """Whoever gets a message can be expected to be reported as `received`: what waiting for a receipt needs."""
    bills_on_delivery: bool = False
    """A report of failure gives the quota back."""
    own_inbox: bool = False
    """It is this platform itself, where recipients come to fetch: no credential is stored, no address is needed."""


class Provider(Protocol):
    """One vendor of a channel."""

    @property
    def name(self) -> str:
        """Unique among all channels' providers, but for a vendor that serves several (Solapi: SMS and Kakao), whose
        name, settings and credential they share."""
        ...

    @property
    def types(self) -> Sequence[SubscriptionType]:
        """The subscription types it serves, within its channel."""
        ...

    @property
    def settings(self) -> Sequence[SettingField]: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def check_credential(self, fields: Mapping[str, str]) -> CredentialCheck:
        """Raise InvalidInput naming the field when these cannot work; no provider is contacted.

        `application.ports.provider_settings.check_fields` does what `settings` says.
        """
        ...

    def callbacks(self, settings: ChannelSettings) -> CallbackReader | None:
        """The reader of its callbacks; None when it makes none."""
        ...


class ChannelPlugin(Protocol):
    """What `adapters/channels/<name>/` or an entry point of the group `automata_signal.channels` exports."""

    @property
    def key(self) -> str:
        """The folder's or entry point's name, for logs and for people."""
        ...

    @property
    def channel(self) -> Channel: ...

    @property
    def types(self) -> Sequence[SubscriptionType]: ...

    @property
    def status_band(self) -> range:
        """The subscription codes that this channel's providers may set."""
        ...

    @property
    def providers(self) -> Mapping[str, Provider]:
        """By name. Which of them sends for an application is its setting `providers`, else the credential it stored
        last."""
        ...

    def check_content(self, content: Body, *, field: str) -> None:
        """Raise InvalidInput or ContentTooLarge when no recipient of this channel could be sent this."""
        ...

    def check_after_render(self, type: SubscriptionType, content: Body) -> None:
        """The size rules once more, on what one recipient gets after placeholders were filled in; raise
        ContentTooLarge or InvalidInput. Such a message fails, the others go on."""
        ...

    def check_address(self, type: SubscriptionType, address: str, *, field: str) -> str:
        """The canonical form of an address at registration, or raise InvalidInput. It gets what
        `domain.audience.address` made of it, and may be stricter; push tokens are not asked about."""
        ...

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """The sender of one process, for all its providers; connections are made when they are first needed."""
        ...
