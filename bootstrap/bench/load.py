"""The load generator, a process of its own: its CPU is not the product's, and it is counted apart.

    stdin   one line: the Job as JSON; later a line `go`
    stdout  `{"ready": true}`, then `{"accepted": n}` a few times a second, at last `{"result": {…}}`
Requests are made as bytes beforehand; the client speaks just enough HTTP/1.1 for them.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import cast

import attrs
import uvloop

PROGRESS_SECONDS = 0.2
ANSWER_SECONDS = 60.0
_ACCEPTED = re.compile(rb'"accepted":\s*(\d+)')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PUSH = {
    "title": "주문하신 상품이 배송을 시작했어요",
    "body": "오늘 오후 3시에서 5시 사이에 도착합니다. 자세한 내용은 앱에서 확인하세요.",
}
DATA = {"order": {"id": 104_233, "state": "shipped"}, "screen": "order-detail"}
CONTENT = {"push": {**PUSH, "data": DATA}}


@attrs.frozen(kw_only=True)
class Sender:
    """One application that sends: its key and its recipients."""

    api_key: str = attrs.field(repr=False)
    subscription_ids: Sequence[str] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Job:
    """`total` messages, `per_call` a call (1: single sends), by `clients` connections, the senders taking turns.

    `rate`: messages a second, evenly; None: as fast as the answers come.
    """

    host: str
    port: int
    senders: Sequence[Sender]
    total: int
    per_call: int
    clients: int
    rate: float | None = None
    allow_partial: bool = False

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The inverse of `json.dumps(attrs.asdict(job))`."""
        fields = json.loads(text)
        return cls(**{**fields, "senders": [Sender(**one) for one in fields["senders"]]})


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._expected = -1
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if self._expected < 0:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(received, 0, end)
            self._expected = end + 4 + (int(length[1]) if length else 0)
        if len(received) >= self._expected and self._answer is not None and not self._answer.done():
            self._answer.set_result((int(received[9:12]), bytes(received[:4096])))
            received.clear()
            self._expected = -1

    @property
    def closed(self) -> bool:
        """Whether either side hung up."""
        return self._transport is None or self._transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """(status, beginning of the answer). Raise OSError when the connection breaks."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


class Generator:
    """Sends a job and counts what came back."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._numbers = iter(range(-(-job.total // job.per_call)))
        self._started = 0.0
        self._requests = _requests(job)
        self.accepted = [0] * len(job.senders)
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    async def run(self, go: Callable[[], None]) -> dict[str, object]:
        """Connect, wait for `go`, send everything; the result."""
        connections = [await self._connect() for _ in range(self._job.clients)]
        _say({"ready": True})
        await asyncio.to_thread(go)
        wall, cpu = time.time(), time.process_time()
        self._started = time.perf_counter()
        telling = asyncio.create_task(self._tell())
        await asyncio.gather(*(self._client(one) for one in connections))
        seconds = time.perf_counter() - self._started
        telling.cancel()
        return {
            "accepted": self.accepted,
            "statuses": {str(status): n for status, n in sorted(self.statuses.items())},
            "started_at": wall,
            "seconds": seconds,
            "cpu_seconds": time.process_time() - cpu,
            "call_ms": sorted(round(one * 1000, 3) for one in self.seconds),
        }

    async def _client(self, connection: Connection) -> None:
        job, senders = self._job, len(self._job.senders)
        for number in self._numbers:
            due = self._started if job.rate is None else self._started + number * job.per_call / job.rate
            wait = due - time.perf_counter()
            if job.rate is not None and wait > 0:
                await asyncio.sleep(wait)
            if connection.closed:
                # The server hangs up on clients that said nothing for some seconds, as slow rates make them.
                connection = await self._connect()
            # Paced: from the moment it was due, so that a slow answer does not hide those that wait behind it.
            begun = time.perf_counter() if job.rate is None else due
            async with asyncio.timeout(ANSWER_SECONDS):
                status, answer = await connection.ask(self._requests(number))
            self.seconds.append(time.perf_counter() - begun)
            self.statuses[status] += 1
            found = _ACCEPTED.search(answer) if status == 202 else None
            if found is not None:
                self.accepted[number % senders] += int(found[1])
        connection.close()

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Connection, self._job.host, self._job.port))[1]

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            _say({"accepted": sum(self.accepted)})


def _requests(job: Job) -> Callable[[int], bytes]:
    """The request with a number, as bytes; every request that differs is made here, before the clock runs."""
    calls = -(-job.total // job.per_call)
    made: dict[tuple[int, int, int], bytes] = {}
    plan: list[tuple[int, int, int]] = []
    for number in range(calls):
        sender = number % len(job.senders)
        ids = job.senders[sender].subscription_ids
        start = (number // len(job.senders)) * job.per_call % len(ids)
        n = min(job.per_call, job.total - number * job.per_call)
        key = (sender, start, n)
        plan.append(key)
        if key not in made:
            chosen = list(islice(cycle(ids), start, start + n))
            made[key] = _request(job, job.senders[sender].api_key, chosen)
    return lambda number: made[plan[number]]


def _request(job: Job, api_key: str, ids: Sequence[str]) -> bytes:
    if job.per_call == 1:
        path = "/v1/messages"
        document: dict[str, object] = {"subscription_id": ids[0], "content": CONTENT}
    else:
        path = "/v1/messages/batch"
        document = {"content": CONTENT, "recipients": [{"subscription_id": id_} for id_ in ids]}
        if job.allow_partial:
            document["allow_partial"] = True
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {job.host}:{job.port}\r\nAuthorization: Bearer {api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _wait_for_go() -> None:
    if sys.stdin.readline().strip() != "go":
        raise SystemExit("nobody waits for this load any more")


def main() -> None:
    """Read the job, run it, tell the result."""
    job = Job.from_json(sys.stdin.readline())
    _say({"result": uvloop.run(Generator(job).run(_wait_for_go))})


if __name__ == "__main__":
    main()
