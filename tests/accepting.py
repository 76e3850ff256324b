"""Accepting and reading messages on a real database, wired as in production."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.channels.push import plugin
from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from adapters.postgres.accept import PostgresAcceptStore
from adapters.postgres.profiles import PostgresProfiles
from adapters.postgres.templates import PostgresTemplates
from adapters.templating.engine import LiquidTemplating
from application.messaging.accept_group import AcceptGroup
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.rendered import Rendered
from application.messaging.scripts import Scripts
from application.ports.channel_plugins import ChannelPlugin
from application.ports.sealed_variables import SealedVariables
from domain.shared.channels import Channel


def new_sealed_variables() -> SealedVariables:
    """Under a key of its own."""
    return SealedVariables(AesGcmVault(Keyring.generate()))


def accept_group(
    engine: AsyncEngine, bells: Any, clock: Any, ids: Any, variables: SealedVariables | None = None
) -> AcceptGroup:
    """`engine` may keep plans."""
    seal = (variables or new_sealed_variables()).seal
    return AcceptGroup(PostgresAcceptStore(engine, ids), bells, clock, ids, seal)


def accept_messages(
    group: AcceptGroup,
    engine: AsyncEngine,
    clock: Any,
    *,
    window: float = 0.004,
    plugins: Mapping[Channel, ChannelPlugin] = MappingProxyType({Channel.PUSH: plugin}),
) -> AcceptMessagesUseCase:
    """For push, unless other plug-ins are given; `engine` plans anew."""
    scripts = Scripts(PostgresTemplates(engine), LiquidTemplating(), plugins)
    return AcceptMessagesUseCase(group, PostgresProfiles(engine), plugins, scripts, clock, window=window)


def rendered(variables: SealedVariables | None = None) -> Rendered:
    """For readers of messages."""
    return Rendered(LiquidTemplating(), variables or new_sealed_variables())
