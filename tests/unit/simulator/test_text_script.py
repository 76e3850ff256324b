"""The simulated gateways do what the script says, and the same in every run."""

from __future__ import annotations

import msgspec
import pytest

from entrypoints.simulator.text_script import ACCEPT, Fate, TextRule, Texts, decide, worst

TO = "+821012345678"


def test_the_first_rule_that_matches_decides() -> None:
    """By step, gateway, number, prefix and attempt."""
    script = Texts(
        rules=(
            TextRule("3001", provider="nhn"),
            TextRule("3058", to=TO, attempts=1),
            TextRule("accept", to=TO),
            TextRule("all:503", to_prefix="+8210"),
            TextRule("hang", step="send"),
        )
    )
    assert decide(script, 1, "submit", "nhn", TO) == Fate("3001")
    assert decide(script, 1, "submit", "solapi", TO) == Fate("3058")
    assert decide(script, 1, "submit", "solapi", TO, 2) == ACCEPT
    assert decide(script, 1, "submit", "solapi", "+821000000000") == Fate("503", True)
    assert decide(script, 1, "submit", "solapi", "+14155552671") == ACCEPT
    assert decide(script, 1, "send", "solapi", TO) == Fate(fault="hang")
    assert decide(script, 1, "report", "solapi", TO) == ACCEPT


def test_drawn_errors_come_in_their_shares_and_repeat() -> None:
    """A tenth and a fifth of two thousand, within a fifth of that; another seed draws others."""
    script = Texts(report_errors={"solapi": {"3104": 0.1, "3032": 0.2}})
    numbers = [f"+8210{n:08d}" for n in range(2_000)]
    drawn = [decide(script, 7, "report", "solapi", to).code for to in numbers]
    assert drawn == [decide(script, 7, "report", "solapi", to).code for to in numbers]
    assert drawn != [decide(script, 8, "report", "solapi", to).code for to in numbers]
    assert 160 < drawn.count("3104") < 240
    assert 320 < drawn.count("3032") < 480
    assert {decide(script, 7, "submit", "solapi", to).code for to in numbers} == {None}


def test_a_request_suffers_what_the_first_of_its_recipients_brings_upon_it() -> None:
    """A code for one recipient is that one's alone."""
    assert worst([ACCEPT, Fate("3001")]) == ACCEPT
    assert worst([Fate("3001"), Fate("500", True), Fate(fault="hang")]) == Fate("500", True)
    assert worst([]) == ACCEPT


@pytest.mark.parametrize(
    "script",
    [
        {"rules": [{"outcome": "hang", "to": TO, "to_prefix": "+82"}]},
        {"rules": [{"outcome": "hang", "step": "later"}]},
        {"rules": [{"to": TO}]},
        {"submit_errors": {"solapi": {"3104": 0.7, "3032": 0.4}}},
        {"submit_errors": {"kakao": {"3104": 0.7}}},
        {"colour": "blue"},
    ],
)
def test_a_script_that_makes_no_sense_is_refused(script: object) -> None:
    """Rather than playing something else."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(script, Texts)
