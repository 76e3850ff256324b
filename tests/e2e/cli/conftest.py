"""One installation for the whole folder: a demo made it, and a later `up` runs in it until the last file stops it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.e2e.cli.runs import Up, automata_signal, left_behind, running_up, stack_folder
from tests.examples.installing import install

RECIPIENTS = 200
PUBLIC = "http://signal.example"
"""By plain HTTP, as the visitors come who sign in here."""


@attrs.frozen
class Finished:
    """A demo on a stack of its own."""

    folder: Path
    done: subprocess.CompletedProcess[str]
    left: list[str]
    """What it left running."""


@pytest.fixture(scope="package")
def finished() -> Iterator[Finished]:
    """The first demo; its data stays for the other tests."""
    with stack_folder() as folder:
        options = ("--recipients", str(RECIPIENTS), "--json", "--folder", str(folder))
        done = automata_signal("demo", *options, seconds=250)
        yield Finished(folder, done, left_behind(folder))


@pytest.fixture(scope="package")
def up(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A later `up` in its folder, with the package of a channel installed, and known to the world by another name."""
    packages = install("webhook_channel", tmp_path_factory.mktemp("packages"))
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    with running_up(finished.folder, PYTHONPATH=path, SIGNAL_PUBLIC_URL=PUBLIC) as running:
        yield running
