"""What NATS says of itself: the connection of this process, the streams and the servers that keep them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from nats.aio.client import Client
from nats.js.api import StreamInfo

from adapters.jetstream.connection import TROUBLE
from application.ports.measures import Figure
from domain.shared.errors import Unavailable

STREAMS = ("dispatch", "signal_events", "signal_requests", "signal_results", "signal_parked")


def connection_figures(client: Client) -> Iterator[Figure]:
    """Of this process's connection; asks nobody."""
    yield Figure("signal_nats_connected", float(client.is_connected))
    stats = client.stats
    yield Figure("signal_nats_reconnects_total", stats["reconnects"])
    for direction, way in (("in", "received"), ("out", "sent")):
        yield Figure("signal_nats_messages_total", stats[f"{direction}_msgs"], (way,))
        yield Figure("signal_nats_bytes_total", stats[f"{direction}_bytes"], (way,))


class JetStreamFigures:
    """Implements `application.ports.measures.Figures`: each stream, its size and the servers that keep it."""

    def __init__(self, client: Client, *, prefix: str = "") -> None:
        self._jetstream = client.jetstream(timeout=3)
        self._prefix = prefix

    async def read(self) -> Sequence[Figure]:
        try:
            async with asyncio.timeout(5):
                infos = await self._jetstream.streams_info()
        except TROUBLE as error:
            raise Unavailable("NATS is away") from error
        found: list[Figure] = []
        for info in infos:
            name = info.config.name or ""
            stream = name.removeprefix(self._prefix)
            if name.startswith(self._prefix) and stream in STREAMS:
                found.append(Figure("signal_nats_stream_messages", info.state.messages, (stream,)))
                found.append(Figure("signal_nats_stream_bytes", info.state.bytes, (stream,)))
                found += _replicas(stream, info)
        return found


def _replicas(stream: str, info: StreamInfo) -> Iterator[Figure]:
    """A server alone is its own leader; in a cluster the others are current, lagging or gone."""
    leader = info.cluster is None or bool(info.cluster.leader)
    others = [] if info.cluster is None else info.cluster.replicas or []
    gone = sum(1 for peer in others if peer.offline)
    lagging = sum(1 for peer in others if not peer.offline and not peer.current)
    current = len(others) - gone - lagging
    for state, n in (("leader", int(leader)), ("current", current), ("lagging", lagging), ("offline", gone)):
        yield Figure("signal_nats_stream_replicas", n, (stream, state))
