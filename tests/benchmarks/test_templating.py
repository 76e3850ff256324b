"""The measurement of the template engine measures what it says."""

from __future__ import annotations

from adapters.templating.engine import LiquidTemplating
from bootstrap.bench.rendering_runs import CONDITION, PLAIN, VARIABLES
from domain.shared.channels import Channel
from tests.benchmarks.templating import measure


def test_the_measured_templates_are_those_that_are_promised() -> None:
    """Four variables on the quick way, and four with a condition through Liquid; both say the same."""
    plain = LiquidTemplating().compile(Channel.PUSH, PLAIN)
    condition = LiquidTemplating().compile(Channel.PUSH, CONDITION)
    assert plain.is_quick
    assert not condition.is_quick
    assert len(plain.names) == 4
    assert condition.names == plain.names | {"vip"}
    assert condition.render(VARIABLES) == plain.render(VARIABLES)


def test_every_figure_is_measured() -> None:
    """Few rounds are enough to see that it runs."""
    found = measure(10)
    assert found["fast_path_us"] > 0
    assert found["four_variables_and_a_condition_us"] > 0
    assert found["hostile_worst"]
    assert found["hostile_templates"] > 40
