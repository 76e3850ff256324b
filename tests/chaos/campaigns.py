"""One campaign that is paused and resumed, and whose scheduler and one worker are killed at a drawn moment; then the audit."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from typing import Any, Final
from uuid import UUID

import asyncpg
import attrs
import httpx

from domain.messaging.lifecycle import Status
from tests.chaos.audit import SENT, audit, settle_down
from tests.chaos.breakage import OUTAGE
from tests.chaos.harness import WORKERS, Installation, Photograph, Tenant, ports_of
from tests.chaos.scenario import NOTHING, USUAL
from tests.chaos.traffic import Told
from tests.chaos.waiting import until

MOMENTS: Final = ("while it is fanned out", "before the pause", "while it is paused", "after it was resumed")
"""The seed says which; at what share of the recipients within it is drawn."""
OVER_WITHIN: Final = 180.0
PLAN: Final = {
    "name": "chaos",
    "title": "{{ name }}님, 배송 시작",
    "body": "주문이 출발했습니다",
    "targeting_criteria": {"include": [{"everyone": True}]},
}
_NAMES = """
UPDATE subscription SET tags = jsonb_build_object('name', left(id::text, 8)) WHERE application_id = $1
"""
_MADE = "SELECT count(*) FROM message WHERE application_id = $1"
_SETTLED = "SELECT count(*) FROM message WHERE application_id = $1 AND status NOT IN (0, 3)"
_MESSAGES = "SELECT id, subscription_id, status FROM message WHERE campaign_id = $1"
_BATCHES = """
SELECT count(*) FILTER (WHERE NOT settled) AS open, coalesce(sum(n), 0)::int AS n,
       coalesce(sum(successful + received + converted), 0)::int AS successful, coalesce(sum(failed), 0)::int AS failed
