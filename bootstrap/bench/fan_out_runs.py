"""Fan-out alone: how fast an audience becomes persisted messages while nobody sends, without and with variables.

Last of all runs: it leaves a queue behind that no worker could send.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

from bootstrap.bench.progress import Stage, Stages
from bootstrap.bench.rig import PARTS, Rig
from bootstrap.bench.spread import per_message
from bootstrap.bench.tenant import Desk
from bootstrap.bench.watch import lowest_id
from bootstrap.stack.role_process import ROOT, RoleProcess

SCHEDULER = "unbounded scheduler"
LAUNCH_SECONDS = 600.0
STALLED_SECONDS = 120.0
POLL_SECONDS = 0.2
BATCH = 100_000
EVERYBODY = {"include": [{"everyone": True}]}
PLAIN = {"title": "주문하신 상품이 배송을 시작했어요", "body": "오늘 오후 3시에서 5시 사이에 도착합니다."}
PERSONAL = {
    "title": "{{ name }}님, {{ product }} 배송 시작",
    "body": "{{ day }}에 도착합니다.{% if vip %} {{ grade }} 회원님, 감사합니다.{% endif %}",
}
# Tokens that nobody can open, for nobody will.
_SUBSCRIPTIONS = """
INSERT INTO subscription (id, application_id, type, token_ciphertext, token_key_id, token_version, token_index,
    token_index_key_id, token_registered_at, device_language, tags, subscription_status, subscribed_at, created_at, updated_at)
SELECT uuidv7(), $1, 1 + n % 2, sha512(n::text::bytea) || sha256(n::text::bytea), 'bench', 1,
    sha256(($1::uuid::text || n)::bytea), 'bench', now(), 'ko-KR',
    jsonb_build_object('name', '수신자 ' || n, 'product', '운동화', 'day', '5월 1일', 'grade', '골드', 'vip', n % 5 = 0),
    1, now(), now(), now()
FROM generate_series($2::integer, $3::integer) AS n
"""
_LEFT = """
SELECT coalesce(sum(last_seq - next_seq + 1), 0)::int AS n FROM campaign_wave WHERE campaign_id = $1
"""
# The first transaction only starts the clock. Nobody has changed the rows since they were made.
_MADE = """
WITH made AS (SELECT pg_xact_commit_timestamp(xmin) AS at, count(*)::int AS n FROM message
              WHERE campaign_id = $1 AND id >= $2 GROUP BY 1)
SELECT coalesce(sum(n), 0)::int AS n, count(*)::int AS transactions,
       coalesce(sum(n) FILTER (WHERE at > first), 0)::int AS clocked, extract(epoch FROM max(at) - min(at))::float8 AS seconds
FROM made, (SELECT min(at) AS first FROM made) begun
"""
_COUNT_NO_MORE = "WITH done AS (UPDATE campaign_batch SET recount_at = NULL WHERE campaign_id = $1 RETURNING 1) SELECT count(*) FROM done"


async def fan_out(rig: Rig, desk: Desk, recipients: int, stages: Stages) -> dict[str, object]:
    """Rates in recipients a second, from commit to commit; the scheduler's memory is the most of both runs."""
    stack = rig.stack
    for label, role in stack.roles.items():
        if label.startswith(("worker", "scheduler")):
            role.ask_to_stop()
            await asyncio.to_thread(role.wait)
    with stages.stage(f"making {recipients:,} subscriptions", recipients) as stage:
        key = await _audience(rig, desk, recipients, stage.advance)
    scheduler = RoleProcess(
        SCHEDULER,
        ["-m", "bootstrap.bench.unbounded_scheduler"],
        stack.role_environment,
        ROOT / stack.folder / "logs" / "unbounded-scheduler.log",
    )
    stack.roles[SCHEDULER] = scheduler
    found: dict[str, object] = {"recipients": recipients}
    for name, content in (("plain", PLAIN), ("personal", PERSONAL)):
        with stages.stage(f"fan-out, {name}", recipients) as stage:
            found[name] = await _run(rig, desk, key, content, scheduler, stage)
    found["scheduler_rss_mb_max"] = round(rig.peaks.rss_mb.get(SCHEDULER, 0.0), 1)
    return found


async def _audience(rig: Rig, desk: Desk, recipients: int, advance: Callable[[int], None]) -> str:
    """The key of a new application with so many subscriptions."""
    made = await asyncio.to_thread(desk.call, "POST", "/v1/applications", {"name": "fan-out"})
    path = f"/v1/applications/{made['id']}/keys"
    issued = await asyncio.to_thread(desk.call, "POST", path, {"label": "bench"})
    application_id = UUID(made["id"])
    for first in range(1, recipients + 1, BATCH):
        last = min(first + BATCH - 1, recipients)
        await rig.watch.execute(_SUBSCRIPTIONS, application_id, first, last)
        advance(last - first + 1)
    await rig.watch.execute("VACUUM (ANALYZE) subscription")
    return str(issued["api_key"])


async def _run(
    rig: Rig, desk: Desk, key: str, content: dict[str, str], scheduler: RoleProcess, stage: Stage
) -> dict[str, object]:
    """Launch while no scheduler runs, then let one walk the audience to its end."""
    plan = {"name": "fan-out", **content, "targeting_criteria": EVERYBODY}
    draft = await asyncio.to_thread(desk.call, "POST", "/v1/campaigns", plan, key)
    campaign_id, since = UUID(draft["id"]), lowest_id(time.time())
    began = time.monotonic()
    launched = await asyncio.to_thread(
        desk.call, "POST", f"/v1/campaigns/{campaign_id}/launch", {}, key, seconds=LAUNCH_SECONDS
    )
    launch_seconds = time.monotonic() - began
    before = rig.cpu()
    scheduler.start()
    spent = rig.cpu_of_roles()
    async with rig.sampling():
        await _walked(rig, campaign_id, int(launched["total_recipients"]), stage)
    roles, after = rig.cpu_of_roles(), rig.cpu()
    scheduler.ask_to_stop()
    await asyncio.to_thread(scheduler.wait)
    row = await rig.watch.row(_MADE, campaign_id, since)
    # What is counted of it while the next one runs would not be there in a life of its own.
    await rig.watch.row(_COUNT_NO_MORE, campaign_id)
    n = row["n"]
    return {
        "messages": n,
        "transactions": row["transactions"],
        "seconds": round(row["seconds"] or 0.0, 3),
        "rate": round(row["clocked"] / row["seconds"], 1) if row["seconds"] else 0.0,
        "launch_seconds": round(launch_seconds, 3),
        "cpu_us_per_recipient": {
            "scheduler": per_message(roles[SCHEDULER] - spent.get(SCHEDULER, 0.0), n),
            **{part: per_message(after[part] - before[part], n) for part in PARTS if part == "postgres"},
        },
    }


async def _walked(rig: Rig, campaign_id: UUID, recipients: int, stage: Stage) -> None:
    least, since = recipients, time.monotonic()
    while least:
        await asyncio.sleep(POLL_SECONDS)
        left = int((await rig.watch.row(_LEFT, campaign_id))["n"])
        stage.at(recipients - left)
        if left < least:
            least, since = left, time.monotonic()
        elif time.monotonic() - since > STALLED_SECONDS:
            raise RuntimeError(f"fan-out stands still with {left} recipients left")
