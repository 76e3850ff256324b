"""Every import contract holds, and each one notices when it is broken: a violation of each is seeded in a copy."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from tests.house.tree import PACKAGES, ROOT, python_files

CONTRACT = "importlinter:contract:"
LINTER = Path(sys.executable).with_name("lint-imports")


@attrs.frozen
class Seed:
    """One offending line, at the end of a module that may not exist yet."""

    module: str
    line: str


SEEDS = {
    "layers": Seed("application/ports/clock.py", "import bootstrap"),
    "domain-contexts": Seed("domain/quota/money.py", "import domain.messaging.retry"),
    "application-contexts": Seed(
        "application/quota/commands.py", "import application.messaging.publish_events"
    ),
    "adapters": Seed("adapters/jetstream/doorbells.py", "import adapters.postgres.chunk_states"),
    "channels": Seed("adapters/channels/seeded/__init__.py", "import adapters.channels.push.content"),
    "entrypoints": Seed("entrypoints/worker/main.py", "import entrypoints.simulator.settings"),
    "pure-core": Seed("domain/messaging/retry.py", "import asyncpg"),
    "pydantic-at-the-edge": Seed("adapters/postgres/chunk_states.py", "import pydantic"),
    "injector-in-bootstrap": Seed("entrypoints/worker/main.py", "import dependency_injector"),
    "acyclic": Seed("domain/messaging/lifecycle.py", "import domain.messaging.event"),
}
"""Contract id → what breaks that contract and no other."""

UNDECLARED = {
    "domain-contexts": "domain/seeded/__init__.py",
    "application-contexts": "application/seeded/__init__.py",
    "entrypoints": "entrypoints/seeded/__init__.py",
}
"""Contracts that are exhaustive → a folder that declares itself nowhere."""


def contracts() -> dict[str, str]:
    """Contract id → its sentence, as `.importlinter` has them."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    return {
        section.removeprefix(CONTRACT): config[section]["name"]
        for section in config.sections()
        if section.startswith(CONTRACT)
    }


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five packages and the contracts, and nothing else."""
    folder = tmp_path_factory.mktemp("house")
    for path in python_files(*PACKAGES):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    shutil.copyfile(ROOT / ".importlinter", folder / ".importlinter")
    return folder


@contextmanager
def seeded(folder: Path, seed: Seed) -> Iterator[None]:
    """The copy with the violation in it; afterwards as it was."""
    module = folder / seed.module
    before = module.read_text(encoding="utf-8") if module.exists() else None
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(f"{before or ''}\n{seed.line}\n", encoding="utf-8")
    try:
        yield
    finally:
        if before is None:
            shutil.rmtree(module.parent)
        else:
            module.write_text(before, encoding="utf-8")


def broken_contracts(folder: Path) -> tuple[set[str], str]:
    """Ids of the contracts that are broken there, and the linter's whole report."""
    ran = subprocess.run(
        [str(LINTER), "--no-logo", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "500", "NO_COLOR": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    report = ran.stdout + ran.stderr
    verdicts = {}
    for id_, name in contracts().items():
        # The report wraps long sentences at the terminal's width, wherever that is.
        sentence = r"\s+".join(re.escape(word) for word in name.split())
        found = re.search(rf"{sentence}\s+(KEPT|BROKEN)", report)
        assert found, f"the linter said nothing about {name!r}:\n{report}"
        verdicts[id_] = found[1]
    broken = {id_ for id_, verdict in verdicts.items() if verdict == "BROKEN"}
    assert (ran.returncode == 0) == (not broken), report
    return broken, report


def test_every_contract_has_a_seed() -> None:
    """A new contract comes with the violation that proves it."""
    assert set(SEEDS) == set(contracts())


def test_every_contract_holds(copy: Path) -> None:
    """The packages as they are break no contract."""
    broken, report = broken_contracts(copy)
    assert not broken, report


@pytest.mark.parametrize("id_", SEEDS)
def test_a_violation_breaks_its_contract_and_no_other(copy: Path, id_: str) -> None:
    """One offending import is noticed by the contract that it offends."""
    with seeded(copy, SEEDS[id_]):
        broken, report = broken_contracts(copy)
    assert broken == {id_}, report


@pytest.mark.parametrize("id_", UNDECLARED)
def test_a_new_folder_must_declare_its_place(copy: Path, id_: str) -> None:
    """Exhaustive contracts refuse a folder that they do not name."""
    with seeded(copy, Seed(UNDECLARED[id_], "")):
        broken, report = broken_contracts(copy)
    assert broken == {id_}, report
