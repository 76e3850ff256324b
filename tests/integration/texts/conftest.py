"""One simulator for the tests of a module, and a listener that webhooks can call."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import pytest

from tests.integration.simulator.harness import Simulator, simulator


@attrs.define
class Heard:
    """One request that the listener got."""

    path: str
    headers: dict[str, str]
    body: bytes


class Listener:
    """An HTTP server that keeps what it is told; it may refuse the first requests."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.refusals: list[int] = []
        """Statuses of the next answers, before it answers 200."""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = owner.refusals.pop(0) if owner.refusals else 200
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()
                owner.heard.append(Heard(self.path, headers, body))

            def log_message(self, format: str, *args: Any) -> None:
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def wait_for(self, count: int, seconds: float = 15.0) -> list[Heard]:
        """Until so many requests were heard; fails when they do not come."""
        deadline = time.monotonic() + seconds
        while len(self.heard) < count:
            assert time.monotonic() < deadline, f"heard {len(self.heard)} of {count} requests"
            time.sleep(0.02)
        return self.heard[:count]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulator of this module."""
    with simulator(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A place for webhooks."""
    made = Listener()
    yield made
    made.close()
