"""Which tests run in one process when several share the work: those of a file, or of files that share an installation."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = (
    # It mostly waits for slow providers; the rest of its folder keeps the machine busy meanwhile.
    "tests/chaos/test_leases.py",
    "tests/chaos/",
    "tests/e2e/cli/",
    "tests/e2e/observed/",
    "tests/e2e/sdk/",
)
"""Beginnings of paths, the first that fits counts; every other file is alone. They share an installation or a program that
is compiled once."""


class ByInstallation(LoadScopeScheduling):
    """A process takes a whole group, then the next one that nobody has."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((beginning for beginning in TOGETHER if file.startswith(beginning)), file)
