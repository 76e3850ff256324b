"""What rendering costs: microseconds of processor time a message, and the worst that a hostile template takes.

    python -m tests.benchmarks.templating

prints the figures as JSON. Processor time is measured, because other work on the machine is not the engine's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from adapters.templating.engine import LiquidTemplating
from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from tests.unit.templating.test_hostile import AT_RENDERING, AT_SAVE

VARIABLES: Mapping[str, Any] = {
    "name": "홍길동",
    "product": "운동화",
    "day": "5월 1일",
    "grade": "골드",
    "vip": True,
}
PLAIN: Body = {
    "title": "{{ name }}님, 안녕하세요",
    "body": "{{ product }} 주문이 {{ day }}에 도착합니다. {{ grade }} 회원님, 감사합니다.",
    "data": {"screen": "orders"},
}
CONDITION: Body = {
    "title": "{{ name }}님, 안녕하세요",
    "body": "{{ product }} 주문이 {{ day }}에 도착합니다.{% if vip %} {{ grade }} 회원님, 감사합니다.{% endif %}",
    "data": {"screen": "orders"},
}


def microseconds(work: Callable[[], object], rounds: int) -> float:
    """Processor time of one call, the best of five series."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(rounds):
            work()
        best = min(best, (time.process_time() - started) / rounds)
    return best * 1e6


def hostile_milliseconds(engine: LiquidTemplating) -> dict[str, float]:
    """Processor time of saving and of rendering each hostile template, whatever becomes of it."""
    sources = {name: (source, {}) for name, source in AT_SAVE.items()} | AT_RENDERING
    found = {}
    for name, (source, variables) in sources.items():
        started = time.process_time()
        with suppress(InvalidInput):
            engine.compile(Channel.PUSH, {"title": source}).render(variables)
        found[name] = round((time.process_time() - started) * 1e3, 3)
    return found


def measure(rounds: int) -> dict[str, Any]:
    """Every figure, by name."""
    engine = LiquidTemplating()
    plain, condition = engine.compile(Channel.PUSH, PLAIN), engine.compile(Channel.PUSH, CONDITION)
    hostile = hostile_milliseconds(engine)
    worst = max(hostile, key=lambda name: hostile[name])
    return {
        "fast_path_us": round(microseconds(lambda: plain.render(VARIABLES), rounds), 3),
        "four_variables_and_a_condition_us": round(
            microseconds(lambda: condition.render(VARIABLES), rounds), 3
        ),
        "hostile_worst_ms": hostile[worst],
        "hostile_worst": worst,
        "hostile_templates": len(hostile),
    }


if __name__ == "__main__":
    print(json.dumps(measure(20_000), ensure_ascii=False, indent=2))
