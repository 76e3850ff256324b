"""Log a user in on an install: every live subscription of the install is linked to them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs

from application.audience.commands import LoginCommand
from application.audience.history import store_changed
from application.audience.merging import check_known, find_twin, merge
from application.audience.registration_check import check_identity
from application.audience.sealing import TokenIndexes, open_token, token_indexes
from application.audience.transact import transact
from application.audience.views import LinkedSubscription, LoggedIn
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.vault import SealBroken, Vault
from domain.applications.settings import LogoutScope
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason, ChangeSource
from domain.audience.user import User, check_external_id


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
        check_external_id(command.external_id)
        application = await self.applications.get(command.application_id)
        application.check_active()
        check_identity(application.settings, command.external_id, None, verified=command.identity_verified)
        scope = application.settings.logout_scope
        return await transact(self.audience, lambda unit: self._login(unit, command, scope))

    async def _login(self, unit: AudienceUnit, command: LoginCommand, scope: LogoutScope) -> LoggedIn:
        now = self.clock.now()
        mine, others, indexes = await self._lock(unit, command)
        check_known(command.subscription_ids, mine)
        wanted = User.create(self.identifiers.one(), command.application_id, command.external_id, now)
        user, created = (await unit.users.ensure([wanted]))[command.external_id]
        linked: list[LinkedSubscription] = []
        for one in mine:
            if scope == "push" and one.is_messaging_channel and one.user_id not in (None, user.id):
                continue
            twin = find_twin(one, user.id, [*mine, *others], indexes.get(one.id))
            if twin is not None:
                merge(one, twin, now)
                twin.move_to_install(command.install_id, source=ChangeSource.SDK, now=now)
                linked.append(LinkedSubscription(twin, replaces=one.id))
                continue
            one.link(user.id, source=ChangeSource.SDK, reason=ChangeReason.LOGIN, now=now)
            one.touch(now)
            linked.append(LinkedSubscription(one))
        replaced = {link.subscription.id for link in linked if link.replaces is not None}
        linked = [link for link in linked if link.replaces or link.subscription.id not in replaced]
        changed = {one.id: one for one in (*mine, *(link.subscription for link in linked))}
        await store_changed(unit.subscriptions, list(changed.values()), self.identifiers)
        return LoggedIn(user.id, user.external_id, created, tuple(linked))

    async def _lock(
        self, unit: AudienceUnit, command: LoginCommand
    ) -> tuple[list[Subscription], list[Subscription], Mapping[UUID, TokenIndexes]]:
        """The install's live subscriptions, those of anybody with an address of the install, and the indexes that
        each address of the install may be stored under."""
        installed = await unit.subscriptions.of_install(command.application_id, command.install_id)
        indexes = {one.id: self._indexes(one) for one in installed if one.is_messaging_channel}
        wanted = {index for of_one in indexes.values() for index in of_one.all}
        related = await unit.subscriptions.lock_related(
            command.application_id, indexes=sorted(wanted), install_ids=[command.install_id]
        )
        live = [one for one in related if not one.is_archived]
        mine = [one for one in live if one.install_id == command.install_id]
        for one in mine:
            if one.is_messaging_channel:
                indexes[one.id] = self._indexes(one)
        return mine, [one for one in live if one.install_id != command.install_id], indexes

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
