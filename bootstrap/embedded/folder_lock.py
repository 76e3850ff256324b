"""One owner per data folder: a lock that the kernel drops when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from pathlib import Path

from bootstrap.embedded.errors import FolderInUse


class FolderLock:
    """An exclusive `flock` on `<folder>/lock`; the file names the holder and stays behind when released.

    The file is not deleted on release: a second opener could then lock a file nobody else sees.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Tell whether this process holds the lock."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock or raise FolderInUse at once; taking it twice is harmless."""
        if self._descriptor is not None:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise FolderInUse(self._path.parent, self._holder()) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        _held.add(self)

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is None:
            return
        os.ftruncate(self._descriptor, 0)
        self.forget()

    def forget(self) -> None:
        """Close the file without touching it: in a forked child the lock still belongs to the parent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        _held.discard(self)

    def _holder(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            return int(self._path.read_text(encoding="ascii"))
        return None


_held: weakref.WeakSet[FolderLock] = weakref.WeakSet()


def _forget_all() -> None:
    for lock in list(_held):
        lock.forget()


# A forked child shares the open file, and with it the lock: it would keep the folder locked after we die.
os.register_at_fork(after_in_child=_forget_all)
