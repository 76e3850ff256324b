"""Starts all listeners in one process and one event loop, says so in a file, and stops on SIGTERM or
SIGINT."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import msgspec
import uvloop

from entrypoints.simulator.behaviour import Behaviour, load_behaviour
from entrypoints.simulator.certificates import ensure_certificates
from entrypoints.simulator.control import ControlApi
from entrypoints.simulator.control_listener import ControlListener
from entrypoints.simulator.devices import Fleet
from entrypoints.simulator.fast_listener import FastListener
from entrypoints.simulator.fault_listener import FaultListener
from entrypoints.simulator.mail.smtp_listener import SmtpListener
from entrypoints.simulator.mail.sns import TOPIC
from entrypoints.simulator.recorder import Recorder
from entrypoints.simulator.settings import SimulatorSettings
from entrypoints.simulator.simulation import Simulation

PARENT_CHECK_SECONDS: Final = 0.5


class Ready(msgspec.Struct, frozen=True):
    """The contents of `simulator.json`: where everything listens and which CA to trust.

    Append `/3/device/{token}` to the APNs URLs and `/v1/projects/{project}/messages:send` to the FCM URL;
    `fault` serves both on the listener with frame-level faults. `smtp` takes plain connections, too (`smtp://`).
    `texts` is the base URL of Solapi, NHN Cloud and Twilio alike; `fault` serves all of them with frame-level faults.
    """

    pid: int
    started_at: str
    apns_production: str
    apns_sandbox: str
    fcm: str
    oauth_token: str
    texts: str
    fault: str
    control: str
    smtp: str
    smtps: str
    ses: str
    sns: str
    sns_topic: str
    ca_certificate: str


def run(settings: SimulatorSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError for a taken port, ValueError for a bad behaviour file."""
    uvloop.run(_serve_until_signal(settings))


@asynccontextmanager
async def serving(settings: SimulatorSettings) -> AsyncIterator[Ready]:
    """All listeners up while the block runs; the ready file exists exactly that long."""
    behaviour = load_behaviour(settings.behaviour_file) if settings.behaviour_file else Behaviour()
    certificates = ensure_certificates(settings.folder, settings.host)
    recorder = Recorder(max_messages=settings.max_messages, last_requests=settings.last_requests)
    simulation = Simulation(behaviour, recorder)
    fleet = Fleet(
        simulation.stage, max_waiting=settings.max_receipts, concurrency=settings.receipt_concurrency
    )
    settings.ready_file.unlink(missing_ok=True)
    async with AsyncExitStack() as stack:
        host = settings.host
        production = FastListener(simulation, "production", certificates, host, settings.production_port)
        sandbox = FastListener(simulation, "sandbox", certificates, host, settings.sandbox_port)
        stack.push_async_callback(_stopped, production, sandbox)
        fault = FaultListener(simulation, certificates, host, settings.fault_port)
        stack.push_async_callback(fault.stop)
        control = ControlListener(ControlApi(simulation, fleet), host, settings.control_port)
        stack.push_async_callback(control.stop)
        smtp = SmtpListener(
            simulation.stage,
            simulation.mailbox,
            simulation.reporting,
            certificates,
            host,
            (settings.smtp_port, settings.smtps_port),
        )
        stack.push_async_callback(smtp.stop)
        for reporting in (fleet.run(), simulation.reporting.run(), simulation.texts.reporting.run()):
            stack.push_async_callback(_cancelled, asyncio.create_task(reporting))
        for listener in (production, sandbox, fault, control, smtp):
            await listener.start()
        ready = _ready(settings, production, sandbox, fault, control, smtp, str(certificates.ca.resolve()))
        simulation.topic.origin = ready.sns
        pending = settings.ready_file.with_suffix(".tmp")
        pending.write_bytes(msgspec.json.format(msgspec.json.encode(ready)))
        pending.replace(settings.ready_file)
        stack.callback(settings.ready_file.unlink, missing_ok=True)
        yield ready


async def _serve_until_signal(settings: SimulatorSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parent = os.getppid()
    async with serving(settings) as ready:
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        while not stop.is_set() and (not settings.exit_with_parent or os.getppid() == parent):
            with suppress(TimeoutError):
                async with asyncio.timeout(PARENT_CHECK_SECONDS if settings.exit_with_parent else None):
                    await stop.wait()


def _ready(
    settings: SimulatorSettings,
    production: FastListener,
    sandbox: FastListener,
    fault: FaultListener,
    control: ControlListener,
    smtp: SmtpListener,
    ca_certificate: str,
) -> Ready:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    host = f"[{reachable}]" if ":" in reachable else reachable
    return Ready(
        pid=os.getpid(),
        started_at=datetime.now(UTC).isoformat(),
        apns_production=f"https://{host}:{production.port}",
        apns_sandbox=f"https://{host}:{sandbox.port}",
        fcm=f"https://{host}:{production.port}",
        oauth_token=f"https://{host}:{production.port}/token",
        texts=f"https://{host}:{production.port}",
        fault=f"https://{host}:{fault.port}",
        control=f"http://{host}:{control.port}",
        smtp=f"smtp+starttls://{host}:{smtp.port}",
        smtps=f"smtps://{host}:{smtp.tls_port}",
        ses=f"https://{host}:{production.port}",
        sns=f"https://{host}:{production.port}",
        sns_topic=TOPIC,
        ca_certificate=ca_certificate,
    )


async def _stopped(*listeners: FastListener) -> None:
    """Together, because each may have to wait for its clients."""
    await asyncio.gather(*(listener.stop() for listener in listeners))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
