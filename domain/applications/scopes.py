"""What a key may be allowed to do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from domain.shared.errors import InvalidInput


class Scope(StrEnum):
    """One permission of a key; the value is its wire name."""

    MESSAGES_WRITE = "messages:write"
    MESSAGES_READ = "messages:read"
    AUDIENCE_WRITE = "audience:write"
    AUDIENCE_READ = "audience:read"
    TEMPLATES_WRITE = "templates:write"
    TEMPLATES_READ = "templates:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    CAMPAIGNS_READ = "campaigns:read"
    QUOTA_WRITE = "quota:write"
    QUOTA_READ = "quota:read"
    APPLICATIONS_WRITE = "applications:write"
    APPLICATIONS_READ = "applications:read"
    ANALYTICS_READ = "analytics:read"
    EXPORTS_WRITE = "exports:write"
    """Files of whole audiences: not among what a key gets by itself."""


ALL_SCOPES = frozenset(Scope)
APPLICATION_DEFAULT = frozenset(
    {
        Scope.MESSAGES_WRITE,
        Scope.MESSAGES_READ,
        Scope.AUDIENCE_WRITE,
        Scope.AUDIENCE_READ,
        Scope.TEMPLATES_WRITE,
        Scope.TEMPLATES_READ,
        Scope.CAMPAIGNS_WRITE,
        Scope.CAMPAIGNS_READ,
        Scope.QUOTA_READ,
        Scope.APPLICATIONS_READ,
        Scope.ANALYTICS_READ,
    }
)
"""What an application key gets when its issuer names nothing: its own daily work, no billing, no administration."""


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Raise InvalidInput for a name that is no scope, and when there is none at all."""
    found = set()
    for name in names:
        try:
            found.add(Scope(name))
        except ValueError:
            raise InvalidInput(
                f"{name!r} is not a scope", field="scopes", fix=f"use some of {', '.join(Scope)}"
            ) from None
    if not found:
        raise InvalidInput(
            "a key without scopes can do nothing", field="scopes", fix="name at least one scope"
        )
    return frozenset(found)
