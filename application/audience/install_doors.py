"""Lets installs in: a new one gets a secret, a known one must show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from application.audience.registration_check import Checked
from application.ports.audience import AudienceUnit
from application.ports.identifiers import Identifiers, Randomness
from domain.audience.install import SECRET_BYTES, Install, hash_install_secret
from domain.audience.subscription_event import ChangeSource
from domain.shared.errors import Unauthenticated


class InstallDoors:
    """The installs of one call; `installs` are those it named, by the SDK's own ids."""

    def __init__(self, randomness: Randomness, source: ChangeSource, now: datetime) -> None:
        self._randomness = randomness
        self._source = source
        self._now = now
        self._given: dict[str, str] = {}
        self._changed: dict[str, Install] = {}
        self.installs: dict[str, Install] = {}

    @property
    def changed(self) -> list[Install]:
        """Those that must be stored; that each was seen now is stored with opening the doors."""
        return list(self._changed.values())

    async def open(
        self, unit: AudienceUnit, application_id: UUID, checked: Sequence[Checked], identifiers: Identifiers
    ) -> None:
        names = sorted(
            {one.registration.install_id for one in checked if one.registration.install_id is not None}
        )
        if not names:
            return
        secrets = {name: self._randomness.secret(SECRET_BYTES) for name in names}
        found = await unit.installs.ensure(
            [
                Install(id, application_id, name, hash_install_secret(secrets[name]), self._now, self._now)
                for id, name in zip(identifiers.many(len(names)), names, strict=True)
            ]
        )
        for name, (install, created) in found.items():
            self.installs[name] = install
            if created:
                self._given[name] = secrets[name]

    def admit(self, checked: Checked) -> None:
        """Raise Unauthenticated when a device shows no secret, or a wrong one, of an install that has used its own."""
        name = checked.registration.install_id
        if name is None or self._source is not ChangeSource.SDK or name in self._given:
            return
        install, secret = self.installs[name], checked.registration.install_secret
        if secret is not None and install.opens_with(secret):
            if not install.is_confirmed:
                install.confirm(self._now)
                self._changed[name] = install
        elif secret is None and not install.is_confirmed:
            self._given[name] = self._randomness.secret(SECRET_BYTES)
            install.replace_secret(self._given[name])
            self._changed[name] = install
        else:
            raise Unauthenticated(
                "the install's secret is missing or wrong",
                field="X-Install-Secret",
                fix="send the secret of the first registration, or register with a new install id",
            )

    def secret_for(self, checked: Checked) -> str | None:
        """The secret, when a device was given a new one; a server never sees it."""
        name = checked.registration.install_id
        return None if name is None or self._source is not ChangeSource.SDK else self._given.get(name)
