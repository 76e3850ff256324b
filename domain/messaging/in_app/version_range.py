"""Versions of apps and SDKs, and ranges of them, as `>=2.1.0 <4.0.0`."""

from __future__ import annotations

import re
from typing import Final

import attrs

_FORM: Final = re.compile(
    r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
)
_BOUND: Final = re.compile(r"(>=|<=|>|<|=)?(.+)")

Version = tuple[int, int, int, bool]
"""Major, minor, patch, and whether it is the release itself: a pre-release comes before it."""


def read_version(text: str) -> Version | None:
    """None for what is no version; what follows a plus does not count."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    major, minor, patch, before, _ = found.groups()
    return int(major), int(minor or 0), int(patch or 0), before is None


@attrs.frozen(slots=True)
class VersionRange:
    """All of its bounds must hold."""

    bounds: tuple[tuple[str, Version], ...]

    @classmethod
    def read(cls, text: str) -> VersionRange | None:
        """None for what is no range."""
        bounds: list[tuple[str, Version]] = []
        for part in text.split():
            found = _BOUND.fullmatch(part)
            version = None if found is None else read_version(found[2])
            if found is None or version is None:
                return None
            bounds.append((found[1] or "=", version))
        return cls(tuple(bounds)) if bounds else None

    def holds(self, text: str | None) -> bool:
        """A missing or unreadable version is in no range."""
        version = None if text is None else read_version(text)
        return version is not None and all(_holds(bound, version) for bound in self.bounds)


def _holds(bound: tuple[str, Version], version: Version) -> bool:
    operator, limit = bound
    if operator == ">=":
        return version >= limit
    if operator == "<=":
        return version <= limit
    if operator == ">":
        return version > limit
    if operator == "<":
        return version < limit
    return version == limit
