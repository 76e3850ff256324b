"""Log out on an install: its subscriptions become anonymous and go on receiving general messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from application.audience.commands import LogoutCommand
from application.audience.history import store_changed
from application.audience.merging import check_known, merge
from application.audience.transact import transact
from application.audience.views import LoggedOut
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.applications.settings import LogoutScope
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason, ChangeSource
from domain.shared.channels import SubscriptionType


@attrs.frozen(kw_only=True)
class Logout:
    """Rows, tokens, tags and statuses stay as they are; the application's `logout_scope` says what is unlinked."""

    applications: Applications
    audience: Audience
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: LogoutCommand) -> LoggedOut:
        """Logging out twice changes nothing. Raise NotFound for a subscription that is not the install's."""
        application = await self.applications.get(command.application_id)
        application.check_active()
        scope = application.settings.logout_scope
        return await transact(self.audience, lambda unit: self._logout(unit, command, scope))

    async def _logout(self, unit: AudienceUnit, command: LogoutCommand, scope: LogoutScope) -> LoggedOut:
        now = self.clock.now()
        related = await unit.subscriptions.lock_related(
            command.application_id, indexes=[], install_ids=[command.install_id]
        )
        live = [one for one in related if not one.is_archived]
        check_known(command.subscription_ids, live)
        for one in live:
            if scope == "all" or not one.is_messaging_channel:
                one.unlink(source=ChangeSource.SDK, reason=ChangeReason.LOGOUT, now=now)
            one.touch(now)
        _merge_equal_addresses(live, now)
        await store_changed(unit.subscriptions, live, self.identifiers)
        return LoggedOut(tuple(one for one in live if not one.is_archived))


def _merge_equal_addresses(live: Sequence[Subscription], now: datetime) -> None:
    """Two users of a shared device may have had the same address; anonymous, the older subscription stands for it."""
    seen: dict[tuple[SubscriptionType, bytes], Subscription] = {}
    for one in live:
        if one.is_messaging_channel and one.user_id is None and one.token is not None:
            first = seen.setdefault((one.type, one.token.index), one)
            if first is not one:
                merge(one, first, now)
