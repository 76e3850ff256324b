"""REST and client API on uvicorn, started and stopped by the role, not by uvicorn's own signal handling."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping

import uvicorn

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from bootstrap.node import Node
from domain.shared.errors import Unavailable
from entrypoints.client_api.application import client_part
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.composition import compose
from entrypoints.http.settings import HttpSettings
from entrypoints.provider_callbacks.application import callback_endpoints
from entrypoints.rest.application import rest_part
from entrypoints.rest.use_cases import RestUseCases

GRACE_SECONDS = 10


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
    app = compose(
        [rest_part(rest_use_cases(node), settings), client_part(client_use_cases(node), settings)],
        settings,
        callback_endpoints(node.use_cases.receive_callback(), node.settings.public_url.rstrip("/")),
    )
    server = _Server(
        uvicorn.Config(
            app,
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


def rest_use_cases(node: Node) -> RestUseCases:
    """The bag that REST calls."""
    u = node.use_cases

    async def readiness() -> Mapping[str, bool]:
        try:
            async with asyncio.timeout(2), raw_connection(node.infrastructure.control()) as connection:
                database = bool(await connection.fetchval("SELECT true"))
        except (Unavailable, *CONNECTION_ERRORS):
            database = False
        return {"database": database, "nats": node.nats.is_connected}

    return RestUseCases(
        authenticate_key=u.authenticate_key(),
        readiness=readiness,
        create_application=u.create_application(),
        list_applications=u.list_applications(),
        read_application=u.read_application(),
        update_application=u.update_application(),
        issue_key=u.issue_key(),
        list_keys=u.list_keys(),
        revoke_key=u.revoke_key(),
        set_credential=u.set_credential(),
        list_credentials=u.list_credentials(),
        delete_credential=u.delete_credential(),
        list_pauses=u.list_pauses(),
        pause_channel=u.pause_channel(),
        resume_channel=u.resume_channel(),
        list_alerts=u.list_alerts(),
        put_user=u.put_user(),
        read_user=u.read_user(),
        list_users=u.list_users(),
        update_user=u.update_user(),
        archive_user=u.archive_user(),
        register_subscription=u.register_subscription(),
        register_subscriptions=u.register_subscriptions(),
        read_subscription=u.read_subscription(),
        list_subscriptions=u.list_subscriptions(),
        list_subscription_events=u.list_subscription_events(),
        update_subscription=u.update_subscription(),
        archive_subscription=u.archive_subscription(),
        disable_subscription=u.disable_subscription(),
        enable_subscription=u.enable_subscription(),
        list_suppressions=u.list_suppressions(),
        suppress_address=u.suppress_address(),
        lift_suppression=u.lift_suppression(),
        accept_messages=u.accept_messages(),
        read_message=u.read_message(),
        list_messages=u.list_messages(),
        cancel_message=u.cancel_message(),
        requeue_message=u.requeue_message(),
        read_quota=u.read_quota(),
        set_quota=u.set_quota(),
        set_unit_prices=u.set_unit_prices(),
        top_up_credit=u.top_up_credit(),
        list_ledger_entries=u.list_ledger_entries(),
        preview_sms=u.preview_sms(),
        register_kakao_template=u.register_kakao_template(),
        list_kakao_templates=u.list_kakao_templates(),
        read_kakao_template=u.read_kakao_template(),
        refresh_kakao_templates=u.refresh_kakao_templates(),
        preview_alimtalk=u.preview_alimtalk(),
    )


def client_use_cases(node: Node) -> ClientUseCases:
    """The bag that the client API calls."""
    u = node.use_cases
    return ClientUseCases(
        authenticate_install=u.authenticate_install(),
        register_subscription=u.register_subscription(),
        read_subscription=u.read_subscription(),
        update_subscription=u.update_subscription(),
        change_tags=u.change_tags(),
        archive_subscription=u.archive_subscription(),
        login=u.login(),
        logout=u.logout(),
        change_properties=u.change_properties(),
        record_receipts=u.receipt_gatherer(),
    )
