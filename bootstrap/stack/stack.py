"""Start and stop a whole installation: servers, schema, simulator, roles; optionally restart what dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from pydantic import SecretStr

from bootstrap.embedded import EmbeddedServers
from bootstrap.embedded.data_folder import write_private
from bootstrap.embedded.ports import free_port
from bootstrap.settings import Settings
from bootstrap.stack.provider_simulator import ProviderSimulator
from bootstrap.stack.role_process import RoleProcess
from bootstrap.stack.stack_state import StackState, remove_state, this_process, write_state

log = logging.getLogger(__name__)

READY_SECONDS = 30.0
RESTARTS_A_MINUTE = 10
OPERATOR_KEY_FILE = "operator.key"
ROLES = ("api", "worker-transactional", "worker-bulk", "scheduler")
"""One process each: of a whole installation on one machine."""

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    return


class Stack:
    """Blocking; a context manager. Without DATABASE_URL or NATS_URL in the settings it brings its own servers."""

    def __init__(
        self,
        settings: Settings,
        *,
        roles: Sequence[str] = ROLES,
        simulator: bool = True,
        supervise: bool = False,
        durable: bool = True,
        environment: Mapping[str, str] | None = None,
        postgres_settings: Mapping[str, str] | None = None,
    ) -> None:
        """`environment` is laid over what every role gets; `durable=False` turns fsync off (tests)."""
        self.folder = settings.data_folder.absolute()
        self._settings = settings
        self._supervise = supervise
        self._environment = dict(environment or {})
        self.servers: EmbeddedServers | None = None
        if settings.database_url is None or settings.nats_url is None:
            self.servers = EmbeddedServers(
                self.folder, durable=durable, settings=postgres_settings, supervise=supervise
            )
        self.simulator = ProviderSimulator(self.folder / "simulator") if simulator else None
        self._role_names = roles
        self.roles: dict[str, RoleProcess] = {}
        self.role_environment: Mapping[str, str] = {}
        """What the roles were started with."""
        self.state: StackState | None = None
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, progress: Progress = _silent) -> StackState:
        """Return once the API answers. Raise RuntimeError or an EmbeddedServerError saying what did not start."""
        try:
            return self._start(progress)
        except BaseException:
            self.stop()
            raise

    def _start(self, progress: Progress) -> StackState:
        # Here and below, because they load most of the product: commands that only look for a stack do without.
        from bootstrap import migrations
        from bootstrap.infrastructure import keyring_of

        self.folder.mkdir(parents=True, exist_ok=True)
        urls = self._urls(progress)
        keyring_of(self._settings)
        progress("migrating the schema")
        if migrations.pending(urls["DATABASE_URL"]):
            migrations.upgrade(urls["DATABASE_URL"])
        operator_key = asyncio.run(self._operator_key(urls))
        environment = {**urls, "SIGNAL_DATA_FOLDER": str(self.folder), **self._port()}
        if self.simulator is not None:
            progress("starting the provider simulator")
            self.simulator.start()
            environment |= self.simulator.environment()
        progress(f"starting {', '.join(self._role_names)}")
        for name in self._role_names:
            self.add_role(name, {**environment, **self._environment})
        api_url = f"http://{self._settings.host}:{environment['SIGNAL_PORT']}"
        self._await_ready(api_url)
        pid, started = this_process()
        addresses = self.simulator.addresses if self.simulator is not None else {}
        self.state = StackState(
            supervisor_pid=pid,
            supervisor_started=started,
            api_url=api_url,
            operator_key=operator_key,
            database_url=urls["DATABASE_URL"],
            nats_url=urls["NATS_URL"],
            simulator_control=addresses.get("control"),
            simulator_ca=addresses.get("ca_certificate"),
        )
        write_state(self.folder, self.state)
        if self._supervise:
            self.watch()
        return self.state

    def watch(self) -> None:
        """From now on roles that die are started again."""
        self._watcher = threading.Thread(target=self._watch, name="supervise roles", daemon=True)
        self._watcher.start()

    def add_role(self, name: str, environment: Mapping[str, str]) -> RoleProcess:
        """Start one more process; a name such as `worker` may repeat and then gets a number."""
        self.role_environment = dict(environment)
        label = name if name not in self.roles else f"{name}-{len(self.roles) + 1}"
        process = RoleProcess(
            label, ["-m", "bootstrap.role", name], environment, self.folder / "logs" / f"{label}.log"
        )
        self.roles[label] = process
        process.start()
        return process

    def stop(self) -> None:
        """Drain the roles, stop simulator and servers, withdraw the note; nothing of ours is left running."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        for process in self.roles.values():
            process.ask_to_stop()
        for process in self.roles.values():
            process.wait()
        if self.simulator is not None:
            self.simulator.process.ask_to_stop()
            self.simulator.process.wait(5)
        if self.servers is not None:
            self.servers.stop()
        if self.state is not None:
            remove_state(self.folder)
            self.state = None

    def _urls(self, progress: Progress) -> dict[str, str]:
        given = {
            name: secret.get_secret_value()
            for name, secret in (
                ("DATABASE_URL", self._settings.database_url),
                ("NATS_URL", self._settings.nats_url),
            )
            if secret is not None
        }
        if self.servers is None:
            return given
        progress("starting PostgreSQL and NATS")
        running = self.servers.start()
        return {"DATABASE_URL": running.database_url, "NATS_URL": running.nats_url, **given}

    async def _operator_key(self, urls: Mapping[str, str]) -> str:
        """The first start's key, kept in the data folder so that a later `up` can print it again."""
        from bootstrap.node import open_node

        file = self.folder / OPERATOR_KEY_FILE
        settings = self._settings.model_copy(
            update={
                "database_url": SecretStr(urls["DATABASE_URL"]),
                "nats_url": SecretStr(urls["NATS_URL"]),
            }
        )
        async with open_node(settings, "command") as node:
            issued = await node.use_cases.ensure_operator_key()()
        if issued is not None:
            write_private(file, issued.plain)
            return issued.plain
        with contextlib.suppress(OSError):
            return file.read_text(encoding="ascii").strip()
        return ""

    def _port(self) -> dict[str, str]:
        return {"SIGNAL_HOST": self._settings.host, "SIGNAL_PORT": str(self._settings.port or free_port())}

    def _await_ready(self, api_url: str) -> None:
        until = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(urllib.error.URLError, OSError):
                with urllib.request.urlopen(f"{api_url}/readyz", timeout=2) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            dead = next((process for process in self.roles.values() if not process.running), None)
            if dead is not None:
                raise RuntimeError(f"{dead.name} did not start:\n{dead.last_words()}")
            if time.monotonic() > until:
                raise RuntimeError(f"{api_url} did not become ready within {READY_SECONDS:.0f} s")
            time.sleep(0.05)

    def _watch(self) -> None:
        """Restart roles that die, at most ten times a minute each."""
        recent: dict[str, deque[float]] = {}
        while not self._stopping.wait(0.2):
            for name, process in list(self.roles.items()):
                if process.running or self._stopping.is_set():
                    continue
                times = recent.setdefault(name, deque(maxlen=RESTARTS_A_MINUTE))
                if len(times) == RESTARTS_A_MINUTE and time.monotonic() - times[0] < 60:
                    continue
                times.append(time.monotonic())
                log.warning("%s died and is started again", name)
                try:
                    process.start()
                except Exception:
                    # No process, memory or room for a log: this thread is all that looks, and looks again.
                    log.exception("%s cannot be started and is tried again", name)
