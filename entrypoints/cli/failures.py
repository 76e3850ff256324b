"""How a command ends: what the exit codes mean, and the error that a command raises to end with one."""

from __future__ import annotations

from typing import Final

OK: Final = 0
WRONG: Final = 1
"""Something does not add up, or could not be done."""
USAGE: Final = 2
"""The command line or a setting cannot be used."""
AWAY: Final = 3
"""A server cannot be reached or did not start."""
LATE: Final = 4
"""It took longer than it may."""
INTERRUPTED: Final = 130


class CommandFailed(Exception):
    """The command cannot do what it was asked to."""

    def __init__(self, message: str, *, next_step: str | None = None, exit_code: int = WRONG) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.exit_code = exit_code
