"""A durable installation for each group of scenarios: each brings an application of its own, and leaves everything running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.harness import Installation
from tests.servers import open_folder


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    """On a disk, with fsync: what is killed here must find its data again."""
    with open_folder() as folder:
        running = Installation(folder)
        try:
            yield running
        finally:
            running.stop()
