"""What rendering costs: microseconds of processor time a message, because other work on the machine is not the engine's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from adapters.templating.engine import LiquidTemplating
from domain.messaging.content import Body
from domain.shared.channels import Channel

SERIES = 5
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
    for _ in range(SERIES):
        started = time.process_time()
        for _ in range(rounds):
            work()
        best = min(best, (time.process_time() - started) / rounds)
    return best * 1e6


def rendering(engine: LiquidTemplating, rounds: int) -> dict[str, float]:
    """Four variables on the quick way, and four with a condition through Liquid."""
    plain, condition = engine.compile(Channel.PUSH, PLAIN), engine.compile(Channel.PUSH, CONDITION)
    return {
        "fast_path_us": round(microseconds(lambda: plain.render(VARIABLES), rounds), 3),
        "four_variables_and_a_condition_us": round(
            microseconds(lambda: condition.render(VARIABLES), rounds), 3
        ),
    }
