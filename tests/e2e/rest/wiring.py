"""The HTTP application on real servers: PostgreSQL, NATS, every use case, uvicorn on a free port in a thread."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import attrs
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from adapters.channels.kakao import plugin as kakao
from adapters.channels.kakao.desks import template_desks
from adapters.channels.push import plugin as push
from adapters.channels.sms import plugin as sms
from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from adapters.jetstream.connection import open_nats
from adapters.jetstream.doorbells import JetStreamDoorbells
from adapters.postgres.accept import PostgresAcceptStore
from adapters.postgres.addresses import PostgresAddresses
from adapters.postgres.alerts import PostgresAlerts
from adapters.postgres.applications import PostgresApplications
from adapters.postgres.audience import PostgresAudience
from adapters.postgres.cancellation import PostgresCancellation
from adapters.postgres.credentials import PostgresCredentials
from adapters.postgres.engine import open_engine, raw_connection
from adapters.postgres.kakao_templates import PostgresKakaoTemplates
from adapters.postgres.keys import PostgresKeys
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.messages import PostgresMessages
from adapters.postgres.partitions import ensure_partitions
from adapters.postgres.pauses import PostgresPauses
from adapters.postgres.profiles import PostgresProfiles
from adapters.postgres.quota import PostgresQuotas
from adapters.postgres.receipts import PostgresReceipts
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemRandomness, Uuid7
from application.alimtalk.check_alimtalk import CheckAlimTalk
from application.alimtalk.desk_credential import DeskCredential
from application.alimtalk.list_templates import ListTemplates
from application.alimtalk.preview_alimtalk import PreviewAlimTalk
from application.alimtalk.read_template import ReadTemplate
from application.alimtalk.refresh_templates import RefreshTemplates
from application.alimtalk.register_template import RegisterTemplate
from application.applications.authenticate_key import AuthenticateKey
from application.applications.create_application import CreateApplication
from application.applications.delete_credential import DeleteCredential
from application.applications.ensure_operator_key import EnsureOperatorKey
from application.applications.issue_key import IssueKey
from application.applications.key_cache import KeyCache
from application.applications.list_alerts import ListAlerts
from application.applications.list_applications import ListApplications
from application.applications.list_credentials import ListCredentials
from application.applications.list_keys import ListKeys
from application.applications.list_pauses import ListPauses
from application.applications.pause_channel import PauseChannel
from application.applications.read_application import ReadApplication
from application.applications.resume_channel import ResumeChannel
from application.applications.revoke_key import RevokeKey
from application.applications.set_credential import SetCredential
from application.applications.update_application import UpdateApplication
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.archive_user import ArchiveUser
from application.audience.authenticate_install import AuthenticateInstall
from application.audience.change_properties import ChangeProperties
from application.audience.change_tags import ChangeTags
from application.audience.disable_subscription import DisableSubscription
from application.audience.enable_subscription import EnableSubscription
from application.audience.lift_suppression import LiftSuppression
from application.audience.list_subscription_events import ListSubscriptionEvents
from application.audience.list_subscriptions import ListSubscriptions
from application.audience.list_suppressions import ListSuppressions
from application.audience.list_users import ListUsers
from application.audience.login import Login
from application.audience.logout import Logout
from application.audience.put_user import PutUser
from application.audience.read_subscription import ReadSubscription
from application.audience.read_user import ReadUser
from application.audience.register_subscription import RegisterSubscription
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.suppress_address import SuppressAddress
from application.audience.update_subscription import UpdateSubscription
from application.audience.update_user import UpdateUser
from application.dispatch.credential_cache import CredentialCache
from application.messaging.accept_group import AcceptGroup
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.cancel_message import CancelMessage
from application.messaging.list_messages import ListMessages
from application.messaging.preview_sms import PreviewSms
from application.messaging.read_message import ReadMessage
from application.messaging.receipt_gatherer import ReceiptGatherer
from application.messaging.record_receipts import RecordReceipts
from application.messaging.requeue_message import RequeueMessage
from application.ports.channels import ChannelSettings
from application.ports.provider_directory import ProviderDirectory
from application.quota.list_ledger_entries import ListLedgerEntries
from application.quota.read_quota import ReadQuota
from application.quota.set_quota import SetQuota
from application.quota.set_unit_prices import SetUnitPrices
from application.quota.top_up_credit import TopUpCredit
from domain.shared.channels import Channel
from entrypoints.client_api.application import client_part
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.composition import compose
from entrypoints.http.settings import HttpSettings
from entrypoints.rest.application import rest_part
from entrypoints.rest.use_cases import RestUseCases
from tests.servers import apart, delete_streams


@attrs.frozen
class Served:
    """A running server and the operator's key."""

    url: str
    operator_key: str = attrs.field(repr=False)
    database_url: str


