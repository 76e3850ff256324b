"""Log users in on installs: every live subscription of an install is linked to its user. One is a batch of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import attrs

from application.audience.commands import LoginCommand
from application.audience.history import store_changed
from application.audience.login_plan import Locked, LoginPlan
from application.audience.registration_check import check_identity
from application.audience.sealing import TokenIndexes, open_token, token_indexes
from application.audience.transact import transact
from application.audience.views import LoggedIn, LoginOutcome
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit, Raced
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.vault import SealBroken, Vault
from domain.applications.application import Application
from domain.applications.settings import ApplicationSettings, LogoutScope
from domain.audience.subscription import Subscription
from domain.audience.user import User, check_external_id
from domain.shared.errors import InvalidInput, NotFound, SignalError


@attrs.frozen(kw_only=True)
class Login:
    """On a shared device the subscriptions go over from whoever was logged in before. With `logout_scope` push,
    that person's addresses stay theirs."""

    applications: Applications
    audience: Audience
    vault: Vault
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: LoginCommand) -> LoggedIn:
        """The user is created, or found, or revived. Where they have an address of the install already, the two
        subscriptions are merged into the older one.

        Raise InvalidInput for a bad external id, NotFound for a subscription that is not the install's,
        Unauthenticated where the application wants an identity token.
        """
        application = await self._application(command.application_id)
        self._check(command, application.settings)
        return await self._alone(command, application.settings.logout_scope)

    async def together(self, commands: Sequence[LoginCommand]) -> Sequence[LoginOutcome]:
        """Logins of one application in one transaction, one outcome each, in their order; a later one sees what an earlier
        one did. What cannot be told apart from its neighbours, or is refused, is done again by itself."""
        try:
            application = await self._application(commands[0].application_id)
        except SignalError as error:
            return [error] * len(commands)
        outcomes: dict[int, LoginOutcome] = {}
        members: dict[int, LoginCommand] = {}
        for place, command in enumerate(commands):
            try:
                self._check(command, application.settings)
                members[place] = command
            except SignalError as error:
                outcomes[place] = error
        scope = application.settings.logout_scope
        if len(members) > 1:
            outcomes |= await self._group(members, scope)
        for place in sorted(members.keys() - outcomes.keys()):
            try:
                outcomes[place] = await self._alone(members[place], scope)
            except SignalError as error:
                outcomes[place] = error
        return [outcomes[place] for place in range(len(commands))]

    async def _application(self, application_id: UUID) -> Application:
        application = await self.applications.get(application_id)
        application.check_active()
        return application

    def _check(self, command: LoginCommand, settings: ApplicationSettings) -> None:
        check_external_id(command.external_id)
        check_identity(settings, command.external_id, None, verified=command.identity_verified)

    async def _alone(self, command: LoginCommand, scope: LogoutScope) -> LoggedIn:
        async def work(unit: AudienceUnit) -> LoggedIn:
            plan = LoginPlan(await self._lock(unit, [command]), scope, self.clock.now())
            plan.check(command)
            await self._ensure(unit, plan, [command])
            done = plan.log_in(command)
            await store_changed(unit.subscriptions, plan.changed, self.identifiers)
            return done

        return await transact(self.audience, work)

    async def _group(self, members: Mapping[int, LoginCommand], scope: LogoutScope) -> dict[int, LoggedIn]:
        """Those that could be done; none when somebody stood in the way, or one could not go on after another."""
        done: dict[int, LoggedIn] = {}
        try:
            async with self.audience.begin() as unit:
                locked = await self._lock(unit, list(members.values()))
                plan = LoginPlan(locked, scope, self.clock.now())
                good = {place: one for place, one in members.items() if plan.knows(one)}
                await self._ensure(unit, plan, list(good.values()))
                for place, command in good.items():
                    plan.check(command)
                    done[place] = plan.log_in(command)
                await store_changed(unit.subscriptions, plan.changed, self.identifiers)
        except (Raced, NotFound, InvalidInput):
            return {}
        return done

    async def _ensure(self, unit: AudienceUnit, plan: LoginPlan, commands: Sequence[LoginCommand]) -> None:
        names = sorted({command.external_id for command in commands})
        if names:
            ids = self.identifiers.many(len(names))
            application_id = commands[0].application_id
            plan.users = dict(
                await unit.users.ensure(
                    [
                        User.create(id, application_id, name, plan.now)
                        for id, name in zip(ids, names, strict=True)
                    ]
                )
            )

    async def _lock(self, unit: AudienceUnit, commands: Sequence[LoginCommand]) -> Locked:
        """The installs' live subscriptions, those of anybody with an address of theirs, and the indexes that each
        address of the installs may be stored under."""
        application_id = commands[0].application_id
        install_ids = sorted({command.install_id for command in commands})
        installed = await unit.subscriptions.of_installs(application_id, install_ids)
        indexes = {one.id: self._indexes(one) for one in installed if one.is_messaging_channel}
        wanted = {index for of_one in indexes.values() for index in of_one.all}
        related = await unit.subscriptions.lock_related(
            application_id,
            indexes=sorted(wanted),
            install_ids=install_ids,
            types={one.type for one in installed if one.is_messaging_channel},
        )
        live = [one for one in related if not one.is_archived]
        for one in live:
            if one.is_messaging_channel and one.install_id in set(install_ids):
                indexes[one.id] = self._indexes(one)
        return Locked(live, indexes)

    def _indexes(self, one: Subscription) -> TokenIndexes:
        """Only during a rotation is the token opened: an equal one may be indexed under another key."""
        if one.token is None:
            return TokenIndexes(b"", "", ())
        if len(self.vault.key_ids()) > 1:
            try:
                text = open_token(self.vault, one.application_id, one.id, one.token)
                return token_indexes(self.vault, one.application_id, text)
            except SealBroken:
                pass  # what cannot be opened is compared as it is stored
        return TokenIndexes(one.token.index, one.token.index_key_id, (one.token.index,))
