"""NATS with JetStream as a child process: configuration, crash recovery, a generated password."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
from pathlib import Path
from typing import Final

from bootstrap.embedded.binaries import nats_server
from bootstrap.embedded.child_process import ChildProcess, Command
from bootstrap.embedded.data_folder import password, write_private
from bootstrap.embedded.embedded_server import EmbeddedServer
from bootstrap.embedded.leftovers import end, working_in
from bootstrap.embedded.ports import LOOPBACK

USER: Final = "signal"
MAX_PAYLOAD: Final = 4 * 1024 * 1024


class EmbeddedNats(EmbeddedServer):
    """nats-server with JetStream on 127.0.0.1, user `signal` with a password kept in the folder (0600).

    `durable` syncs every write before it is acknowledged (`sync_interval: always`, a setting of the whole
    server); a stream that holds nothing of its own opts out with `"persist_mode": "async"` when created.
    """

    name = "NATS"

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        durable: bool = True,
        max_payload: int = MAX_PAYLOAD,
        max_file_store: str = "16GB",
        max_memory_store: str = "256MB",
    ) -> None:
        """Describe the server; `max_payload` is in bytes, the stores in NATS's notation (`256MB`)."""
        super().__init__(folder, port=port)
        self._durable = durable
        self._max_payload = max_payload
        self._max_file_store = max_file_store
        self._max_memory_store = max_memory_store
        self._password = ""

    @property
    def url(self) -> str:
        """Return `nats://signal:<password>@127.0.0.1:<port>`."""
        return f"nats://{USER}:{self._password}@{LOOPBACK}:{self._require_port()}"

    @property
    def _configuration_file(self) -> Path:
        return self._folder / "nats.conf"

    def _prepare(self) -> None:
        self._program = nats_server()
        self._password = password(self._folder / "nats.password")
        end(self.name, working_in(self._folder, "nats-server"), signal.SIGTERM)

    def _command(self) -> Command:
        write_private(self._configuration_file, self._configuration())
        return Command(
            name=self.name,
            argv=[str(self._program), "--config", str(self._configuration_file)],
            folder=self._folder,
            log=self._folder / "nats.log",
            gentle=signal.SIGTERM,
            final=signal.SIGKILL,
        )

    def _configuration(self) -> str:
        # NATS's format takes JSON strings as they are.
        return "\n".join(
            (
                f'listen: "{LOOPBACK}:{self._port}"',
                'server_name: "automata-signal"',
                f"max_payload: {self._max_payload}",
                f"authorization {{ user: {json.dumps(USER)}, password: {json.dumps(self._password)} }}",
                "jetstream {",
                f"  store_dir: {json.dumps(str(self._folder))}",
                f"  max_file_store: {self._max_file_store}",
                f"  max_memory_store: {self._max_memory_store}",
                f"  sync_interval: {'always' if self._durable else '2m'}",
                "}",
                "",
            )
        )

    def _answers(self, child: ChildProcess) -> bool:
        """Log in and ask JetStream for its account: it answers once the streams are recovered."""
        hello = json.dumps(
            {"user": USER, "pass": self._password, "verbose": False, "pedantic": False, "lang": "python"}
        )
        request = f"CONNECT {hello}\r\nSUB ready 1\r\nPUB $JS.API.INFO ready 0\r\n\r\n"
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self._port), 2) as connection:
            connection.settimeout(2)
            connection.sendall(request.encode())
            received = b""
            while chunk := connection.recv(65_536):
                received += chunk
                if b"-ERR" in received:
                    return False
                if b"jetstream.api.v1.account_info_response" in received:
                    return b'"error"' not in received and not child.exited.is_set()
        return False

    def _is_transient(self, log: str) -> bool:
        return "address already in use" in log