FROM campaign_batch WHERE campaign_id = $1
"""


@attrs.define
class Result:
    """What a campaign came to."""

    seed: int
    moment: str
    made: int
    """Messages there were when it happened."""
    settled: int
    """Of them settled."""
    victim: str
    photograph: Photograph
    duplicates: frozenset[UUID]
    sent: int
    failed: int
    status: str
    seconds: float
    differences: list[str]

    def unexplained(self) -> list[str]:
        """Everything that does not agree, among it duplicates that the kill does not explain."""
        beyond = sorted(self.duplicates - self.photograph.started)
        extra = [f"sent twice without need: {len(beyond)}, as {beyond[:3]}"] if beyond else []
        return self.differences + extra

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: scheduler and {self.victim} killed {self.moment} at {self.made} made,"
            f" {self.settled} settled; {self.status}: sent {self.sent}, failed {self.failed},"
            f" duplicates {len(self.duplicates)} of at most {len(self.photograph.started)} started"
            f" ({len(self.photograph.leased)} leased); {self.seconds:.1f} s"
        )


class CampaignRun:
    """The campaign under way."""

    def __init__(
        self, installation: Installation, tenant: Tenant, connection: asyncpg.Connection, seed: int
    ) -> None:
        self.installation = installation
        self.tenant = tenant
        self.photograph = NOTHING
        self.at = (0, 0)
        self._connection = connection
        self._chance = random.Random(seed)
        self.moment = MOMENTS[seed % len(MOMENTS)]
        self.victim = self._chance.choice(WORKERS)
        self._client = httpx.AsyncClient(
            base_url=installation.state.api_url,
            headers={"Authorization": f"Bearer {tenant.key}"},
            timeout=60,
            trust_env=False,
        )
        self.campaign_id = UUID(int=0)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def call(self, method: str, path: str = "", body: object = None) -> dict[str, Any]:
        """One call about the campaign."""
        answer = await self._client.request(method, f"/v1/campaigns/{self.campaign_id}{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    async def launch(self) -> None:
        """Create it and send it to everybody."""
        answer = await self._client.post("/v1/campaigns", json=PLAN)
        assert answer.is_success, answer.text
        self.campaign_id = UUID(answer.json()["id"])
        await self.call("POST", "/launch", {})

    async def play(self) -> None:
        """Launch, pause, resume, and the kill at its moment among them."""
        chance, n = self._chance, len(self.tenant.subscriptions)
        pause_at, resume_after = chance.uniform(0.3, 0.6), chance.uniform(0.3, 1.5)
        await self.launch()
        if self.moment == MOMENTS[0]:
            await self._reaches(_MADE, chance.uniform(0.0, 0.5) * n)
            await self._kill()
        elif self.moment == MOMENTS[1]:
            await self._reaches(_SETTLED, chance.uniform(0.05, 1.0) * pause_at * n)
            await self._kill()
        await self._reaches(_SETTLED, pause_at * n)
        await self.call("POST", "/pause", {"reason": "chaos"})
        if self.moment == MOMENTS[2]:
            await asyncio.sleep(chance.uniform(0.0, 0.3))
            await self._kill()
        await asyncio.sleep(resume_after)
        await self.call("POST", "/resume")
        if self.moment == MOMENTS[3]:
            await self._reaches(_SETTLED, chance.uniform(pause_at, 0.95) * n)
            await self._kill()

    async def over(self) -> None:
        """Wait until the campaign says that it is."""

        async def ended() -> bool:
            return (await self.call("GET"))["status"] in ("sent", "failed", "canceled")

        await until(ended, within=OVER_WITHIN, every=0.2)

    async def _reaches(self, query: str, least: float) -> None:
        async def reached() -> bool:
            return bool(await self._connection.fetchval(query, self.tenant.application_id) > least)

        await until(reached, within=OVER_WITHIN, every=0.005)

    async def _kill(self) -> None:
        """kill -9 of both at once; what the worker had in hand is looked at before anybody takes it over."""
        installation = self.installation
        worker, scheduler = installation.role(self.victim), installation.role("scheduler")
        pid = worker.pid
        ports = ports_of(pid)
        scheduler.kill()
        worker.kill()
        id_ = self.tenant.application_id
        self.at = (
            await self._connection.fetchval(_MADE, id_),
            await self._connection.fetchval(_SETTLED, id_),
        )
        self.photograph = await installation.photograph([pid], ports)
        await asyncio.sleep(OUTAGE)
        scheduler.start()
        worker.start()


async def play_campaign(installation: Installation, seed: int, recipients: int) -> Result:
    """The result is printed with its seed."""
    began = time.monotonic()
    await installation.ready()
    installation.play(seed=seed, **USUAL)
    tenant = await installation.tenant(recipients, 1_000 + seed)
    connection = await installation.connect()
    run = CampaignRun(installation, tenant, connection, seed)
    try:
        await connection.execute(_NAMES, tenant.application_id)
        await connection.execute("VACUUM (ANALYZE) subscription")
        await run.play()
        differences: list[str] = []
        try:
            await run.over()
        except TimeoutError:
            differences.append(f"not over within {OVER_WITHIN:.0f} s")
        if not await settle_down(installation, tenant):
            differences.append("not everything settled down in time")
        campaign = await run.call("GET")
        rows = await connection.fetch(_MESSAGES, run.campaign_id)
        batches = await connection.fetchrow(_BATCHES, run.campaign_id)
        history = (await run.call("GET", "/history"))["items"]
    finally:
        await run.close()
        await connection.close()
    found = await audit(installation, tenant, Told(due={row["id"] for row in rows}))
    differences += found.differences
    differences += _everybody_once(tenant, rows)
    differences += _counters(campaign, dict(batches or {}), rows)
    if [one["event"] for one in history] != ["launch", "pause", "resume", "finish"]:
        differences.append(f"its history is {[one['event'] for one in history]}")
    result = Result(
        seed=seed,
        moment=run.moment,
        made=run.at[0],
        settled=run.at[1],
        victim=run.victim,
        photograph=run.photograph,
        duplicates=found.duplicates,
        sent=found.sent,
        failed=found.failed,
        status=campaign["status"],
        seconds=time.monotonic() - began,
        differences=differences,
    )
    print(result)
    for difference in result.unexplained():
        print(f"  {difference}")
    return result


def _everybody_once(tenant: Tenant, rows: list[asyncpg.Record]) -> list[str]:
    """One message for every subscription, and none for anybody else."""
    messages = Counter(row["subscription_id"] for row in rows)
    wanted = set(tenant.subscriptions)
    found = {
        "missing": len(wanted - messages.keys()),
        "strangers": len(messages.keys() - wanted),
        "with two messages": sum(n > 1 for n in messages.values()),
    }
    return [f"{what}: {n}" for what, n in found.items() if n]


def _counters(campaign: dict[str, Any], batches: dict[str, int], rows: list[asyncpg.Record]) -> list[str]:
    """The campaign's counters and its batches' are what a recount of the messages gives."""
    states = Counter(row["status"] for row in rows)
    successful, failed = sum(states[int(status)] for status in SENT), states[int(Status.FAILED)]
    told = {
        name: campaign[name] for name in ("status", "total_recipients", "successful_count", "failed_count")
    }
    told |= {name: campaign[name] for name in ("canceled_count", "excluded_count")}
    counted = {
        "status": "sent",
        "total_recipients": len(rows),
        "successful_count": successful,
        "failed_count": failed,
        "canceled_count": 0,
        "excluded_count": 0,
    }
    found = [] if told == counted else [f"the campaign says {told}, counted {counted}"]
    by_batches = {"open": 0, "n": len(rows), "successful": successful, "failed": failed}
    return found + ([] if batches == by_batches else [f"batches say {batches}, counted {by_batches}"])
