"""The client: sends under Idempotency-Keys at a steady pace, repeats what was not answered, and writes down what it was told."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import attrs
import httpx

BATCH = 500
SINGLES = 200
"""Messages that are sent one by one; the rest goes in batches."""
SCHEDULED = 500
"""Messages for tomorrow: accepted, and not to be touched today."""
ANSWER_WITHIN = 30.0
REPEATED = {503, 429}
CONTENT = {"push": {"title": "배송 시작", "body": "주문 1042가 출발했습니다", "data": {"order": "1042"}}}


@attrs.define
class Told:
    """What the API said, and only that."""

    due: set[UUID] = attrs.field(factory=set, repr=False)
    """Accepted, to be sent at once."""
    scheduled: set[UUID] = attrs.field(factory=set, repr=False)
    """Accepted for tomorrow."""
    repeats: int = 0
    """Requests that were sent again under their key."""
    replayed: int = 0
    """Answers that said that an earlier request had done the work."""
    trouble: Counter[str] = attrs.field(factory=Counter)
    """Why requests were repeated."""
    surprises: list[str] = attrs.field(factory=list)
    """Answers that a sound request must never get."""

    @property
    def accepted(self) -> set[UUID]:
        return self.due | self.scheduled


@attrs.frozen
class _Request:
    path: str
    body: dict[str, object]
    scheduled: bool
    at: float


class Traffic:
    """`async with Traffic(...)` sends in the background; `told` grows meanwhile."""

    def __init__(
        self, api_url: str, key: str, subscriptions: Sequence[UUID], *, seed: int, seconds: float
    ) -> None:
        """Send to every subscription once, spread over `seconds`."""
        self.told = Told()
        self._requests = _plan(subscriptions, random.Random(seed), seconds)
        self._client = httpx.AsyncClient(
            base_url=api_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=10,
            trust_env=False,
            limits=httpx.Limits(max_connections=64),
        )
        self.finished = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Traffic:
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._client.aclose()

    async def answered(self) -> Told:
        """Wait until every request has its answer."""
        assert self._running is not None
        await self._running
        return self.told

    async def _run(self) -> None:
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for request in self._requests:
                wait = began + request.at - asyncio.get_running_loop().time()
                if wait > 0:
                    await asyncio.sleep(wait)
                group.create_task(self._send(request))
        self.finished.set()

    async def _send(self, request: _Request) -> None:
        """Repeat under the same key until there is an answer."""
        headers = {"Idempotency-Key": str(uuid4())}
        loop = asyncio.get_running_loop()
        until = loop.time() + ANSWER_WITHIN
        while True:
            try:
                answer = await self._client.post(request.path, json=request.body, headers=headers)
                if answer.status_code == 202:
                    return self._note(request, answer)
                code = answer.json().get("code", "")
                if answer.status_code not in REPEATED and code != "idempotency_in_progress":
                    self.told.surprises.append(f"{request.path}: {answer.status_code} {answer.text[:300]}")
                    return None
                trouble = f"{answer.status_code} {code}"
            except httpx.TransportError as error:
                trouble = type(error).__name__
            self.told.trouble[trouble] += 1
            self.told.repeats += 1
            if loop.time() > until:
                self.told.surprises.append(f"{request.path}: no answer within {ANSWER_WITHIN} s, {trouble}")
                return None
            await asyncio.sleep(0.3)

    def _note(self, request: _Request, answer: httpx.Response) -> None:
        report = answer.json()
        ids = [UUID(one) for one in report["message_ids"]]
        (self.told.scheduled if request.scheduled else self.told.due).update(ids)
        self.told.replayed += answer.headers.get("Idempotency-Replayed") == "true"
        if report["rejected"] or len(ids) != len(request.body.get("recipients", (1,))):  # type: ignore[arg-type]
            self.told.surprises.append(
                f"{request.path}: {report['rejected']} rejected, {report['errors'][:3]}"
            )


def _plan(subscriptions: Sequence[UUID], chance: random.Random, seconds: float) -> list[_Request]:
    """Every subscription once, in batches and singles, at moments drawn between 0 and `seconds`."""
    ids = [str(one) for one in subscriptions]
    chance.shuffle(ids)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    scheduled, ids = ids[:SCHEDULED], ids[SCHEDULED:]
    singles, ids = ids[:SINGLES], ids[SINGLES:]
    requests = [_batch(scheduled, chance.uniform(0, seconds), send_at=tomorrow)]
    requests += [
        _Request(
            "/v1/messages", {"content": CONTENT, "subscription_id": id_}, False, chance.uniform(0, seconds)
        )
        for id_ in singles
    ]
    requests += [
        _batch(ids[start : start + BATCH], chance.uniform(0, seconds)) for start in range(0, len(ids), BATCH)
    ]
    return sorted(requests, key=lambda request: request.at)


def _batch(ids: Sequence[str], at: float, **members: object) -> _Request:
    body = {"content": CONTENT, "recipients": [{"subscription_id": id_} for id_ in ids], **members}
    return _Request("/v1/messages/batch", body, "send_at" in members, at)
