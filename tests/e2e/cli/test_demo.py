"""The demo: every sum holds, damage is found, nothing is left running."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import asyncpg
import pytest

from bootstrap.stack import find_stack
from tests.e2e.cli.conftest import RECIPIENTS, Finished
from tests.e2e.cli.runs import COMMAND, ROOT, Up, automata_signal, environment, stack_folder, typed_here
from tests.e2e.dashboard.visitor import Visitor
from tests.e2e.rest.wiring import execute

DEAD, FLAKY = 6, 4

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_every_sum_of_the_demo_holds(finished: Finished) -> None:
    """On a stack of its own: exit code 0, the promised figures, nothing left running."""
    done = finished.done
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert all(figures["checks"].values())
    assert figures["broken"] == {}
    assert figures["accepted"] == RECIPIENTS
    assert figures["failed"] == figures["dead"] == DEAD
    assert figures["successful"] == RECIPIENTS - DEAD
    assert figures["retried"] == FLAKY
    assert figures["provider_requests"] == RECIPIENTS + FLAKY
    assert 0.5 * RECIPIENTS < figures["received"] < 0.9 * RECIPIENTS
    assert 0.05 * RECIPIENTS < figures["converted"] < 0.35 * RECIPIENTS
    assert figures["lost"] == figures["duplicates"] == 0
    assert figures["ledger_balanced"] is True
    assert finished.left == []


def test_the_demos_data_stays_for_a_later_up(up: Up) -> None:
    """Its ledger can still be checked."""
    options = ("ledger", "check", "--json", "--folder", str(up.folder))
    ledger = json.loads(typed_here(*options).stdout)
    assert ledger["balanced"] is True
    assert ledger["granted"] == RECIPIENTS


def test_its_pages_tell_what_the_command_line_tells(finished: Finished, up: Up) -> None:
    """The run's own figures, the command line's and the dashboard's are the same, in totals and by channel."""
    figures = json.loads(finished.done.stdout)
    id_, folder = figures["application_id"], str(up.folder)
    options = ("analytics", "totals", "--application", id_, "--by", "channel", "--json", "--folder", folder)
    told = json.loads(typed_here(*options).stdout)
    total = told["total"]
    for name, of_the_run in (("accepted", "accepted"), ("sent", "successful"), ("failed", "failed"), ("received", "received"), ("converted", "converted")):  # fmt: skip
        assert total[name] == figures[of_the_run], name
    with visiting(up) as visitor:
        start = f"/dashboard/apps/{id_}"
        page = visitor.text(f"{start}/analytics?days=7")
        shown = [int(one.replace(",", "")) for one in re.findall(r"<dd><strong>([\d,]+)</strong>", page)]
        assert shown == [total[name] for name in ("accepted", "sent", "received", "converted", "failed")]
        compared = visitor.text(f"{start}/analytics/compare?days=7&by=channel")
        (row,) = told["groups"]
        cells = re.findall(r'<td class="n">([\d,]+)</td>', compared.partition("<tbody>")[2])
        assert [int(one.replace(",", "")) for one in cells[:3]] == [
            row["figures"][name] for name in ("sent", "received", "converted")
        ]
        usage = visitor.text(f"{start}/analytics/usage?days=7")
        assert f"<strong>{figures['successful']:,}</strong>" in usage


@contextmanager
def visiting(up: Up) -> Iterator[Visitor]:
    """The first owner, invited on the command line and signed in."""
    invited = typed_here("operators", "invite", "--json", "--folder", str(up.folder))
    link = json.loads(invited.stdout)["link"]
    state = find_stack(up.folder)
    assert state is not None

    def forget_codes() -> None:
        execute(state.database_url, "UPDATE operator SET code_step = 0")

    visitor = Visitor(up.told["url"], "owner@example.com", forget_codes=forget_codes)
    try:
        assert visitor.set_up(link.removeprefix(up.told["url"])).status_code == 303
        assert visitor.sign_in().status_code == 303
        yield visitor
    finally:
        visitor.close()


