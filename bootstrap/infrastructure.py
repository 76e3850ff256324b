"""The container of infrastructure: engines, repositories, vault, NATS; each thing exists once in a process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dependency_injector import containers, providers
from nats.aio.client import Client

from adapters.channels.kakao.desks import template_desks
from adapters.channels.registry import channel_plugins
from adapters.crypto.download_keys import download_keys
from adapters.crypto.identity_tokens import JwtIdentityTokens
from adapters.crypto.keyring import Keyring, load_keyring
from adapters.crypto.link_keys import link_keys
from adapters.crypto.one_time_codes import ClockedCodes
from adapters.crypto.passwords import Argon2Passwords
from adapters.crypto.vault import AesGcmVault
from adapters.jetstream.doorbells import JetStreamDoorbells
from adapters.jetstream.events import JetStreamEventStream
from adapters.jetstream.figures import JetStreamFigures
from adapters.jetstream.requests import JetStreamRequests
from adapters.parquet.writer import ArrowParquetWriter
from adapters.postgres.accept import PostgresAcceptStore
from adapters.postgres.addresses import PostgresAddresses
from adapters.postgres.alert_rules import PostgresAlertRules
from adapters.postgres.alerts import PostgresAlerts
from adapters.postgres.analytics import PostgresAnalytics
from adapters.postgres.applications import PostgresApplications
from adapters.postgres.audience import PostgresAudience
from adapters.postgres.audit_log import PostgresAuditLog
from adapters.postgres.campaign_audience import PostgresCampaignAudience
from adapters.postgres.campaign_fan_out import PostgresFanOut
from adapters.postgres.campaign_progress import PostgresCampaignProgress
from adapters.postgres.campaign_tally import PostgresCampaignTally
from adapters.postgres.campaigns import PostgresCampaigns
from adapters.postgres.cancellation import PostgresCancellation
from adapters.postgres.claims import PostgresClaims
from adapters.postgres.confirmations import PostgresConfirmationQueue
from adapters.postgres.content_sweep import PostgresRetention
from adapters.postgres.credentials import PostgresCredentials
from adapters.postgres.early_receipts import PostgresEarlyReceipts
from adapters.postgres.engine import open_engine
from adapters.postgres.exports import PostgresExports
from adapters.postgres.fallbacks import PostgresFallbacks
from adapters.postgres.gauges import PostgresGauges
from adapters.postgres.health import PostgresHealth
from adapters.postgres.identity_keys import PostgresIdentityKeys
from adapters.postgres.in_app_inbox import PostgresInAppInbox
from adapters.postgres.kakao_templates import PostgresKakaoTemplates
from adapters.postgres.keys import PostgresKeys
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.ledger_evidence import PostgresLedgerEvidence
from adapters.postgres.marked_devices import PostgresMarkedDevices
from adapters.postgres.messages import PostgresMessages
from adapters.postgres.node_reports import PostgresNodeReports
from adapters.postgres.operators import PostgresOperators
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.owed_deliveries import PostgresOwedDeliveries
from adapters.postgres.pacing import PostgresPacing
from adapters.postgres.pauses import PostgresPauses
from adapters.postgres.poll_cursors import PostgresPollCursors
from adapters.postgres.presence import PostgresPresence
from adapters.postgres.profiles import PostgresProfiles
from adapters.postgres.queue_figures import PostgresQueueFigures
from adapters.postgres.queue_store import PostgresQueueStore
from adapters.postgres.quota import PostgresQuotas
from adapters.postgres.receipts import PostgresReceipts
from adapters.postgres.report_rows import PostgresReportRows
from adapters.postgres.segment_members import PostgresSegmentMembers
from adapters.postgres.segments import PostgresSegments
from adapters.postgres.statements import PostgresStatements
from adapters.postgres.templates import PostgresTemplates
from adapters.postgres.topic_choices import PostgresTopicChoices
from adapters.postgres.webhooks import PostgresWebhooks
from adapters.postgres.worker_store import PostgresWorkerStore
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemRandomness, Uuid7
from adapters.telemetry.measures import ProcessMeasures
from adapters.templating.engine import LiquidTemplating
from adapters.webhooks.poster import HttpWebhookPoster
from application.ports.channels import ChannelSettings
from application.ports.delivery_reports import CallbackReader
from application.ports.provider_directory import ProviderDirectory
from application.ports.sealed_variables import SealedVariables
from application.ports.template_mirror import TemplateMirror
from application.ports.tracing import Tracer
from bootstrap.settings import Settings
from bootstrap.tracing import tracer_of
from domain.messaging.links import LinkKeys
from domain.webhooks.destination import Network, parse_networks

KEY_FILE = "vault.keys"


def keyring_of(settings: Settings) -> Keyring:
    """The vault's keys: from the setting, else from the file under the data folder, made on the first start."""
    setting = settings.signal_keys.get_secret_value() if settings.signal_keys else None
    return load_keyring(setting, settings.data_folder / KEY_FILE, create=setting is None)


