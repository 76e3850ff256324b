"""Evaluate every application's rules, then tell whoever is next on the ladder; a step of the scheduler."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs

from application.ports.alerting import AlertMail, AlertRules, Untold
from application.ports.clock import Clock
from application.steps import each_of
from domain.alerting.policy import Policy
from domain.alerting.rules import Finding, findings, of_installation


@attrs.frozen(kw_only=True)
class EvaluateAlerts:
    """Several schedulers are harmless: an alert is one row, and a mail has one key."""

    rules: AlertRules
    mail: AlertMail
    clock: Clock

    async def __call__(self) -> int:
        """Answer 0, so that the next round waits its time. Raise Unavailable when the database is away."""
        now = self.clock.now()
        await self.rules.sample(now)
        overview = await self.rules.overview(now)
        policies = await self.rules.policies()
        usual = Policy()
        found: dict[UUID | None, Sequence[Finding]] = {
            id_: list(findings(figures, policies.get(id_, usual)))
            for id_, figures in overview.applications.items()
        }
        everybody = of_installation(
            fresh_workers=overview.fresh_workers,
            due_chunks=overview.due_chunks,
            outbox_seconds=overview.outbox_seconds,
        )
        found[None] = list(everybody)
        await self.rules.keep(found, now)

        async def tell(one: Untold) -> None:
            assert one.alert.application_id is not None
            await self._tell(one, policies.get(one.alert.application_id, usual))

        await each_of({f"alert {one.alert.id}": one for one in await self.rules.untold(now)}, tell)
        return 0

    async def _tell(self, one: Untold, policy: Policy) -> None:
        """A mail is sent before it is noted: a crash between repeats it under its key, which sends it once."""
        alert = one.alert
        if alert.resolved_at is not None:
            people = sorted({id_ for step in policy.ladder[: one.told] for id_ in step.external_ids})
            key = f"alert:{alert.id}:recovered"
            if not people or await self.mail.send(alert, people, key=key, recovered=True):
                await self.rules.note_told(alert.id, -one.told)
            return
        waited = self.clock.now() - alert.raised_at
        for number, step in enumerate(policy.ladder[one.told :], start=one.told + 1):
            if waited < step.after:
                return
            if not await self.mail.send(
                alert, step.external_ids, key=f"alert:{alert.id}:{number}", recovered=False
            ):
                return
            await self.rules.note_told(alert.id, number)
