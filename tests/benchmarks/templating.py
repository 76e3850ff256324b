"""What rendering costs: microseconds of processor time a message, and the worst that a hostile template takes.

    python -m tests.benchmarks.templating

prints the figures as JSON. Processor time is measured, because other work on the machine is not the engine's.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

from adapters.templating.engine import LiquidTemplating
from bootstrap.bench.rendering_runs import rendering
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from tests.unit.templating.test_hostile import AT_RENDERING, AT_SAVE


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
    hostile = hostile_milliseconds(engine)
    worst = max(hostile, key=lambda name: hostile[name])
    return {
        **rendering(engine, rounds),
        "hostile_worst_ms": hostile[worst],
        "hostile_worst": worst,
        "hostile_templates": len(hostile),
    }


if __name__ == "__main__":
    print(json.dumps(measure(20_000), ensure_ascii=False, indent=2))
