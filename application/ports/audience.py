"""The audience's unit of work: users, installs and subscriptions in one transaction."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from application.ports.confirmations import Confirmations
from application.ports.installs import Installs
from application.ports.subscriptions import Subscriptions
from application.ports.users import Users


class AudienceUnit(Protocol):
    """Open repositories; locks are taken in the order subscriptions, installs, users."""

    @property
    def users(self) -> Users: ...

    @property
    def installs(self) -> Installs: ...

    @property
    def subscriptions(self) -> Subscriptions: ...

    @property
    def confirmations(self) -> Confirmations: ...


class Audience(Protocol):
    def begin(self) -> AbstractAsyncContextManager[AudienceUnit]:
        """Commit when the block ends, roll back when it raises.

        Raise Raced when somebody else stored the same thing meanwhile, or stood in the way of a lock: nothing was
        stored, the whole block may be repeated.
        """
        ...


class Raced(Exception):
    """Another transaction was quicker; repeat the block."""
