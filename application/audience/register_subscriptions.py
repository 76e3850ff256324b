"""Register many subscriptions in few statements; a bad one does not fail its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from application.audience.commands import RegisterSubscriptionsCommand
from application.audience.confirmation_request import newly_waiting
from application.audience.history import drain_events
from application.audience.install_doors import InstallDoors
from application.audience.registration_check import Checked, check_registration, with_suppression
from application.audience.registration_plan import RegistrationPlan
from application.audience.registry import Registry
from application.audience.transact import transact
from application.audience.views import Registered, RegistrationOutcome
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers, Randomness
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import Vault
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeSource
from domain.audience.suppression import WITHOUT_ADDRESSES
from domain.audience.user import User
from domain.shared.errors import InvalidInput, SignalError, Unauthenticated

MAX_REGISTRATIONS: Final = 1_000


@attrs.frozen(kw_only=True)
class RegisterSubscriptions:
    applications: Applications
    audience: Audience
    vault: Vault
    clock: Clock
    identifiers: Identifiers
    randomness: Randomness
    providers: ProviderDirectory

    async def __call__(self, command: RegisterSubscriptionsCommand) -> tuple[RegistrationOutcome, ...]:
        """One outcome per registration, in their order; a later one sees what an earlier one did.

        Raise InvalidInput for more than 1,000 or none, NotFound without such an application, Forbidden when it is
        inactive.
        """
        if not 1 <= len(command.registrations) <= MAX_REGISTRATIONS:
            raise InvalidInput(
                f"{len(command.registrations)} registrations",
                field="subscriptions",
                fix=f"send 1 to {MAX_REGISTRATIONS}",
            )
        return await self.register(command, identity_verified=False)

    async def register(
        self, command: RegisterSubscriptionsCommand, *, identity_verified: bool
    ) -> tuple[RegistrationOutcome, ...]:
        """The work of `register_subscription` and of this."""
        application = await self.applications.get(command.application_id)
        application.check_active()
        outcomes: dict[int, RegistrationOutcome] = {}
        checked: list[Checked] = []
        for place, registration in enumerate(command.registrations):
            try:
                checked.append(
                    check_registration(
                        place,
                        registration,
                        application_id=command.application_id,
                        source=command.source,
                        settings=application.settings,
                        identity_verified=identity_verified,
                        vault=self.vault,
                        canonical=self.providers.canonical_address,
                    )
                )
            except SignalError as error:
                outcomes[place] = error
        if checked:
            outcomes |= await transact(self.audience, lambda unit: self._store(unit, command, checked))
        return tuple(outcomes[place] for place in range(len(command.registrations)))

    async def _store(
        self, unit: AudienceUnit, command: RegisterSubscriptionsCommand, checked: Sequence[Checked]
    ) -> dict[int, RegistrationOutcome]:
        now = self.clock.now()
        outcomes: dict[int, RegistrationOutcome] = {}
        related = await self._lock(unit, command.application_id, checked)
        doors = InstallDoors(self.randomness, command.source, now)
        await doors.open(unit, command.application_id, checked, self.identifiers)
        admitted = []
        for one in checked:
            try:
                doors.admit(one)
                admitted.append(one)
            except Unauthenticated as error:
                outcomes[one.place] = error
        users = await self._users(unit, command.application_id, admitted, now)
        admitted = await self._with_suppressions(unit, command.application_id, admitted)
        plan = RegistrationPlan(
            application_id=command.application_id,
            source=command.source,
            now=now,
            registry=Registry(related),
            installs=doors.installs,
            users=users,
            vault=self.vault,
            identifiers=self.identifiers,
        )
        registered: list[tuple[Checked, Subscription, bool]] = []
        for one in admitted:
            try:
                registered.append((one, *plan.register(one)))
            except SignalError as error:
                outcomes[one.place] = error
        new, changed = list(plan.new.values()), list(plan.changed.values())
        await unit.installs.save(doors.changed)
        waiting = newly_waiting([*changed, *new], now)
        await unit.subscriptions.store(
            new=new, changed=changed, events=drain_events([*changed, *new], self.identifiers)
        )
        await unit.confirmations.ask(waiting, now)
        if command.source is ChangeSource.SDK:
            ensured = {user.id for user in users.values()}
            others = {one.user_id for _, one, _ in registered if one.user_id is not None} - ensured
            await unit.users.touch(command.application_id, sorted(others), now)
        names = await self._external_ids(unit, command.application_id, users, registered)
        for one, subscription, created in registered:
            name = None if subscription.user_id is None else names.get(subscription.user_id)
            outcomes[one.place] = Registered(subscription, name, created, doors.secret_for(one))
        return outcomes

    async def _lock(
        self, unit: AudienceUnit, application_id: UUID, checked: Sequence[Checked]
    ) -> Sequence[Subscription]:
        indexes = {index for one in checked if one.indexes is not None for index in one.indexes.all}
        names = {one.registration.install_id for one in checked if one.registration.install_id is not None}
        known = await unit.installs.find(application_id, sorted(names)) if names else {}
        return await unit.subscriptions.lock_related(
            application_id,
            indexes=sorted(indexes),
            install_ids=[install.id for install in known.values()],
            types={one.registration.type for one in checked},
        )

    async def _with_suppressions(
        self, unit: AudienceUnit, application_id: UUID, admitted: Sequence[Checked]
    ) -> list[Checked]:
        """A suppressed address is registered with the code that suppressed it."""
        asked = {
            (one.registration.type.channel, index)
            for one in admitted
            if one.indexes is not None and one.registration.type.channel not in WITHOUT_ADDRESSES
            for index in one.indexes.all
        }
        reasons = await unit.subscriptions.suppressed(application_id, sorted(asked)) if asked else {}
        if not reasons:
            return list(admitted)
        found = {index for _, index in reasons}
        moves = [
            (application_id, old, one.indexes.current, one.indexes.key_id)
            for one in admitted
            if one.indexes is not None
            for old in one.indexes.all
            if old in found and old != one.indexes.current
        ]
        if moves:
            await unit.subscriptions.reindex_suppressions(moves)
        return [with_suppression(one, reasons) for one in admitted]

    async def _users(
        self, unit: AudienceUnit, application_id: UUID, admitted: Sequence[Checked], now: datetime
    ) -> dict[str, User]:
        names = sorted(
            {one.registration.external_id for one in admitted if one.registration.external_id is not None}
        )
        if not names:
            return {}
        ids = self.identifiers.many(len(names))
        wanted = [User.create(id, application_id, name, now) for id, name in zip(ids, names, strict=True)]
        return {name: user for name, (user, _) in (await unit.users.ensure(wanted)).items()}

    async def _external_ids(
        self,
        unit: AudienceUnit,
        application_id: UUID,
        users: Mapping[str, User],
        registered: Sequence[tuple[Checked, Subscription, bool]],
    ) -> dict[UUID, str]:
        names = {user.id: user.external_id for user in users.values()}
        missing = {
            subscription.user_id
            for _, subscription, _ in registered
            if subscription.user_id is not None and subscription.user_id not in names
        }
        if missing:
            names |= await unit.users.external_ids(application_id, sorted(missing))
        return names
