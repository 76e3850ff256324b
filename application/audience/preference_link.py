"""Make the signed link to a recipient's preference page, for an application to put into its messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import attrs

from application.audience.preferences import NOBODY
from application.ports.audience import Audience
from application.ports.clock import Clock
from domain.messaging.links import LIFETIME, LinkKeys, Purpose
from domain.shared.errors import NotFound


@attrs.frozen(slots=True)
class PreferencePage:
    """`token` is all the authority there is: who has it sees and changes that recipient's choices."""

    token: str = attrs.field(repr=False)
    expires_at: datetime


@attrs.frozen(kw_only=True)
class PreferenceLink:
    audience: Audience
    links: LinkKeys
    clock: Clock

    async def __call__(self, application_id: UUID, subscription_id: UUID) -> PreferencePage:
        """For the subscription's user, or for itself alone while it is nobody's. Raise NotFound."""
        async with self.audience.begin() as unit:
            one = await unit.subscriptions.get(application_id, subscription_id)
        if one.is_archived:
            raise NotFound("there is no such subscription")
        now = self.clock.now().replace(microsecond=0)
        token = self.links.signer(application_id).token(
            Purpose.PREFERENCES, one.user_id or NOBODY, one.id, int(now.timestamp())
        )
        return PreferencePage(token, now + timedelta(seconds=LIFETIME[Purpose.PREFERENCES]))
