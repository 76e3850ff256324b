"""What is known of NATS servers: a cluster of three, its links, and a server that is gone."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest

from adapters.jetstream.monitors import NatsMonitors
from bootstrap.embedded.binaries import nats_server
from bootstrap.embedded.ports import free_port


@attrs.frozen
class Cluster:
    """Three servers with JetStream; the number of a server is its place."""

    servers: list[subprocess.Popen[bytes]]
    monitors: list[str]

    async def figures(self) -> dict[tuple[str, int], float]:
        """By metric and number of the server."""
        found = await NatsMonitors(self.monitors).read()
        places = {url.removeprefix("http://"): place for place, url in enumerate(self.monitors)}
        return {(one.name.removeprefix("signal_nats_"), places[one.labels[0]]): one.value for one in found}

    async def until(self, links: int) -> dict[tuple[str, int], float]:
        """The figures, once the first server has so many links and knows its cluster."""
        until = time.monotonic() + 20
        while True:
            found = await self.figures()
            if found.get(("cluster_links", 0)) == links and found.get(("cluster_size", 0)) == 3:
                return found
            assert time.monotonic() < until, found


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    routes = [free_port() for _ in range(3)]
    monitors = [free_port() for _ in range(3)]
    servers = []
    with ExitStack() as stack:
        for number, (route, monitor) in enumerate(zip(routes, monitors, strict=True)):
            command = [
                str(nats_server()), "-a", "127.0.0.1", "-p", "-1", "-m", str(monitor), "-n", f"n{number}", "-js",
                "-sd", str(tmp_path / str(number)), "--cluster_name", "c", "--cluster", f"nats://127.0.0.1:{route}",
                "--routes", ",".join(f"nats://127.0.0.1:{one}" for one in routes),
            ]  # fmt: skip
            log = stack.enter_context((tmp_path / f"{number}.log").open("wb"))
            servers.append(subprocess.Popen(command, stdout=log, stderr=log))
        try:
            yield Cluster(servers, [f"http://127.0.0.1:{one}" for one in monitors])
        finally:
            for server in servers:
                server.kill()
                server.wait()


async def test_a_torn_cluster_shows(cluster: Cluster) -> None:
    """Each of three has two links; when one dies it is not up, and the others have one link less than there should be."""
    whole = await cluster.until(links=2)
    assert [whole["server_up", number] for number in range(3)] == [1, 1, 1]
    assert whole["slow_consumers_total", 0] == 0
    cluster.servers[2].kill()
    torn = await cluster.until(links=1)
    assert torn["server_up", 2] == 0
    assert ("cluster_links", 2) not in torn
    assert torn["cluster_links", 0] < torn["cluster_size", 0] - 1