def channel_settings(
    settings: Settings, links: LinkKeys | None = None, kakao_templates: TemplateMirror | None = None
) -> ChannelSettings:
    """Where the providers are and how hard to drive them."""
    extra = None if settings.extra_ca_file is None else Path(settings.extra_ca_file).read_bytes()
    return ChannelSettings(
        apns_production_url=settings.apns_production_url,
        apns_sandbox_url=settings.apns_sandbox_url,
        fcm_url=settings.fcm_url,
        google_token_url=settings.google_token_url,
        extra_ca_pem=extra,
        connections=settings.provider_connections,
        max_in_flight=settings.provider_in_flight,
        request_timeout=settings.provider_timeout,
        fcm_rate=settings.fcm_rate,
        provider_urls=settings.provider_urls,
        public_url=settings.public_url.rstrip("/"),
        links=links,
        kakao_templates=kakao_templates,
    )


def callback_readers(directory: ProviderDirectory, settings: ChannelSettings) -> dict[str, CallbackReader]:
    """The reader of each provider that calls back, by its name."""
    found = {name: provider for name in directory.names if (provider := directory.named(name)) is not None}
    readers = {name: provider.callbacks(settings) for name, provider in found.items()}
    return {name: reader for name, reader in readers.items() if reader is not None}


def webhook_poster(settings: Settings, networks: Sequence[Network]) -> HttpWebhookPoster:
    """Posts to customers' endpoints; trusts what the installation trusts besides the system's authorities."""
    extra = None if settings.extra_ca_file is None else Path(settings.extra_ca_file).read_bytes()
    return HttpWebhookPoster(networks, extra_ca_pem=extra)


