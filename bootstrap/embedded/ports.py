"""Finds a free TCP port on the loopback interface."""

from __future__ import annotations

import random
import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"

# Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections: a client
# that redials a dead server on such a port can end up connected to itself, and the server cannot come back.
_FIRST: Final = 20_000
_LAST: Final = 31_999


def free_port() -> int:
    """Return a port nothing listens on right now; the caller tries another one if it is taken meanwhile."""
    choice = random.SystemRandom()
    for _ in range(200):
        port = choice.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            # As the servers do: a port is not taken just because a closed connection lingers on it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {_FIRST} and {_LAST} on {LOOPBACK}")
