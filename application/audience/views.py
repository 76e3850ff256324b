"""What the use cases of the audience answer with."""

from __future__ import annotations

from uuid import UUID

import attrs

from domain.applications.application import Application
from domain.audience.install import Install
from domain.audience.subscription import Subscription
from domain.shared.errors import SignalError


@attrs.frozen(slots=True)
class SubscriptionView:
    """A subscription with what lies outside of it; the plain token is for its owner only, never for a log."""

    subscription: Subscription
    external_id: str | None
    token: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(slots=True)
class Registered:
    """`created` is False when the subscription existed; the secret is there only when the install needs it."""

    subscription: Subscription
    external_id: str | None
    created: bool
    install_secret: str | None = attrs.field(default=None, repr=False)


RegistrationOutcome = Registered | SignalError
"""What became of one of several registrations, in their order."""


@attrs.frozen(slots=True)
class LinkedSubscription:
    """A subscription after a login or logout; `replaces` names the one that was merged into it."""

    subscription: Subscription
    replaces: UUID | None = None


@attrs.frozen(slots=True)
class LoggedIn:
    user_id: UUID
    external_id: str
    created: bool
    subscriptions: tuple[LinkedSubscription, ...]


LoginOutcome = LoggedIn | SignalError
"""What became of one of several logins, in their order."""


@attrs.frozen(slots=True)
class LoggedOut:
    """The subscriptions of the install; `user_id` of each is what it is now."""

    subscriptions: tuple[Subscription, ...]


@attrs.frozen(slots=True)
class AuthenticatedInstall:
    """Who an SDK's call comes from."""

    application: Application
    install: Install


@attrs.frozen(slots=True)
class KeysRotated:
    """`left` are secrets that no key at hand opens, or that kept changing; `conflicts` equal tokens under two keys."""

    tokens: int
    credentials: int
    left: int
    conflicts: int