def made(cls: type[Any], ports: Mapping[str, Any], **more: Any) -> Any:
    """A use case from those of the ports that it names."""
    given = {**ports, **more}
    return cls(**{field.name: given[field.name] for field in attrs.fields(cls)})


@asynccontextmanager
async def application(
    database_url: str, nats_url: str, settings: HttpSettings, channels: ChannelSettings
) -> AsyncIterator[tuple[ASGIApp, str]]:
    """The whole application and the operator's key; closes what it opened."""
    control = open_engine(database_url, pool_size=3)
    hot = open_engine(database_url, pool_size=2, hot=True)
    prefix = f"t{secrets.token_hex(4)}"
    client = await open_nats(nats_url, name="rest tests")
    doorbells = JetStreamDoorbells(client, prefix=prefix)
    await doorbells.ensure_stream()
    clock, identifiers, randomness = SystemClock(), Uuid7(), SystemRandomness()
    async with raw_connection(control) as connection:
        await ensure_partitions(connection, clock.now())
    ports: dict[str, Any] = {
        "clock": clock,
        "identifiers": identifiers,
        "randomness": randomness,
        "vault": AesGcmVault(Keyring.generate()),
        "key_cache": KeyCache(),
        "providers": ProviderDirectory([push, sms, kakao]),
        "applications": PostgresApplications(control),
        "keys": PostgresKeys(control),
        "credentials": PostgresCredentials(control),
        "pauses": PostgresPauses(control),
        "alerts": PostgresAlerts(control),
        "audience": PostgresAudience(control),
        "quotas": PostgresQuotas(control),
        "ledger": PostgresLedger(control),
        "templates": PostgresKakaoTemplates(control),
        "desks": template_desks(channels),
        "addresses": PostgresAddresses(control, identifiers),
    }
    accept = AcceptMessagesUseCase(
        AcceptGroup(PostgresAcceptStore(hot, identifiers), doorbells, clock, identifiers),
        PostgresProfiles(control),
        {Channel.PUSH: push},
        clock,
    )
    messages = PostgresMessages(control)
    read_message = ReadMessage(messages)
    cancellation = PostgresCancellation(hot, identifiers)
    receipts = ReceiptGatherer(RecordReceipts(PostgresReceipts(hot, clock, identifiers), clock))
    issue = made(IssueKey, ports)
    operator = await made(EnsureOperatorKey, ports, issue=issue)()
    assert operator is not None
    register_many = made(RegisterSubscriptions, ports)
    shared: dict[str, Any] = {
        "authenticate_key": made(AuthenticateKey, ports),
        "readiness": lambda: answers(control),
        "create_application": made(CreateApplication, ports),
        "list_applications": made(ListApplications, ports),
        "read_application": made(ReadApplication, ports),
        "update_application": made(UpdateApplication, ports),
        "issue_key": issue,
        "list_keys": made(ListKeys, ports),
        "revoke_key": made(RevokeKey, ports),
        "set_credential": made(SetCredential, ports),
        "list_credentials": made(ListCredentials, ports),
        "delete_credential": made(DeleteCredential, ports),
        "list_pauses": made(ListPauses, ports),
        "pause_channel": made(PauseChannel, ports),
        "resume_channel": made(ResumeChannel, ports),
        "list_alerts": made(ListAlerts, ports),
        "put_user": made(PutUser, ports),
        "read_user": made(ReadUser, ports),
        "list_users": made(ListUsers, ports),
        "update_user": made(UpdateUser, ports),
        "archive_user": made(ArchiveUser, ports),
        "register_subscription": RegisterSubscription(register_subscriptions=register_many),
        "register_subscriptions": register_many,
        "read_subscription": made(ReadSubscription, ports),
        "list_subscriptions": made(ListSubscriptions, ports),
        "list_subscription_events": made(ListSubscriptionEvents, ports),
        "update_subscription": made(UpdateSubscription, ports),
        "archive_subscription": made(ArchiveSubscription, ports),
        "disable_subscription": made(DisableSubscription, ports),
        "enable_subscription": made(EnableSubscription, ports),
        "list_suppressions": made(ListSuppressions, ports),
        "suppress_address": made(SuppressAddress, ports),
        "lift_suppression": made(LiftSuppression, ports),
        "accept_messages": accept,
        "read_message": read_message,
        "list_messages": ListMessages(messages),
        "cancel_message": CancelMessage(cancellation, read_message, clock),
        "requeue_message": RequeueMessage(cancellation, read_message, clock),
        "read_quota": made(ReadQuota, ports),
        "set_quota": made(SetQuota, ports),
        "set_unit_prices": made(SetUnitPrices, ports),
        "top_up_credit": made(TopUpCredit, ports),
        "list_ledger_entries": made(ListLedgerEntries, ports),
        "authenticate_install": made(AuthenticateInstall, ports),
        "change_tags": made(ChangeTags, ports),
        "login": made(Login, ports),
        "logout": made(Logout, ports),
        "change_properties": made(ChangeProperties, ports),
        "record_receipts": receipts,
    }
    sources = CredentialCache(ports["credentials"], ports["vault"], ports["providers"])
    open_desk = made(DeskCredential, ports, credentials=sources)
    refresh = made(RefreshTemplates, ports, open_desk=open_desk)
    shared |= {
        "preview_sms": made(PreviewSms, ports),
        "register_kakao_template": made(RegisterTemplate, ports, open_desk=open_desk),
        "list_kakao_templates": made(ListTemplates, ports),
        "read_kakao_template": made(ReadTemplate, ports),
        "refresh_kakao_templates": refresh,
        "preview_alimtalk": PreviewAlimTalk(check=made(CheckAlimTalk, ports, open_desk=open_desk)),
    }
    rest, device = made(RestUseCases, shared), made(ClientUseCases, shared)
    try:
        yield compose([rest_part(rest, settings), client_part(device, settings)], settings), operator.plain
    finally:
        await accept.close()
        await receipts.close()
        await client.close()
        await control.dispose()
        await hot.dispose()
        await asyncio.to_thread(apart, delete_streams(nats_url, prefix))


