"""Roles of the dashboard, and the rights that each has: one table, read by every page and every action."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.shared.errors import UnknownName


class Right(StrEnum):
    """What a page or an action asks for."""

    READ = "read"
    """See everything that is no secret."""
    CAMPAIGNS = "campaigns"
    """Templates, segments and campaigns."""
    STOP_CAMPAIGNS = "stop_campaigns"
    """Pause, resume and cancel what is under way."""
    OPERATIONS = "operations"
    """Applications, keys, credentials, channels, messages and subscriptions."""
    EXPORTS = "exports"
    """Have files of many rows written, and fetch them: they name people by their external ids."""
    BILLING = "billing"
    """Quota, prices and credit."""
    AUDIT = "audit"
    """Read what others changed."""
    PEOPLE = "people"
    """Invite operators, change their roles, shut them out."""


class Role(StrEnum):
    """The value is what the database holds."""

    OWNER = "owner"
    MARKETER = "marketer"
    OPERATOR = "operator"
    VIEWER = "viewer"

    @classmethod
    def named(cls, name: str) -> Role:
        """Raise UnknownName."""
        for one in cls:
            if one.value == name:
                return one
        raise UnknownName(
            f"{name[:40]!r} is not a role",
            field="role",
            fix=f"use one of {', '.join(one.value for one in cls)}",
        )

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self]


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.OWNER: frozenset(Right),
    Role.MARKETER: frozenset({Right.READ, Right.CAMPAIGNS, Right.STOP_CAMPAIGNS, Right.EXPORTS}),
    Role.OPERATOR: frozenset(
        {Right.READ, Right.OPERATIONS, Right.STOP_CAMPAIGNS, Right.EXPORTS, Right.AUDIT}
    ),
    Role.VIEWER: frozenset({Right.READ}),
}
