"""What NATS servers say of themselves over their monitoring port: alive, linked to their cluster, slow consumers.

The document of each path is nats-server's own: https://docs.nats.io/running-a-nats-service/nats_admin/monitoring
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from application.ports.measures import Figure
from domain.shared.errors import InvalidInput

SECONDS: Final = 2.0
LARGEST: Final = 4 * 1024 * 1024
MOST: Final = 16
"""Servers, for each is a label."""


def parse_monitors(text: str) -> tuple[str, ...]:
    """Base URLs separated by commas. Raise InvalidInput naming what is none."""
    urls = tuple(one.strip().rstrip("/") for one in text.split(",") if one.strip())
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise InvalidInput(
                f"{parts.hostname or url!r} is not the base URL of a monitoring port",
                field="SIGNAL_NATS_MONITORS",
                fix="write http://nats-1:8222,http://nats-2:8222",
            )
    if len(urls) > MOST:
        raise InvalidInput(f"{len(urls)} servers", field="SIGNAL_NATS_MONITORS", fix=f"name at most {MOST}")
    return urls


class NatsMonitors:
    """Implements `application.ports.measures.Figures`; a server that does not answer is one that is not up."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        # Never through a proxy of the environment: these are neighbours.
        self._opener = build_opener(ProxyHandler({}))

    async def read(self) -> Sequence[Figure]:
        every = await asyncio.gather(*(asyncio.to_thread(self._one, url) for url in self._urls))
        return [figure for figures in every for figure in figures]

    def _one(self, url: str) -> list[Figure]:
        server = (urlsplit(url).netloc.rpartition("@")[2],)
        try:
            server_state, routes, jetstream = (self._get(url, path) for path in ("varz", "routez", "jsz"))
        except (OSError, HTTPException, ValueError):
            return [Figure("signal_nats_server_up", 0, server)]
        peers = {str(one.get("remote_id")) for one in routes.get("routes") or ()}
        cluster = jetstream.get("meta_cluster") or {}
        return [
            Figure("signal_nats_server_up", 1, server),
            Figure("signal_nats_cluster_links", len(peers), server),
            Figure("signal_nats_cluster_size", int(cluster.get("cluster_size") or 1), server),
            Figure("signal_nats_slow_consumers_total", int(server_state.get("slow_consumers") or 0), server),
        ]

    def _get(self, url: str, path: str) -> Mapping[str, Any]:
        with self._opener.open(f"{url}/{path}", timeout=SECONDS) as answer:
            document = json.loads(answer.read(LARGEST))
        if not isinstance(document, dict):
            raise ValueError(path)
        return document