async def answers(engine: AsyncEngine) -> dict[str, bool]:
    """Whether the database answers within two seconds."""
    try:
        async with asyncio.timeout(2), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (OSError, TimeoutError):
        return {"database": False}
    return {"database": True}


@contextmanager
def serving(
    database_url: str,
    nats_url: str,
    settings: HttpSettings | None = None,
    channels: ChannelSettings | None = None,
) -> Iterator[Served]:
    """Serve until the block ends; uvicorn runs in a thread with a loop of its own."""
    chosen = settings or HttpSettings(
        key_rate_per_second=1e6, key_burst=1e6, failed_burst=1e6, install_burst=1e6
    )
    started = threading.Event()
    found: dict[str, Any] = {}

    async def run() -> None:
        try:
            async with application(database_url, nats_url, chosen, channels or ChannelSettings()) as (
                app,
                key,
            ):
                config = uvicorn.Config(app, lifespan="off", log_config=None)
                server = uvicorn.Server(config)
                found["server"], found["key"] = server, key
                with socket.create_server(("127.0.0.1", 0)) as listening:
                    found["port"] = listening.getsockname()[1]
                    started.set()  # connections wait in the socket's backlog until uvicorn takes them
                    await server.serve([listening])
        except BaseException as error:
            found["error"] = error
            raise
        finally:
            started.set()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="rest server", daemon=True)
    thread.start()
    assert started.wait(30)
    if "port" not in found:
        raise RuntimeError("the server did not start") from found.get("error")
    try:
        yield Served(f"http://127.0.0.1:{found['port']}", found["key"], database_url)
    finally:
        found["server"].should_exit = True
        thread.join(20)
    assert not thread.is_alive()
    if "error" in found:
        raise found["error"]


def execute(database_url: str, statement: str, *arguments: Any) -> list[Any]:
    """Run one SQL statement aside, for states that no caller can bring about."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(database_url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    return apart(run())
