"""Where the servers keep their files: private folders, generated passwords, and a home root can lend out.

PostgreSQL run by root belongs to an unprivileged account, which cannot enter a folder below, say, /root.
Modes of existing folders are never changed for that; what must be reachable goes to
`/var/lib/automata-signal`, or `/var/tmp/automata-signal` where that is read-only, into a folder named after a
hash of the data folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bootstrap.embedded.accounts import Account
from bootstrap.embedded.errors import FolderUnreachable

FALLBACK_ROOTS: Final = (Path("/var/lib/automata-signal"), Path("/var/tmp/automata-signal"))  # noqa: S108


def write_private(path: Path, content: str) -> None:
    """Replace a file in one step; only its owner may ever read it (0600)."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def password(path: Path) -> str:
    """Read the password kept in a file, generating it (192 random bits, URL-safe) the first time."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8").strip()


def reachable_home(
    folder: Path, account: Account | None, roots: Sequence[Path] = FALLBACK_ROOTS, *, marker: str
) -> Path:
    """Return where files of `account` go: `folder` itself, or its stand-in below one of `roots`.

    `marker` names the entry that shows a home is in use; the home that holds it wins, so that data never
    moves. Raises FolderUnreachable when the account can get at neither place.
    """
    if account is None:
        return folder
    if account.can_enter(folder):
        return folder
    if (folder / marker).exists():
        raise FolderUnreachable(
            f"{account.name}, under whom PostgreSQL runs, can no longer enter {folder}, where its data is:"
            " give the parent folders the execute permission (chmod o+x)."
        )
    return lent_home(folder, account, roots, marker=marker)


def lent_home(folder: Path, account: Account, roots: Sequence[Path] = FALLBACK_ROOTS, *, marker: str) -> Path:
    """Return the stand-in of `folder` below the first of `roots` that works; one that holds `marker` wins."""
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    homes = [root / name for root in roots]
    for home in sorted(homes, key=lambda home: not (home / marker).exists()):
        if _claim(home.parent) and _claim(home) and account.can_enter(home):
            return home
    raise FolderUnreachable(
        f"{account.name}, under whom PostgreSQL runs, can enter neither {folder} nor"
        f" {' nor '.join(str(root) for root in roots)}: choose a data folder that other users can enter."
    )


def _claim(folder: Path) -> bool:
    """Make a folder that is ours alone to write in; a planted link or a stranger's folder is refused."""
    try:
        if not folder.parent.is_dir():
            return False
        folder.mkdir(mode=0o711, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return False
        # The process's umask may have taken the execute bit that the folder exists for.
        folder.chmod(0o711)
    except OSError:
        return False
    return True
