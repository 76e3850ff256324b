"""docs/metrics.md is the truth: every item of the specification's list has metrics, every metric is on the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from adapters.telemetry.catalogue import BY_NAME, METRICS, Kind, Metric
from adapters.telemetry.exposition import Exposition, Sample
from adapters.telemetry.folded import Distribution, cumulative
from application.ports.measures import Figure
from tests.house.tree import ROOT, text
from tests.promtool import promtool

PAGE = Path("docs/metrics.md")
ITEMS = (
    "CPU, 메모리, 디스크 I/O, 네트워크 트래픽 등 기본 시스템 지표",
    "노드 상태 및 클러스터 연결 상태",
    "데이터베이스 성능 및 연결 풀 상태",
    "요청 처리량, 응답 시간, 오류율",
    "채널별 전송 상태 및 성능",
    "작업 큐 길이 및 작업 처리 시간",
    "템플릿 렌더링 성능",
    "캠페인 처리 진행 상황",
    "메시지 상태별 분포 및 변화율",
    "앱별 할당량 사용 현황",
    "구독/구독취소 추이",
    "템플릿 및 캠페인 사용 통계",
    "채널별 성과 분석 및 비교",
    "메시지 전환율(수신→열람) 분석",
    "초기화 시간",
    "구독 등록 성공률",
    "사용자 식별 성공률",
    "클라이언트 오류 발생률",
    "시스템 성능 저하 시 알림",
    "오류율 임계값 초과 시 알림",
    "앱별 할당량 소진 임계값 도달 시 알림",
    "캠페인 진행 상황 알림",
)
"""Section 6 of the specification, 모니터링 전략."""


def _rows() -> dict[str, set[str]]:
    rows = re.findall(r"^\| ([^`|]+) \| (`signal_.+) \|$", text(PAGE), re.MULTILINE)
    return {item: set(re.findall(r"`(signal_\w+)`", names)) for item, names in rows}


def test_every_item_of_the_specification_has_metrics_that_exist() -> None:
    """The specification's list, in its order, and no metric that nobody counts."""
    rows = _rows()
    assert tuple(rows) == ITEMS
    assert all(rows.values())
    assert set().union(*rows.values()) == {metric.name for metric in METRICS}


SCRAPED = {"job", "instance"}
"""Labels that Prometheus adds."""
OVER_TIME = {"rate", "irate", "increase"}
ALERTS, ALERT_TESTS = Path("deploy/prometheus/alerts.yaml"), Path("deploy/prometheus/alerts_test.yaml")
BOARD = Path("deploy/grafana/overview.json")


def _rules() -> dict[str, str]:
    rules = yaml.safe_load(text(ALERTS))
    return {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}


def _panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(text(BOARD))["panels"] if panel["type"] != "row"]


def _expressions() -> dict[str, str]:
    """Every query of the rules and of the dashboard, by its title."""
    found = _rules()
    for panel in _panels():
        for target in panel["targets"]:
            found[f"{panel['title']} {panel['id']}{target['refId']}"] = target["expr"]
    return found


def _metric(name: str) -> Metric:
    """The metric that a series belongs to; KeyError for one that nobody writes."""
    return BY_NAME[name if name in BY_NAME else re.sub(r"_(bucket|sum|count)$", "", name)]


def _check(expression: Any, *, over_time: bool = False) -> set[str]:
    """Labels that the expression's result may have. Fails at what names no metric or label, or reads a counter as a gauge."""
    kind = type(expression).__name__
    if kind in ("NumberLiteral", "StringLiteral"):
        return set()
    if kind == "VectorSelector":
        if expression.name == "up":
            return set(SCRAPED)
        metric = _metric(expression.name)
        labels = {*metric.labels, *SCRAPED, *({"le"} if expression.name.endswith("_bucket") else ())}
        assert {one.name for one in expression.matchers.matchers} <= labels, expression
        assert (metric.kind is not Kind.GAUGE) == over_time, f"{expression}: counters grow, gauges do not"
        return labels
    if kind == "MatrixSelector":
        return _check(expression.vector_selector, over_time=over_time)
    if kind == "Call":
        inner = [_check(one, over_time=expression.func.name in OVER_TIME) for one in expression.args]
        return set().union(*inner) - ({"le"} if expression.func.name == "histogram_quantile" else set())
    if kind == "AggregateExpr":
        labels = _check(expression.expr)
        kept = set(expression.modifier.labels) if expression.modifier else set()
        assert kept <= labels, f"{expression} groups by a label that is not there"
        return kept
    if kind == "BinaryExpr":
        return _check(expression.lhs) | _check(expression.rhs)
    assert kind == "ParenExpr", kind
    return _check(expression.expr)


