"""Every metric there is: name, kind, labels and meaning. docs/metrics.md is pinned to this table by a test.

Labels have few values: channels, providers, routes, states; applications and campaigns only where the reader of the
number bounds how many. Never the id of a user or a message.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import attrs


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@attrs.frozen(slots=True)
class Metric:
    """`name` is what a query asks for; a counter ends in _total, a time in _seconds."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"signal_{name}", Kind.COUNTER, text, labels)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"signal_{name}", Kind.GAUGE, text, labels)


def _histogram(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"signal_{name}", Kind.HISTOGRAM, text, labels)


METRICS: Final = (
    # Requests
    _counter("http_requests_total", "Requests answered; an error is a status from 400", "method", "route", "status"),
    _histogram("http_request_seconds", "Time to answer a request", "method", "route"),
    # Sending
    _counter("sends_total", "What came of messages that were handed to a channel", "channel", "provider", "outcome"),
    _histogram("send_seconds", "From the start of its chunk's send to a message's outcome", "channel", "provider"),
    _histogram("send_chunk_seconds", "One chunk through its channel", "channel", "provider"),
    _histogram("render_seconds", "Rendering one message from a template"),
    _counter("render_refused_total", "Messages that could not be rendered"),
    _counter("settled_total", "Messages whose state a worker changed"),
    _counter("settle_flushes_total", "Settle transactions"),
    _counter("settle_seconds_total", "Time spent in settle transactions"),
    _gauge("settle_backlog", "Outcomes that wait to be written"),
    _counter("lost_leases_total", "Chunks that were taken over before they were settled"),
    _counter("ambiguous_sends_total", "Accepted sends whose lease was lost: another worker may repeat them"),
    _counter("resent_sends_total", "Sends of recovered chunks that may be repeats"),
    # The queue
    _gauge("queue_messages", "Messages in chunks", "type", "lane", "state"),
    _gauge("queue_chunks", "Chunks", "type", "lane", "state"),
    _gauge("queue_oldest_seconds", "Age of the oldest chunk that is due and whose route is not paused", "type", "lane"),
    _gauge("retries_waiting", "Messages that wait for another attempt", "type"),
    _gauge("unknown_outcomes", "Claimed sends whose outcome is not known"),
    _gauge("outbox_rows", "Rows of events that wait to be published"),
    _gauge("outbox_oldest_seconds", "Age of the oldest of them"),
    _gauge("paused_routes", "Routes of applications that are held", "type"),
    # Jobs
    _histogram("job_seconds", "One run of a job of the scheduler", "step"),
    _counter("job_failures_total", "Runs that failed and are tried again", "step"),
    _counter("reconciler_actions_total", "What the reconciler did, in rows or chunks", "action"),
    _gauge("workers", "Workers whose beat is fresh"),
    _gauge("worker_beat_seconds", "Age of the oldest beat of a worker that has leases"),
    # Campaigns, quota, business
    _gauge("campaigns", "Campaigns by state, runs included", "status"),
    _gauge("campaign_recipients", "Progress of campaigns that send, the fifty launched last", "campaign", "state"),
    _gauge("campaign_rate", "Messages a second that a sending campaign settles", "campaign"),
    _gauge("templates", "Templates that are not archived", "state"),
    _gauge("quota_limit", "Messages allowed in the present window", "application", "window"),
    _gauge("quota_used", "Messages reserved or settled in the present window", "application", "window"),
    _gauge("message_events", "Events of messages in the last 24 full hours and this one", "type", "event"),
    _gauge("subscription_events", "Events of subscriptions in the last five minutes", "channel", "event"),
    _gauge("alerts_open", "Alerts that nobody resolved", "kind"),
    # Webhooks
    _counter("webhook_attempts_total", "Posts to customers' endpoints", "outcome"),
    _histogram("webhook_seconds", "One post to an endpoint"),
    _gauge("webhook_waiting", "Deliveries that are owed"),
    _gauge("webhook_oldest_seconds", "Age of the oldest delivery that is due"),
    # Apps
    _counter("sdk_calls_total", "What apps say of their own calls", "operation", "outcome"),
    _counter("sdk_errors_total", "Errors that apps met", "code"),
    _gauge("sdk_initialize_seconds", "Initialization time as the last report said", "percentile"),
    _counter("sdk_initializations_total", "Initializations that apps reported"),
    # The node
    _counter("node_cpu_seconds_total", "Processor time of the machine", "mode"),
    _gauge("node_load", "Load average over one minute"),
    _gauge("node_cpus", "Processors"),
    _gauge("node_memory_bytes", "Memory of the machine", "state"),
    _counter("node_disk_bytes_total", "Bytes read and written by the machine's disks", "direction"),
    _gauge("node_disk_free_bytes", "Free space where the data folder is"),
    _counter("node_network_bytes_total", "Bytes that the machine sent and received", "direction"),
    _counter("process_cpu_seconds_total", "Processor time of this process"),
    _gauge("process_memory_bytes", "Resident memory of this process"),
    _gauge("process_started_seconds", "When this process started, as Unix time"),
    _gauge("event_loop_lag_seconds", "How late the event loop woke up last"),
    _counter("trace_spans_total", "Spans that the collector of traces took, and that it did not", "outcome"),
    _gauge("figures_age_seconds", "How old the figures from PostgreSQL and NATS are", "source"),
    # NATS
    _gauge("nats_connected", "1 while this process is connected"),
    _counter("nats_reconnects_total", "Reconnections of this process"),
    _counter("nats_messages_total", "Messages of this process's connection", "direction"),
    _counter("nats_bytes_total", "Bytes of this process's connection", "direction"),
    _gauge("nats_stream_messages", "Messages in a stream", "stream"),
    _gauge("nats_stream_bytes", "Size of a stream", "stream"),
    _gauge("nats_stream_replicas", "Servers that keep a stream", "stream", "state"),
    _gauge("nats_server_up", "1 while the server's monitoring port answers", "server"),
    _gauge("nats_cluster_links", "Servers of the cluster that this one has a route to", "server"),
    _gauge("nats_cluster_size", "Servers that JetStream's cluster has, this one included", "server"),
    _counter("nats_slow_consumers_total", "Connections that the server cut for being slow", "server"),
    # PostgreSQL
    _gauge("postgres_answer_seconds", "Time of one statement that reads nothing, there and back"),
    _gauge("postgres_waiting_sessions", "Sessions that wait for a lock"),
    _counter("postgres_rows_total", "Rows read and written in this database", "operation"),
    _counter("postgres_temporary_bytes_total", "Bytes that sorting and hashing wrote to disk"),
    _gauge("postgres_dead_rows", "Dead rows of the tables that the queue lives on", "table"),
    _gauge("postgres_connections", "Connections of the server", "state"),
    _gauge("postgres_connections_max", "Connections that the server allows"),
    _counter("postgres_transactions_total", "Transactions of this database", "result"),
    _counter("postgres_blocks_total", "Blocks found in the cache and read from disk", "from"),
    _counter("postgres_deadlocks_total", "Deadlocks"),
    _gauge("postgres_longest_transaction_seconds", "Age of the oldest open transaction"),
    _gauge("postgres_size_bytes", "Size of the database"),
    _gauge("postgres_replication_lag_bytes", "What the slowest standby has not replayed yet"),
    _gauge("pool_connections", "Connections of this process", "pool", "state"),
    _gauge("pool_size", "Connections that a pool may open", "pool"),
)  # fmt: skip

BY_NAME: Final = {metric.name: metric for metric in METRICS}