def test_a_campaign_reaches_everybody_once_and_its_counters_are_a_recount(up: Up) -> None:
    """By one campaign from a template: exit code 0, the figures of the demo, the campaign's own, and Korean words."""
    options = ("demo", "--campaign", "--recipients", str(RECIPIENTS), "--folder", str(up.folder))
    done = automata_signal(*options, "--json", seconds=150)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["broken"] == {}
    assert {"everyone_once", "devices_once", "addressed_by_name"} <= set(figures["checks"])
    assert figures["accepted"] == RECIPIENTS
    assert (figures["successful"], figures["failed"]) == (RECIPIENTS - DEAD, DEAD)
    assert figures["provider_requests"] == RECIPIENTS + FLAKY
    assert figures["lost"] == figures["duplicates"] == 0
    assert figures["received"] > figures["converted"] > 0
    assert figures["ledger_balanced"] is True
    assert figures["elapsed_s"] > 0
    assert figures["campaign"] == {"status": "sent", **figures["recount"]}
    assert figures["campaign"]["successful_count"] == RECIPIENTS - DEAD
    shown = automata_signal(*options, "--lang", "ko", seconds=150)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "캠페인 집계가 다시 센 값과 같다" in shown.stdout
    assert "모든 합이 맞습니다." in shown.stdout
    assert re.search(r"/dashboard/apps/[0-9a-f-]{36}/analytics", shown.stdout)


def test_a_message_that_vanishes_is_found(up: Up) -> None:
    """One row is deleted while the demo runs on a running `up`: it is reported as lost, and the exit code is 1."""
    before = up.call("GET", "/healthz", headers={})
    state = find_stack(up.folder)
    assert state is not None
    (last,) = execute(state.database_url, "SELECT max(id::text)::uuid AS id FROM message")
    demo = subprocess.Popen(
        [*COMMAND, "demo", "--recipients", "60", "--timeout", "15", "--json", "--folder", str(up.folder)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    vanished = asyncio.run(_delete_one(state.database_url, last["id"]))
    printed, _ = demo.communicate(timeout=120)
    figures = json.loads(printed)
    assert demo.returncode == 1
    assert figures["lost"] == 1
    assert figures["checks"]["nothing_lost"] is False
    assert str(vanished) in figures["broken"]["nothing_lost"]
    assert figures["checks"]["ledger_balances"] is False
    assert up.process.poll() is None, "a running `up` goes on"
    assert up.call("GET", "/healthz", headers={}) == before


async def _delete_one(database_url: str, after: UUID) -> UUID:
    """Delete the first message that was sent, of those that are younger than one."""
    connection = await asyncpg.connect(database_url)
    until = time.monotonic() + 60
    try:
        while time.monotonic() < until:
            found = await connection.fetchval(
                "DELETE FROM message WHERE id = (SELECT id FROM message WHERE status = 1 AND id > $1 LIMIT 1)"
                " RETURNING id",
                after,
            )
            if found is not None:
                return UUID(str(found))
            await asyncio.sleep(0.01)
    finally:
        await connection.close()
    raise AssertionError("no message was sent")


def test_mistakes_are_named_with_a_next_step() -> None:
    """A wrong setting names its variable, a folder where nothing runs says what to start; machines get JSON."""
    wrong = automata_signal("ledger", "check", SIGNAL_PORT="eighty")
    assert wrong.returncode == 2
    assert "SIGNAL_PORT" in wrong.stderr
    assert "eighty" not in wrong.stderr
    with stack_folder() as folder:
        nothing = typed_here("ledger", "check", "--json", "--folder", str(folder))
    assert nothing.returncode == 3
    assert "automata-signal up" in json.loads(nothing.stdout)["next_step"]
    korean = automata_signal("demo", "--help", LC_ALL="ko_KR.UTF-8")
    assert "수신자" in korean.stdout


def test_openapi_is_what_the_api_would_answer() -> None:
    """The document without starting anything."""
    document = json.loads(automata_signal("openapi").stdout)
    assert document["openapi"] == "3.1.0"
    assert {"/v1/messages/batch", "/v1/client/subscriptions"} <= set(document["paths"])
