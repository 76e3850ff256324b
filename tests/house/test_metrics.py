"""docs/metrics.md is the truth: every item of the specification's list has metrics, every metric is on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from adapters.telemetry.catalogue import BY_NAME, METRICS
from tests.house.tree import text

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


QUERY = re.compile(r"signal_[a-z0-9_]+")
SELECTOR = re.compile(r"(signal_[a-z0-9_]+)\{([^}]*)\}")
GROUPED = re.compile(r"by \(([^)]*)\)\s*\((?:[a-z_]+\()*\s*(signal_[a-z0-9_]+)")
SCRAPED = {"job", "instance", "le"}
"""Labels that Prometheus adds; `le` is of buckets."""


def _labels(name: str) -> set[str]:
    stem = re.sub(r"_(bucket|sum|count)$", "", name)
    return set(BY_NAME[stem if stem in BY_NAME else name].labels) | SCRAPED


def _expressions() -> dict[str, str]:
    """Every query of the rules and of the dashboard, by its title."""
    rules = yaml.safe_load(text(Path("deploy/prometheus/alerts.yaml")))
    found = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    board = json.loads(text(Path("deploy/grafana/overview.json")))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    return found


@pytest.mark.parametrize("title", sorted(_expressions()))
def test_every_query_names_metrics_and_labels_that_exist(title: str) -> None:
    """A rule about a metric that nobody writes never fires; a group by a label it lacks says nothing."""
    query = _expressions()[title]
    names = set(QUERY.findall(query)) - {"signal_"}
    assert names or title == "SignalProcessDown"
    for name in names:
        assert set() != _labels(name)
    for name, selector in SELECTOR.findall(query):
        assert set(re.findall(r"(\w+)\s*[=!]", selector)) <= _labels(name)
    for grouping, name in GROUPED.findall(query):
        assert {one.strip() for one in grouping.split(",")} <= _labels(name)
    assert query.count("(") == query.count(")")
