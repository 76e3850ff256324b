"""Read and acknowledge alerts of an application; read and set its policy."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs

from application.ports.alerts import Alerts
from application.ports.applications import Applications
from application.ports.clock import Clock
from domain.alerting.policy import Policy
from domain.applications.channel_state import Alert
from domain.shared.errors import NotFound
from domain.shared.json_values import Json


@attrs.frozen(kw_only=True)
class AlertCommand:
    """Names one alert, and who asks."""

    application_id: UUID
    alert_id: UUID
    actor: str = ""
    """The id of the key, or of the operator."""


@attrs.frozen(kw_only=True)
class ReadAlert:
    alerts: Alerts

    async def __call__(self, command: AlertCommand) -> Alert:
        """Raise NotFound."""
        found = await self.alerts.read(command.application_id, command.alert_id)
        if found is None:
            raise NotFound("there is no such alert")
        return found


@attrs.frozen(kw_only=True)
class AcknowledgeAlert:
    alerts: Alerts
    clock: Clock

    async def __call__(self, command: AlertCommand) -> Alert:
        """Somebody looks at it: nobody else is told. Again changes nothing. What no rule watches ends with it.

        Raise NotFound.
        """
        found = await self.alerts.acknowledge(
            command.application_id, command.alert_id, command.actor, self.clock.now()
        )
        if found is None:
            raise NotFound("there is no such alert")
        return found


@attrs.frozen(kw_only=True)
class ReadAlertPolicy:
    applications: Applications
    alerts: Alerts

    async def __call__(self, application_id: UUID) -> Policy:
        """The defaults, where nothing was set. Raise NotFound without such an application."""
        await self.applications.get(application_id)
        return await self.alerts.policy(application_id) or Policy()


@attrs.frozen(kw_only=True)
class SetAlertPolicy:
    alerts: Alerts
    clock: Clock

    async def __call__(self, application_id: UUID, given: Mapping[str, Json]) -> Policy:
        """Replace it; what is not given is its default. Raise InvalidInput naming the field, NotFound without such an application."""
        policy = Policy.from_json(given)
        await self.alerts.set_policy(application_id, policy, self.clock.now())
        return policy
