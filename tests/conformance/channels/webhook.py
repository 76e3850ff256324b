"""The example's incoming webhooks as a conformance case, against a small HTTP server."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs

from application.ports.channels import ChannelSettings
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.provider_case import ProviderCase
from tests.examples.webhook_channel.webhook_channel import TYPE, plugin

TOKEN = "xoxb-1"


class ChatServer(ThreadingHTTPServer):
    """Takes what is posted, as it was told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.over = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Accept everything; forget what was."""
        self.over.set()
        self.over = threading.Event()
        self.taken: Counter[str] = Counter()
        """By client_ref."""
        self.said: list[tuple[str, str]] = []
        """(path, text)."""
        self.status: dict[str, int] = {}
        """By path; "*" is everybody."""
        self.retry_after: int | None = None
        self.loses: str | None = None
        self.cuts: str | None = None
        self.is_silent = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are what is being tested."""


class _Answering(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One message."""
        chat, path = self.server, self.path.lstrip("/")
        body = self.rfile.read(int(self.headers["content-length"]))
        if chat.is_silent:
            chat.over.wait(30)
            self.close_connection = True
            return
        status = chat.status.get(path, chat.status.get("*", 200))
        if self.headers["authorization"] != f"Bearer {TOKEN}":
            status = 403
        if status == 200:
            chat.taken[self.headers["x-client-ref"]] += 1
            chat.said.append((path, json.loads(body)["text"]))
        if path == chat.loses:
            chat.over.wait(30)
        if path in (chat.loses, chat.cuts):
            self.close_connection = True
            return
        self.send_response(status)
        if chat.retry_after is not None and status != 200:
            self.send_header("Retry-After", str(chat.retry_after))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """One that listens until the block ends."""
    chat = ChatServer()
    thread = threading.Thread(target=chat.serve_forever, daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        chat.over.set()
        chat.shutdown()
        thread.join()
        chat.server_close()


class WebhookCase(ProviderCase):
    """A channel of its own package that charges."""

    plugin = plugin
    provider = "incoming_webhook"
    type = TYPE
    content = {"text": "주문 1042가 출발했습니다"}  # noqa: RUF012
    dead_code = None
    foreign_type = SubscriptionType.SMS
    double: ChatServer

    def __init__(self, double: ChatServer) -> None:
        double.reset()
        self.double = double
        super().__init__(double)

    @classmethod
    @contextmanager
    def playing(cls, folder: Path) -> Iterator[ChatServer]:
        """The chat server."""
        with chat_server() as chat:
            yield chat

    def fields(self) -> dict[str, str]:
        """Where it is, and its token."""
        return {"url": self.double.url, "token": TOKEN}

    def channel_settings(self) -> ChannelSettings:
        """Nothing special: the credential leads there."""
        return ChannelSettings(connections=2, max_in_flight=50, request_timeout=10.0)

    def recipient(self, n: int) -> str:
        """A room."""
        return f"T01/room-{n}"

    def go_nowhere(self) -> None:
        """Nobody listens on port 1."""
        fields = {**self.credential.fields, "url": "http://127.0.0.1:1"}
        self.credential = attrs.evolve(self.credential, fields=fields)

    def accepted(self) -> int:
        """Distinct sends."""
        return len(self.double.taken)

    def accepted_twice(self) -> int:
        """Sends that came again."""
        return sum(n > 1 for n in self.double.taken.values())

    def play_accept(self) -> None:
        """Take everything."""
        self.double.reset()

    def play_dead(self, recipient: str) -> None:
        """Gone."""
        self.double.status[recipient] = 410

    def play_busy(self, seconds: int) -> None:
        """503 for everybody."""
        self.double.status["*"], self.double.retry_after = 503, seconds

    def play_credential_fault(self) -> None:
        """403 for everybody."""
        self.double.status["*"] = 403

    def play_lost_answer(self, recipient: str) -> None:
        """Taken, then silence."""
        self.double.loses = recipient

    def play_mixed(self, dead: str, busy: str) -> None:
        """410 and 503."""
        self.double.status.update({dead: 410, busy: 503})

    def play_silence(self) -> None:
        """Nothing is taken, nothing answered."""
        self.double.is_silent = True

    def play_cut(self, recipient: str) -> None:
        """Taken, then the connection is closed."""
        self.double.cuts = recipient


CASES = {"webhook": WebhookCase}
