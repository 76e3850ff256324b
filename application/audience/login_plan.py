"""Decides, on what logins have locked, what each links and merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import attrs

from application.audience.commands import LoginCommand
from application.audience.merging import check_known, find_twin, merge
from application.audience.sealing import TokenIndexes
from application.audience.views import LinkedSubscription, LoggedIn
from domain.applications.settings import LogoutScope
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason, ChangeSource
from domain.audience.user import User


@attrs.frozen(slots=True)
class Locked:
    """Live subscriptions of the installs and of anybody with an address of theirs; per address of an install, the
    indexes that an equal one may be stored under."""

    subscriptions: Sequence[Subscription]
    indexes: Mapping[UUID, TokenIndexes]


class LoginPlan:
    """Logs in one after the other; `changed` is what must be stored in the end. `users` are set before the first."""

    def __init__(self, locked: Locked, scope: LogoutScope, now: datetime) -> None:
        self._locked = locked
        self._scope = scope
        self._changed: dict[UUID, Subscription] = {}
        self._by_install: dict[UUID, list[Subscription]] = {}
        for one in locked.subscriptions:
            if one.install_id is not None:
                self._by_install.setdefault(one.install_id, []).append(one)
        self._by_index: dict[bytes, list[Subscription]] = {}
        for one in locked.subscriptions:
            if one.is_messaging_channel and one.token is not None:
                self._by_index.setdefault(one.token.index, []).append(one)
        self.now = now
        self.users: dict[str, tuple[User, bool]] = {}

    @property
    def changed(self) -> list[Subscription]:
        return list(self._changed.values())

    def knows(self, command: LoginCommand) -> bool:
        """Whether every subscription that is named is a live one of the install."""
        mine = {one.id for one in self._mine(command.install_id)}
        return mine.issuperset(command.subscription_ids)

    def check(self, command: LoginCommand) -> None:
        """Raise NotFound, naming the first of the subscriptions that is not a live one of the install."""
        check_known(command.subscription_ids, self._mine(command.install_id))

    def log_in(self, command: LoginCommand) -> LoggedIn:
        """Link and merge. A user who was created is so only for the first that asks."""
        user, created = self.users[command.external_id]
        self.users[command.external_id] = user, False
        linked: list[LinkedSubscription] = []
        mine = self._mine(command.install_id)
        for one in mine:
            elsewhere = one.user_id not in (None, user.id)
            if self._scope == "push" and one.is_messaging_channel and elsewhere:
                continue
            twin = self._twin(one, user.id)
            if twin is not None:
                merge(one, twin, self.now)
                twin.move_to_install(command.install_id, source=ChangeSource.SDK, now=self.now)
                self._note(command.install_id, twin)
                linked.append(LinkedSubscription(twin, replaces=one.id))
                continue
            one.link(user.id, source=ChangeSource.SDK, reason=ChangeReason.LOGIN, now=self.now)
            one.touch(self.now)
            linked.append(LinkedSubscription(one))
        replaced = {link.subscription.id for link in linked if link.replaces is not None}
        linked = [link for link in linked if link.replaces or link.subscription.id not in replaced]
        for one in (*mine, *(link.subscription for link in linked)):
            self._changed[one.id] = one
        return LoggedIn(user.id, user.external_id, created, tuple(linked))

    def _mine(self, install_id: UUID) -> list[Subscription]:
        """What is the install's by now: an earlier login may have merged or moved something."""
        found = self._by_install.get(install_id, ())
        return [one for one in found if one.install_id == install_id and not one.is_archived]

    def _twin(self, one: Subscription, user_id: UUID) -> Subscription | None:
        indexes = self._locked.indexes.get(one.id)
        if indexes is None:
            return None
        candidates = [other for index in indexes.all for other in self._by_index.get(index, ())]
        return find_twin(one, user_id, sorted(candidates, key=lambda other: other.id), indexes)

    def _note(self, install_id: UUID, twin: Subscription) -> None:
        there = self._by_install.setdefault(install_id, [])
        if not any(other is twin for other in there):
            there.append(twin)