class Infrastructure(containers.DeclarativeContainer):
    """Needs settings, the database URL and a connected NATS client; opens nothing by itself before it is used."""

    settings = providers.Dependency(instance_of=Settings)
    database_url = providers.Dependency(instance_of=str)
    nats = providers.Dependency(instance_of=Client)
    role = providers.Dependency(instance_of=str)
    hot_connections = providers.Dependency(instance_of=int)
    kept_connections = providers.Dependency(instance_of=int)
    control_connections = providers.Dependency(instance_of=int)

    clock = providers.Singleton(SystemClock)
    identifiers = providers.Singleton(Uuid7)
    randomness = providers.Singleton(SystemRandomness)
    measures = providers.Singleton(ProcessMeasures)
    tracer: providers.Singleton[Tracer] = providers.Singleton(tracer_of, settings, role)
    keyring = providers.Singleton(keyring_of, settings)
    vault = providers.Singleton(AesGcmVault, keyring)
    sealed_variables = providers.Singleton(SealedVariables, vault)
    templating = providers.Singleton(LiquidTemplating)
    links = providers.Singleton(link_keys, keyring)

    hot = providers.Singleton(
        open_engine, database_url, pool_size=hot_connections, hot=True, application_name=role
    )
    kept_plans = providers.Singleton(
        open_engine,
        database_url,
        pool_size=kept_connections,
        hot=True,
        keep_plans=True,
        application_name=role,
    )
    control = providers.Singleton(
        open_engine, database_url, pool_size=control_connections, application_name=role
    )

    applications = providers.Singleton(PostgresApplications, control)
    keys = providers.Singleton(PostgresKeys, control)
    credentials = providers.Singleton(PostgresCredentials, control)
    identity_keys = providers.Singleton(PostgresIdentityKeys, control)
    identity_tokens = providers.Singleton(JwtIdentityTokens)
    in_app_inbox = providers.Singleton(PostgresInAppInbox, control)
    confirmation_queue = providers.Singleton(PostgresConfirmationQueue, control, identifiers)
    topic_choices = providers.Singleton(PostgresTopicChoices, control)
    pauses = providers.Singleton(PostgresPauses, control)
    alerts = providers.Singleton(PostgresAlerts, control)
    operators = providers.Singleton(PostgresOperators, control)
    audit_log = providers.Singleton(PostgresAuditLog, control)
    queue_figures = providers.Singleton(PostgresQueueFigures, control)
    passwords = providers.Singleton(Argon2Passwords)
    one_time_codes = providers.Singleton(ClockedCodes)
    audience = providers.Singleton(PostgresAudience, kept_plans)
    templates = providers.Singleton(PostgresTemplates, control)
    segments = providers.Singleton(PostgresSegments, control)
    segment_members = providers.Singleton(PostgresSegmentMembers, control)
    marked_devices = providers.Singleton(PostgresMarkedDevices, control)
    campaigns = providers.Singleton(PostgresCampaigns, control, identifiers)
    campaign_audience = providers.Singleton(PostgresCampaignAudience, control, identifiers)
    campaign_progress = providers.Singleton(PostgresCampaignProgress, control)
    fan_out_store = providers.Singleton(PostgresFanOut, hot, identifiers, kept_plans=kept_plans)
    campaign_tally = providers.Singleton(PostgresCampaignTally, hot, identifiers)
    alert_rules = providers.Singleton(PostgresAlertRules, control, identifiers)
    webhooks = providers.Singleton(PostgresWebhooks, control)
    owed_deliveries = providers.Singleton(PostgresOwedDeliveries, control, identifiers)
    webhook_networks = providers.Singleton(parse_networks, settings.provided.webhook_networks)
    webhook_poster = providers.Factory(webhook_poster, settings, webhook_networks)
    gauges = providers.Singleton(PostgresGauges, control)
    health = providers.Singleton(PostgresHealth, control)
    retention = providers.Singleton(PostgresRetention, control)
    node_reports = providers.Singleton(PostgresNodeReports, control)
    stream_figures = providers.Singleton(JetStreamFigures, nats, prefix=settings.provided.nats_prefix)
    quotas = providers.Singleton(PostgresQuotas, control)
    ledger = providers.Singleton(PostgresLedger, control)
    exports = providers.Singleton(PostgresExports, control)
    report_rows = providers.Singleton(PostgresReportRows, hot)
    parquet_writer = providers.Singleton(ArrowParquetWriter)
    statements = providers.Singleton(PostgresStatements, control)
    download_keys = providers.Singleton(download_keys, keyring)
    analytics = providers.Singleton(PostgresAnalytics, control)
    ledger_evidence = providers.Singleton(PostgresLedgerEvidence, control)

    profiles = providers.Singleton(PostgresProfiles, hot)
    accept_store = providers.Singleton(PostgresAcceptStore, kept_plans, identifiers)
    messages = providers.Singleton(PostgresMessages, hot)
    cancellation = providers.Singleton(PostgresCancellation, hot, identifiers)
    early_receipts = providers.Singleton(PostgresEarlyReceipts, hot)
    outbox = providers.Singleton(PostgresOutbox, hot)
    pacing = providers.Singleton(PostgresPacing, hot)
    presence = providers.Singleton(PostgresPresence, database_url, identifiers)

    plugins = providers.Singleton(channel_plugins)
    provider_directory = providers.Singleton(ProviderDirectory, plugins)
    receipts = providers.Singleton(PostgresReceipts, kept_plans, clock, identifiers, provider_directory)
    kakao_templates = providers.Singleton(PostgresKakaoTemplates, control)
    channel_settings = providers.Singleton(channel_settings, settings, links, kakao_templates)
    template_desks = providers.Singleton(template_desks, channel_settings)
    worker_store = providers.Singleton(PostgresWorkerStore, kept_plans, identifiers, provider_directory)
    claims = providers.Singleton(PostgresClaims, hot, identifiers)
    fallbacks = providers.Singleton(PostgresFallbacks, hot)
    addresses = providers.Singleton(PostgresAddresses, control, identifiers)
    poll_cursors = providers.Singleton(PostgresPollCursors, control)
    callback_readers = providers.Singleton(callback_readers, provider_directory, channel_settings)
    queue_store = providers.Singleton(
        PostgresQueueStore,
        hot,
        identifiers,
        kept_plans=kept_plans,
        retention_days=settings.provided.retention_days,
    )

    doorbells = providers.Singleton(
        JetStreamDoorbells,
        nats,
        prefix=settings.provided.nats_prefix,
        replicas=settings.provided.nats_replicas,
        tracer=tracer,
    )
    event_stream = providers.Singleton(
        JetStreamEventStream,
        nats,
        prefix=settings.provided.nats_prefix,
        replicas=settings.provided.nats_replicas,
    )
    requests = providers.Singleton(
        JetStreamRequests,
        nats,
        prefix=settings.provided.nats_prefix,
        replicas=settings.provided.nats_replicas,
    )
