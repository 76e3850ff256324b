"""What a process does: `api`, `worker`, `scheduler`, or `all` of them; `run_role.py` runs one until a stop is asked for.

A worker serves both lanes. `worker-transactional` and `worker-bulk` serve one each, so that a campaign that keeps a
process busy leaves single sends a process of their own: decision 0019.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

from application.dispatch.claim_sends import ClaimSends
from application.dispatch.deliver_chunk import DeliverChunk
from application.dispatch.measured_sender import MeasuredSender
from application.dispatch.paced_send import PacedSend
from application.dispatch.reconcile import Reconcile
from application.dispatch.settle_loop import SettleLoop
from application.dispatch.timed_rendering import TimedRendering
from application.dispatch.work import Worker
from application.ports.channels import ChannelSender
from application.steps import repeat
from bootstrap.metrics import reconciler_figures, rendering_figures, settling_figures
from bootstrap.node import Node
from domain.shared.channels import Channel, Lane
from entrypoints.nats.consumer import RequestConsumer
from entrypoints.nats.handler import RequestHandler
from entrypoints.worker.main import run_workers

PUBLISH_EVERY = 0.25
"""Seconds between looks into an empty outbox."""
ADVANCE_EVERY = 1.0
"""Seconds between looks for fallbacks that are due."""
CONFIRM_EVERY = 0.5
"""Seconds between looks for addresses whose owners are to be asked."""
ASK_EVERY = 5.0
"""Seconds between looks for unknown outcomes that are due to be asked about."""
WRITE_EVERY = 1.0
"""Seconds between looks for exports that are to be written."""
SYNC_EVERY = 30.0
"""Seconds between looks for AlimTalk templates that were not looked at lately."""
EVALUATE_EVERY = 20.0
"""Seconds between rounds of the rules for alerts."""
BULK_NICENESS = 10
"""Steps that the bulk worker stands behind the rest of its machine."""

Part = Callable[[Node, asyncio.Event], Coroutine[None, None, None]]


async def run_api(node: Node, stopping: asyncio.Event) -> None:
    """REST, client API and the requests on NATS."""
    use_cases, infrastructure = node.use_cases, node.infrastructure
    # First, because the API's decoders are made by its import, and installed channels declare names.
    infrastructure.plugins()
    # Here, because the other roles need none of it and are back sooner after a crash without.
    from bootstrap.http_server import serve_http

    await infrastructure.requests().ensure()
    await infrastructure.doorbells().ensure_stream()
    handler = RequestHandler(
        infrastructure.requests(),
        use_cases.authenticate_key(),
        use_cases.accept_messages(),
        infrastructure.clock(),
        use_cases.trigger_campaign(),
        infrastructure.tracer(),
    )
    consumer = RequestConsumer(infrastructure.requests(), handler)
    async with asyncio.TaskGroup() as group:
        group.create_task(consumer.run(stopping))
        group.create_task(serve_http(node, stopping))
    await use_cases.accept_messages().close()
    await use_cases.receipt_gatherer().close()
    await use_cases.gathered_registrations().close()
    await use_cases.login().close()
    await use_cases.authenticate_install().close()
    for reader in infrastructure.callback_readers().values():
        await reader.close()
    for desk in infrastructure.template_desks().values():
        await desk.close()


def open_senders(node: Node) -> dict[int, ChannelSender]:
    """The sender of every channel by its code; connections are made when they are first needed."""
    infrastructure = node.infrastructure
    settings, pacing = infrastructure.channel_settings(), infrastructure.pacing()
    return {int(plugin.channel): plugin.open(settings, pacing) for plugin in infrastructure.plugins()}


async def run_worker(node: Node, stopping: asyncio.Event, lanes: Sequence[Lane] = tuple(Lane)) -> None:
    """Every channel of these lanes, sharing one settle loop."""
    infrastructure, use_cases = node.infrastructure, node.use_cases
    plugins = infrastructure.plugins()
    measures, tracer = infrastructure.measures(), infrastructure.tracer()
    senders: dict[int, ChannelSender] = {
        code: MeasuredSender(Channel(code), sender, measures, tracer)
        for code, sender in open_senders(node).items()
    }
    presence = infrastructure.presence()
    settle = SettleLoop(
        presence.incarnation,
        infrastructure.worker_store(),
        infrastructure.profiles(),
        infrastructure.clock(),
        infrastructure.randomness(),
        use_cases.record_receipts().confirm_sends,
        tracer,
    )
    claim = ClaimSends(
        presence.incarnation,
        infrastructure.claims(),
        infrastructure.provider_directory(),
        infrastructure.clock(),
    )
    rendering = TimedRendering(
        infrastructure.templating(),
        infrastructure.sealed_variables(),
        infrastructure.provider_directory().plugins,
    )
    deliver = DeliverChunk(
        senders,
        infrastructure.vault(),
        rendering,
        infrastructure.clock(),
        settle,
        claim,
        PacedSend(infrastructure.pacing()),
    )
    workers = [
        Worker(
            lane,
            plugin.channel,
            listener=infrastructure.doorbells(),
            store=infrastructure.worker_store(),
            presence=presence,
            settle=settle,
            deliver=deliver,
            rendering=rendering,
            credentials=use_cases.credential_cache(),
            profiles=infrastructure.profiles(),
            tracer=tracer,
        )
        for lane in lanes
        for plugin in plugins
    ]
    node.sources.append(lambda: settling_figures(settle))
    node.sources.append(lambda: rendering_figures(rendering))
    await run_workers(workers, settle, presence, list(senders.values()), stopping)


async def run_worker_transactional(node: Node, stopping: asyncio.Event) -> None:
    """Single sends, whatever campaigns are doing."""
    await run_worker(node, stopping, (Lane.TRANSACTIONAL,))


async def run_worker_bulk(node: Node, stopping: asyncio.Event) -> None:
    """Batches and campaigns; where processor time is short, everything else goes first."""
    os.nice(BULK_NICENESS)
    await run_worker(node, stopping, (Lane.BULK,))


async def run_scheduler(node: Node, stopping: asyncio.Event) -> None:
    """The reconciler, with the steps of receipts and events, and the loops of campaigns."""
    infrastructure, use_cases = node.infrastructure, node.use_cases
    apply_early = use_cases.apply_early_receipts()
    publish = use_cases.publish_events()

    async def early_receipts() -> int:
        return (await apply_early()).applied

    await infrastructure.doorbells().ensure_stream()
    await infrastructure.event_stream().ensure()
    reconcile = Reconcile(
        infrastructure.queue_store(),
        infrastructure.doorbells(),
        infrastructure.doorbells(),
        infrastructure.clock(),
        {"early_receipts": early_receipts},
        infrastructure.measures(),
    )
    node.sources.append(lambda: reconciler_figures(reconcile))
    measures = infrastructure.measures()
    senders = open_senders(node)
    resolve = use_cases.resolve_unknown(senders=senders)
    advance = use_cases.advance_fallbacks()
    poll = use_cases.poll_reports(senders=senders)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(reconcile.run(stopping))
            group.create_task(use_cases.run_campaigns().run(stopping))
            group.create_task(use_cases.deliver_webhooks().run(stopping))
            # On their own: a full outbox or a slow provider must not keep the reconciler from its steps.
            steps: list[tuple[str, Callable[[], Awaitable[int]], float]] = [
                ("publishing events", publish, PUBLISH_EVERY),
                ("advancing fallbacks", advance, ADVANCE_EVERY),
                ("asking for confirmations", use_cases.send_confirmations(), CONFIRM_EVERY),
                ("evaluating alerts", use_cases.evaluate_alerts(), EVALUATE_EVERY),
                ("asking for reports", poll, ASK_EVERY),
                ("asking about unknown outcomes", resolve, ASK_EVERY),
                ("writing exports", use_cases.write_exports(), WRITE_EVERY),
                ("mirroring AlimTalk templates", use_cases.sync_kakao_templates(), SYNC_EVERY),
            ]
            for what, step, every in steps:
                group.create_task(repeat(what, step, stopping, every=every, measures=measures))
    finally:
        await asyncio.gather(*(sender.close() for sender in senders.values()))
        await asyncio.gather(*(desk.close() for desk in infrastructure.template_desks().values()))


PARTS: Mapping[str, tuple[Part, ...]] = {
    "api": (run_api,),
    "worker": (run_worker,),
    "worker-transactional": (run_worker_transactional,),
    "worker-bulk": (run_worker_bulk,),
    "scheduler": (run_scheduler,),
    "all": (run_api, run_worker, run_scheduler),
}
