"""Under which account a server runs: PostgreSQL refuses to be root, so root lends it an unprivileged one."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import Final, TypedDict

import attrs

from bootstrap.embedded.errors import FolderUnreachable

_CANDIDATES: Final = ("nobody", "postgres", "daemon")


class Identity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that choose who the child is."""

    user: int
    group: int
    extra_groups: list[int]


@attrs.frozen
class Account:
    """An operating system account, by name and number."""

    name: str
    uid: int
    gid: int

    def owns(self, path: Path) -> bool:
        """Tell whether the path belongs to this account."""
        return path.stat().st_uid == self.uid

    def give(self, path: Path) -> None:
        """Hand a file or folder to this account."""
        os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Tell whether a process of this account can change into the folder.

        It is tried, not computed from mode bits: access control lists and mount options count too.
        """
        return self._passes('cd -- "$1"', folder)

    def can_run(self, program: Path) -> bool:
        """Tell whether a process of this account can execute the program."""
        return self._passes('test -r "$1" && test -x "$1"', program)

    def _passes(self, condition: str, path: Path) -> bool:
        # Standard error is dropped inside the shell: an unreachable path is an answer, not a message.
        check = subprocess.run(
            ["/bin/sh", "-c", condition, "sh", str(path)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **identity(self),
        )
        return check.returncode == 0


def identity(account: Account | None) -> Identity:
    """Return the `Popen` arguments that run a child as the account, or as ourselves for None."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def unprivileged_account(existing: Path | None = None) -> Account | None:
    """Return the account PostgreSQL runs under: None (ourselves) unless we are root.

    A cluster that `existing` already holds decides by its owner, so that a machine which gains a better
    account later still opens its old data. Raises FolderUnreachable when no account fits.
    """
    if os.geteuid() != 0:
        return None
    if existing is not None and existing.exists() and existing.stat().st_uid != 0:
        owner = existing.stat()
        return Account(f"uid {owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise FolderUnreachable(
        "PostgreSQL refuses to run as root and none of the accounts"
        f" {', '.join(_CANDIDATES)} exists: create one, or start as a normal user."
    )