@pytest.mark.parametrize("title", sorted(_expressions()))
def test_every_query_parses_and_names_metrics_and_labels_that_exist(title: str) -> None:
    """A rule about a metric that nobody writes never fires; a group by a label it lacks says nothing."""
    query = _expressions()[title].replace("$__rate_interval", "5m")
    _check(promql_parser.parse(query))


@pytest.mark.parametrize(
    "query",
    [
        "max(signal_nobody)", "max by (lane) (signal_workers)", 'max(signal_workers{lane="x"})', "sum(signal_settled_total)",
        "rate(signal_workers[5m])", "sum by (le) (rate(signal_settled_total[5m]))",
    ],
)  # fmt: skip
def test_a_query_that_says_nothing_is_noticed(query: str) -> None:
    """The check above can fail, in each of its ways."""
    with pytest.raises((AssertionError, KeyError)):
        _check(promql_parser.parse(query))


def test_what_an_alert_says_names_labels_that_it_has() -> None:
    """`{{ $labels.x }}` of a label that the rule does not keep would print nothing."""
    for group in yaml.safe_load(text(ALERTS))["groups"]:
        for rule in group["rules"]:
            said = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
            assert said <= _check(promql_parser.parse(rule["expr"])), rule["alert"]
            assert rule["labels"]["severity"] in {"warning", "critical"}


def test_the_dashboard_can_be_read() -> None:
    """The rules of Grafana's dashboard-linter, and that no panel lies over another: data source, job and instance to choose,
    every panel with description and unit, rates over windows that follow the zoom, every series of the chosen processes.
    """
    board = json.loads(text(BOARD))
    assert board["editable"] is False
    source, *chosen_by = board["templating"]["list"]
    assert (source["type"], source["name"], source["label"]) == ("datasource", "datasource", "Data source")
    assert [one["name"] for one in chosen_by] == ["job", "instance"]
    for one in chosen_by:
        assert (one["multi"], one["allValue"], one["refresh"]) == (True, ".+", 2)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, f"{panel['title']} lies over another"
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in _panels():
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        for target in (panel, *panel["targets"]):
            assert target["datasource"] == {"type": "prometheus", "uid": f"${{{source['name']}}}"}
        for target in panel["targets"]:
            assert target["legendFormat"] or len(panel["targets"]) == 1, panel["title"]
            assert not re.search(r"rate\([^()]*\[\d+[smh]\]", target["expr"]), (
                f"{panel['title']}: use $__rate_interval"
            )
            series = re.findall(r"signal_\w+(?:\{[^}]*\})?", target["expr"])
            chosen = [one for one in series if 'job=~"$job", instance=~"$instance"' in one]
            assert chosen == series, f"{panel['title']} shows other processes than were chosen"


def test_prometheus_itself_finds_nothing_wrong() -> None:
    """Its checker reads the rules, the configuration and an exposition of every metric; rules fire when their tests say so."""
    promtool("check", "rules", ALERTS.name, cwd=ROOT / ALERTS.parent)
    promtool("check", "config", "prometheus.yaml", cwd=ROOT / ALERTS.parent)
    promtool("test", "rules", ALERT_TESTS.name, cwd=ROOT / ALERTS.parent)
    promtool("check", "metrics", stdin=Exposition([_one_of_each]).text().decode())


def _one_of_each() -> Iterator[Sample]:
    for metric in METRICS:
        labels = tuple("x" for _ in metric.labels)
        if metric.kind is Kind.HISTOGRAM:
            yield Distribution(metric.name, labels, cumulative([1.0], [1, 1]), 1.5)
        else:
            yield Figure(metric.name, 1.0, labels)


def test_the_rules_that_wake_people_have_tests() -> None:
    """Most critical rules are tried by `promtool test rules`; what is named there exists."""
    tried = set(re.findall(r"alertname: (\w+)", text(ALERT_TESTS)))
    assert tried <= set(_rules())
    assert {"SignalNoWorkers", "SignalSchedulerSilent", "SignalRequestsFail", "SignalQueueLate"} <= tried
