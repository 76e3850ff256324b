"""Charts, forms and live figures: what is drawn, read and shared."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal

import pytest

from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.to_json import predicate_json
from domain.shared.errors import InvalidInput
from entrypoints.dashboard import charts
from entrypoints.dashboard.frame import safe_next
from entrypoints.dashboard.live import LiveFigures
from entrypoints.dashboard.pages.segment_form import predicate_of, rows_of
from entrypoints.dashboard.visit import Form
from entrypoints.dashboard.wording import wording

VIP = {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}
OLD = {"not": {"field": "last_active_at", "operator": "in_last_days", "value": 30}}


def form_of(join: str, *rows: tuple[str, str, str, str, str]) -> Form:
    names = ("field", "key", "operator", "value", "negate")
    columns = {f"condition.{name}": [row[place] for row in rows] for place, name in enumerate(names)}
    return Form({"mode": ["rows"], "join": [join], **columns})


def test_rows_become_the_predicate_and_come_back() -> None:
    """What the builder shows of a predicate is that predicate again."""
    form = form_of(
        "and", ("tag", "grade", "eq", "VIP", ""), ("last_active_at", "", "in_last_days", "30", "yes")
    )
    made = predicate_of(form)
    assert made == {"and": [VIP, OLD]}
    shown = rows_of(parse_predicate(made))
    assert shown is not None
    join, rows = shown
    assert join == "and"
    again = form_of(join, *((r["field"], r["key"], r["operator"], r["value"], r["negate"]) for r in rows))
    assert predicate_of(again) == predicate_json(parse_predicate(made))


def test_values_are_read_as_their_field_wants_them() -> None:
    """Numbers, switches and lists; of a tag what looks like a number is one, unless it begins with 0."""
    said = form_of(
        "or",
        ("subscribed", "", "eq", "true", ""),
        ("messages_received", "", "between", "1, 5", ""),
        ("tag", "zip", "eq", "06236", ""),
        ("tag", "age", "gte", "19", ""),
        ("language", "", "in", "ko, ja", ""),
    )
    found = predicate_of(said)["or"]
    assert isinstance(found, list)
    values = [one["value"] for one in found if isinstance(one, dict)]
    assert values == [True, [1, 5], "06236", 19, ["ko", "ja"]]


def test_what_rows_cannot_show_is_left_to_json() -> None:
    """Groups within groups; and forms that do not fit together are refused."""
    nested = {"and": [VIP, {"or": [VIP, OLD]}]}
    assert rows_of(parse_predicate(nested)) is None
    assert rows_of(parse_predicate({"everyone": True})) is None
    with pytest.raises(InvalidInput):
        predicate_of(Form({"condition.field": ["tag"], "condition.key": ["a", "b"]}))
    with pytest.raises(InvalidInput):
        predicate_of(Form())
    with pytest.raises(InvalidInput):
        predicate_of(form_of("and", ("subscribed", "", "eq", "maybe", "")))


def test_a_bar_is_as_high_as_its_figure_and_names_are_inert() -> None:
    """Half of the axis is half of the height; a script in a label is text."""
    words = wording("en")
    drawn = charts.bars("<b>t</b>", ["<script>", "b"], [charts.Series("sent", "Sent", [5, 10])], words)
    assert "<script>" not in drawn
    assert "<b>" not in drawn
    assert "style=" not in drawn
    heights = [float(found) for found in re.findall(r'height="([\d.]+)" rx', drawn)]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert "1,234,567" in charts.bars("t", ["a"], [charts.Series("sent", "Sent", [1_234_567])], words)
    assert charts.bars("t", [], [], words).startswith("<svg")


@pytest.mark.parametrize(
    ("highest", "top"),
    [
        (0, 4),
        (4, 4),
        (5, 6),
        (9, 10),
        (1_001, 2_000),
        (4_000_001, 6_000_000),
        (Decimal(0), 4),
        (Decimal("0.013"), Decimal("0.02")),
        (Decimal("1234.5"), 2_000),
    ],
)
def test_the_axis_ends_at_a_round_number(highest: charts.Number, top: charts.Number) -> None:
    """At or above the highest bar, and whole at its half."""
    assert charts.ceiling(highest) == top


def test_what_came_stands_above_what_went_on_one_scale() -> None:
    """As many that left are as high as those that came; both end at the line of zero."""
    up, down = charts.Series("received", "Subscribed", [8, 4]), charts.Series("failed", "Left", [0, 4])
    drawn = charts.ups_and_downs("t", ["a", "b"], up, down, wording("en"))
    bars = [
        (float(y), float(high))
        for y, high in re.findall(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)" rx', drawn)
    ]
    (first_y, first), (second_y, second), (third_y, third) = bars
    assert first == pytest.approx(2 * second, abs=0.2)
    assert second == pytest.approx(third, abs=0.2)
    assert first_y + first == pytest.approx(second_y + second, abs=0.2)
    assert second_y + second == pytest.approx(third_y, abs=0.2)


def test_a_long_name_is_cut_in_the_chart_and_told_whole() -> None:
    """A Korean name of forty letters leaves room for its bar; a script in it is text."""
    name = "국가보안기술연구소 차세대 메시지 서비스 <script> 운영 지원 센터"
    sent = charts.Series("sent", "Sent", [1_234_567])
    drawn = charts.ranks("t", [name], [sent], wording("ko"))
    assert "<script>" not in drawn
    assert "…" in drawn
    assert "&lt;script&gt; 운영 지원 센터" in drawn
    assert charts.ranks("t", [], [charts.Series("sent", "Sent", [])], wording("ko")).startswith("<svg")
    (x, width) = re.findall(r'<rect class="sent" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)[0]
    assert float(x) + float(width) + 80 < charts.WIDTH


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("/dashboard/health", "/dashboard/health"),
        ("/dashboard/apps/1?a=b", "/dashboard/apps/1?a=b"),
        (None, "/dashboard"),
        ("https://evil.example/dashboard", "/dashboard"),
        ("//evil.example", "/dashboard"),
        ("/dashboard//evil", "/dashboard"),
        ("/dashboard\\evil", "/dashboard"),
        ("/v1/messages", "/dashboard"),
    ],
)
def test_next_leads_to_pages_of_ours_only(target: str | None, leads: str) -> None:
    """An address of somebody else's is never followed."""
    assert safe_next(target) == leads


async def test_watchers_share_one_computation() -> None:
    """Two hundred streams of one application compute as often as one; the last one that leaves ends it."""
    live, calls = LiveFigures(every=0.01), 0

    async def compute() -> bytes:
        nonlocal calls
        calls += 1
        return b"%d" % min(calls, 3)

    async def watch() -> list[bytes]:
        stream = live.stream("one", compute)
        found: list[bytes] = []
        async for event in stream:
            found.append(event)
            if event == b"data: 3\n\n":
                break
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    told = await asyncio.gather(*(watch() for _ in range(200)))
    assert all(one[-1] == b"data: 3\n\n" for one in told)
    assert calls == live.computed
    assert calls < 20
    assert live.watching == 0
    again = live.computed
    await asyncio.sleep(0.05)
    assert live.computed == again
