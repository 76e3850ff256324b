"""Restarts a server that died, with a growing pause and a limit on how often."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from bootstrap.embedded.embedded_server import EmbeddedServer
from bootstrap.embedded.errors import EmbeddedServerError

logger = logging.getLogger(__name__)


@attrs.frozen
class RestartPolicy:
    """Pauses in seconds, doubling from the first to the longest; at most `limit` restarts per `window`."""

    first_pause: float = 0.1
    longest_pause: float = 5.0
    limit: int = 10
    window: float = 60.0

    def pause(self, recent: int) -> float:
        """Return how long to wait before a restart that `recent` others preceded within the window."""
        return min(self.longest_pause, self.first_pause * 2.0 ** min(recent, 30))


_POLICY: Final = RestartPolicy()


class Supervision:
    """Watches one server from a thread of its own; a stop that was asked for is not a death."""

    def __init__(
        self,
        server: EmbeddedServer,
        policy: RestartPolicy = _POLICY,
        *,
        on_restart: Callable[[], object] | None = None,
    ) -> None:
        """Watch a server that was started; call `stop()` before stopping the server."""
        self._on_restart = on_restart
        self._server = server
        self._policy = policy
        self._stopping = threading.Event()
        self._recent: deque[float] = deque(maxlen=policy.limit)
        self.restarts = 0
        self.gave_up = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"supervise {server.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; returns when no restart is under way any more."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            child = self._server.child
            if child is not None and not child.exited.wait(0.2):
                continue
            if self._stopping.is_set():
                return
            if not self._may_restart():
                logger.error(
                    "%s died %d times within %.0f seconds and stays down",
                    self._server.name,
                    self._policy.limit,
                    self._policy.window,
                )
                self.gave_up.set()
                return
            code = None if child is None else child.exit_code
            pause = self._policy.pause(len(self._recent) - 1)
            logger.warning("%s died (code %s): restarting in %.1f s", self._server.name, code, pause)
            if self._stopping.wait(pause):
                return
            try:
                self._server.start()
                if self._on_restart is not None:
                    self._on_restart()
            except Exception as error:
                # Whatever it is: this thread is all that looks.
                expected = isinstance(error, (EmbeddedServerError, OSError))
                logger.error("%s", error, exc_info=not expected)
                continue
            self.restarts += 1

    def _may_restart(self) -> bool:
        now = time.monotonic()
        while self._recent and now - self._recent[0] > self._policy.window:
            self._recent.popleft()
        if len(self._recent) == self._policy.limit:
            return False
        self._recent.append(now)
        return True
