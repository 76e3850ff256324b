"""REST and client API on uvicorn, started and stopped by the role, not by uvicorn's own signal handling."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from bootstrap.node import Node
from bootstrap.use_cases import UseCases
from domain.shared.errors import Unavailable
from entrypoints.client_api.application import client_part
from entrypoints.client_api.sdk_notice import sdk_notice
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.dashboard.application import dashboard_endpoints
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.http.composition import compose
from entrypoints.http.settings import HttpSettings
from entrypoints.links.application import link_endpoints
from entrypoints.links.consent import consent_endpoints
from entrypoints.links.guarding import LinkLimits
from entrypoints.provider_callbacks.application import callback_endpoints
from entrypoints.rest.application import rest_part
from entrypoints.rest.use_cases import RestUseCases

GRACE_SECONDS = 10

Bag = TypeVar("Bag", RestUseCases, ClientUseCases, DashboardUseCases)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_http(node: Node, stopping: asyncio.Event) -> None:
    """Serve until `stopping` is set, then finish the requests under way within ten seconds."""
    settings = HttpSettings(
        key_rate_per_second=node.settings.rate_limit_per_second,
        key_burst=node.settings.rate_limit_per_second * 2,
        install_rate_per_second=node.settings.client_rate_limit_per_second,
        install_burst=node.settings.client_rate_limit_per_second * 6,
        registration_rate_per_second=node.settings.client_registration_rate_per_second,
        registration_burst=node.settings.client_registration_rate_per_second * 10,
        access_log=node.settings.log_level.upper() == "DEBUG",
    )
    server = _Server(
        uvicorn.Config(
            http_application(node, settings),
            host=node.settings.host,
            port=node.settings.port,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=4096,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )

    async def stop() -> None:
        await stopping.wait()
        server.should_exit = True

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(stop())
        await server.serve()
        # Also when the server ended by itself: the role then ends with it.
        stopping.set()
        await watching


def http_application(node: Node, settings: HttpSettings) -> Starlette:
    """Everything that is served."""
    limits = LinkLimits()
    client = client_use_cases(node)
    return compose(
        [rest_part(rest_use_cases(node), settings), client_part(client, settings)],
        settings,
        [
            *callback_endpoints(node.use_cases.receive_callback(), node.settings.public_url.rstrip("/")),
            *link_endpoints(node.use_cases.unsubscribe_by_link(), node.use_cases.follow_links(), limits),
            *consent_endpoints(
                node.use_cases.confirm_subscription(), node.use_cases.recipient_preferences(), limits
            ),
            *dashboard_endpoints(
                dashboard_use_cases(node), secure=node.settings.public_url.startswith("https://")
            ),
        ],
        node.infrastructure.measures(),
        [sdk_notice(client)],
        node.infrastructure.tracer(),
    )


def rest_use_cases(node: Node) -> RestUseCases:
    """The bag that REST calls."""

    async def readiness() -> Mapping[str, bool]:
        try:
            async with asyncio.timeout(2), raw_connection(node.infrastructure.control()) as connection:
                database = bool(await connection.fetchval("SELECT true"))
        except (Unavailable, *CONNECTION_ERRORS):
            database = False
        return {"database": database, "nats": node.nats.is_connected}

    return _bag(RestUseCases, node.use_cases, readiness=readiness)


def client_use_cases(node: Node) -> ClientUseCases:
    """The bag that the client API calls."""
    return _bag(ClientUseCases, node.use_cases, record_receipts=node.use_cases.receipt_gatherer())


def dashboard_use_cases(node: Node) -> DashboardUseCases:
    """The bag that the dashboard calls."""
    directory = node.infrastructure.provider_directory()
    return _bag(DashboardUseCases, node.use_cases, provider_directory=directory)


def _bag(kind: type[Bag], container: UseCases, **given: object) -> Bag:
    """A bag of use cases filled from the container: its fields are named as the container's."""
    wanted = inspect.signature(kind).parameters.keys() - given.keys()
    every: dict[str, Any] = {**given, **{name: getattr(container, name)() for name in wanted}}
    return kind(**every)
