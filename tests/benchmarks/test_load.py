"""The load generator sends what its job says and counts what a server answers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from bootstrap.bench.load import Generator, Job, Sender
from bootstrap.bench.spread import spread

SENDERS = (
    Sender(api_key="key-a", subscription_ids=["a1", "a2", "a3"]),
    Sender(api_key="key-b", subscription_ids=["b1", "b2", "b3"]),
)

CLIENTS = 2


class Counting:
    """A server that accepts everything but what the second key sends singly, and remembers what it got."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.paths: Counter[str] = Counter()
        self.closed = asyncio.Semaphore(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                fields = dict(line.split(": ", 1) for line in lines[1:] if line)
                body = json.loads(await reader.readexactly(int(fields["Content-Length"])))
                writer.write(self._answer(lines[0].split()[1], fields["Authorization"], body))
        except asyncio.IncompleteReadError:
            self.closed.release()
        finally:
            writer.close()

    def _answer(self, path: str, key: str, body: dict[str, object]) -> bytes:
        self.paths[path] += 1
        recipients = body.get("recipients", [{"subscription_id": body.get("subscription_id")}])
        assert isinstance(recipients, list)
        refused = path == "/v1/messages" and key == "Bearer key-b"
        if not refused:
            self.sent.update(one["subscription_id"] for one in recipients)
        answer = json.dumps({"accepted": 0 if refused else len(recipients)}).encode()
        status = "429 Too Many Requests" if refused else "202 Accepted"
        return f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer


@asynccontextmanager
async def counting() -> AsyncIterator[tuple[Counting, int]]:
    """The server and its port."""
    server = Counting()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        yield server, listening.sockets[0].getsockname()[1]
        for _ in range(CLIENTS):
            await server.closed.acquire()


async def run(port: int, total: int, per_call: int, rate: float | None = None) -> dict[str, object]:
    """The result of a job with two senders and two clients."""
    job = Job(
        host="127.0.0.1",
        port=port,
        senders=SENDERS,
        total=total,
        per_call=per_call,
        clients=CLIENTS,
        rate=rate,
    )
    return await Generator(job).run(lambda: None)


async def test_batches_reach_every_recipient_and_the_last_one_is_smaller() -> None:
    """Ten messages by four: 4 + 4 + 2, the senders taking turns."""
    async with counting() as (server, port):
        result = await run(port, total=10, per_call=4)
    assert server.paths == {"/v1/messages/batch": 3}
    assert server.sent.total() == 10
    assert result["accepted"] == [6, 4]
    assert result["statuses"] == {"202": 3}


async def test_refused_single_sends_are_counted_by_status_and_not_as_accepted() -> None:
    """Half of six is refused."""
    async with counting() as (server, port):
        result = await run(port, total=6, per_call=1)
    assert server.paths == {"/v1/messages": 6}
    assert result["accepted"] == [3, 0]
    assert result["statuses"] == {"202": 3, "429": 3}


async def test_a_paced_job_sends_everything() -> None:
    """A rate spreads the calls and drops none."""
    async with counting() as (server, port):
        result = await run(port, total=40, per_call=4, rate=1_000)
    assert server.sent.total() == 40
    assert result["accepted"] == [20, 20]


def test_a_job_survives_its_way_to_the_other_process() -> None:
    """Written as JSON and read again it is the same."""
    job = Job(host="h", port=1, senders=list(SENDERS), total=2, per_call=1, clients=1, rate=5.0)
    assert Job.from_json(json.dumps(attrs.asdict(job))) == job


def test_the_keys_of_a_job_stay_out_of_its_repr() -> None:
    """A job may be logged."""
    assert "key-a" not in repr(SENDERS[0])


@pytest.mark.parametrize(
    ("values", "mean", "p50", "p99"), [([], 0, 0, 0), ([7.0], 7, 7, 7), (list(range(1, 101)), 50.5, 51, 100)]
)
def test_a_spread_has_mean_and_ranks(values: list[float], mean: float, p50: float, p99: float) -> None:
    """Nearest rank; nothing measured is zeros."""
    found = spread(values)
    assert (found["mean"], found["p50"], found["p99"]) == (mean, p50, p99)
