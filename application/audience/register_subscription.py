"""Register one subscription, or find it again: a device's first contact, or a server's upload."""

from __future__ import annotations

from typing import Protocol

import attrs

from application.audience.commands import RegisterSubscriptionCommand, RegisterSubscriptionsCommand
from application.audience.views import Registered, RegistrationOutcome
from domain.shared.errors import SignalError


class Registrations(Protocol):
    """RegisterSubscriptions at once, or GatheredRegistrations together with others."""

    async def register(
        self, command: RegisterSubscriptionsCommand, *, identity_verified: bool
    ) -> tuple[RegistrationOutcome, ...]: ...


@attrs.frozen(kw_only=True)
class RegisterSubscription:
    """One is a batch of one."""

    register_subscriptions: Registrations

    async def __call__(self, command: RegisterSubscriptionCommand) -> Registered:
        """Upsert by token, by install and type, or by address and user.

        Raise InvalidInput naming the field; Unauthenticated when the install's secret (or an identity token that the
        application wants) is missing; NotFound, Forbidden for an unknown or inactive application.
        """
        (outcome,) = await self.register_subscriptions.register(
            RegisterSubscriptionsCommand(
                application_id=command.application_id,
                registrations=(command.registration,),
                source=command.source,
            ),
            identity_verified=command.identity_verified,
        )
        if isinstance(outcome, SignalError):
            raise outcome
        return outcome
