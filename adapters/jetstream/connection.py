"""The connection to NATS: it comes back by itself, for as long as it takes, and says so in the log."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import BadRequestError
from nats.js.errors import Error as JetStreamError

from domain.shared.errors import Unavailable

log = logging.getLogger(__name__)

TROUBLE = (nats.errors.Error, JetStreamError, OSError, TimeoutError)
"""What says that NATS is away or refused something; anything else is a bug."""
PENDING_BYTES = 16 * 1024 * 1024
_OTHER_CONFIGURATION = 10058


async def open_nats(nats_url: str, *, name: str = "automata-signal", patience: float = 10.0) -> Client:
    """Connect within `patience` seconds, or raise TimeoutError; afterwards reconnect without end.

    What is written while the connection is away waits in a buffer of 16 MiB.
    """

    async def on_error(error: Exception) -> None:
        log.warning("NATS: %s", type(error).__name__)

    async def on_disconnect() -> None:
        if not client.is_closed:
            log.warning("the connection to NATS is lost")

    async def on_reconnect() -> None:
        log.info("the connection to NATS is back")

    client = Client()
    try:
        async with asyncio.timeout(patience):
            await client.connect(
                nats_url,
                name=name,
                connect_timeout=2,
                reconnect_time_wait=0.25,  # type: ignore[arg-type]  # seconds; fractions work
                max_reconnect_attempts=-1,
                ping_interval=10,
                max_outstanding_pings=2,
                pending_size=PENDING_BYTES,
                error_cb=on_error,
                disconnected_cb=on_disconnect,
                reconnected_cb=on_reconnect,
            )
    except BaseException:
        with contextlib.suppress(Exception):  # it may not have begun
            await client.close()
        raise
    return client


async def try_nats(nats_url: str) -> None:
    """Return when NATS takes a new connection; raise Unavailable when it does not within five seconds."""
    try:
        client = await open_nats(nats_url, name="automata-signal looking", patience=5.0)
    except TROUBLE as error:
        raise Unavailable("NATS is away") from error
    await client.close()


def is_lost(client: Client) -> bool:
    """Whether the connection will not come back by itself.

    The client closes for good when the server says anything but a few errors (a password that was changed, say), and its
    task that reconnects ends with an error that it does not know: https://github.com/nats-io/nats.py, aio/client.py,
    `_process_err` and `_attempt_reconnect`.
    """
    reconnecting = client._reconnection_task
    return client.is_closed or (
        reconnecting is not None and reconnecting.done() and not (client.is_connected or client.is_draining)
    )


async def ensure_stream(jetstream: JetStreamContext, config: StreamConfig) -> None:
    """Make the stream, or give the one of this name this configuration. Raise a NATS error when it cannot be made."""
    try:
        await jetstream.add_stream(config)
    except BadRequestError as error:
        if error.err_code != _OTHER_CONFIGURATION:
            raise
        await jetstream.update_stream(config)
