"""The script's decisions are repeatable, in proportion, and in the stated order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.simulator.behaviour import parse_behaviour
from entrypoints.simulator.catalogue import APNS_STATUS, FAULTS, FCM_FAILURES
from entrypoints.simulator.chance import fractions
from entrypoints.simulator.draw import Decision, Script


def script(**fields: Any) -> Script:
    """A script from the JSON form of a behaviour."""
    return Script(parse_behaviour(msgspec.json.encode(fields)))


def errors(made: Script, count: int = 20_000, attempt: int = 1) -> Counter[str | None]:
    """What befalls `count` APNs tokens."""
    return Counter(made.decide("apns", "production", f"{n:064x}", attempt).error for n in range(count))


@given(st.integers(), st.text(max_size=40), st.integers(min_value=1, max_value=1000))
def test_fractions_are_repeatable_and_within_bounds(seed: int, token: str, attempt: int) -> None:
    """The same key gives the same four numbers, each in [0, 1)."""
    drawn = fractions(seed, token, attempt)
    assert drawn == fractions(seed, token, attempt)
    assert all(0 <= value < 1 for value in drawn)


def test_fractions_are_pinned() -> None:
    """The numbers are part of what runs rely on: a change of hash shows here."""
    pinned = (0.9869739654720381, 0.6043572240336825, 0.018320036421481962, 0.8926618779161648)
    assert fractions(1, "token", 2) == pytest.approx(pinned, abs=1e-12)
    assert fractions(1, "token", 2) != fractions(1, "token", 3) != fractions(2, "token", 3)
    assert fractions(1, "ab", "c") != fractions(1, "a", "bc")


def test_the_default_accepts_everything_at_once() -> None:
    """No error, no fault, no delay."""
    assert script().decide("apns", "production", "00", 1) == Decision()
    assert script().decide("fcm", "production", "t", 1) == Decision()


def test_shares_come_out_in_proportion() -> None:
    """3 % dead, 2 % transient of the living, 10 % throttled, within sampling error; dead stay dead."""
    made = script(dead_token_share=0.03, transient_share=0.02, apns_errors={"TooManyRequests": 0.1})
    first, second = errors(made), errors(made, attempt=2)
    assert first["Unregistered"] == second["Unregistered"] == pytest.approx(600, abs=120)
    assert first["ServiceUnavailable"] == pytest.approx(388, abs=100)
    assert second["ServiceUnavailable"] == 0
    assert first["TooManyRequests"] == pytest.approx(1900, abs=220)


def test_another_seed_and_another_attempt_draw_anew() -> None:
    """Errors are drawn per attempt; the seed changes who is dead."""
    made = script(apns_errors={"TooManyRequests": 0.5})
    fates = {made.decide("apns", "production", "00", attempt).error for attempt in range(1, 30)}
    assert fates == {None, "TooManyRequests"}
    dead = [
        {
            n
            for n in range(500)
            if script(seed=s, dead_token_share=0.1).decide("apns", "production", str(n), 1).error
        }
        for s in (1, 2)
    ]
    assert dead[0] != dead[1]


def test_the_order_of_shares_in_the_file_does_not_matter() -> None:
    """Names are sorted before they are drawn."""
    one = script(apns_errors={"TooManyRequests": 0.2, "ServiceUnavailable": 0.2})
    other = script(apns_errors={"ServiceUnavailable": 0.2, "TooManyRequests": 0.2})
    for number in range(200):
        token = str(number)
        assert one.decide("apns", "production", token, 1) == other.decide("apns", "production", token, 1)


def test_rules_precede_dead_tokens_and_only_speak_for_their_own_provider() -> None:
    """First match decides; an APNs reason leaves FCM tokens alone; attempts and environment limit a rule."""
    made = script(
        dead_token_prefixes=["dead"],
        rules=[
            {"token": "dead01", "outcome": "accept"},
            {"token_prefix": "a", "outcome": "BadTopic", "attempts": 2},
            {"token_prefix": "a", "outcome": "INTERNAL"},
            {"token_prefix": "b", "outcome": "hang", "environment": "sandbox"},
            {"token_prefix": "c", "outcome": "Unregistered", "timestamp_ms": 5},
        ],
    )
    assert made.decide("apns", "production", "dead01", 1).error is None
    assert made.decide("apns", "production", "dead02", 1).error == "Unregistered"
    assert made.decide("fcm", "production", "dead02", 1).error == "UNREGISTERED"
    assert [made.decide("apns", "production", "a1", n).error for n in (1, 2, 3)] == [
        "BadTopic",
        "BadTopic",
        None,
    ]
    assert made.decide("fcm", "production", "a1", 1).error == "INTERNAL"
    assert made.decide("apns", "production", "b1", 1).fault is None
    assert made.decide("apns", "sandbox", "b1", 1).fault == "hang"
    assert made.decide("apns", "production", "c1", 1).timestamp_ms == 5


def test_a_token_of_the_other_environment_is_bad_whatever_else_is_scripted() -> None:
    """As in the field: the host does not know the token; FCM has no environments."""
    made = script(sandbox_only_prefixes=["5a"], rules=[{"token_prefix": "5a", "outcome": "accept"}])
    assert made.decide("apns", "production", "5a01", 1).error == "BadDeviceToken"
    assert made.decide("apns", "sandbox", "5a01", 1).error is None
    assert made.decide("fcm", "production", "5a01", 1).error is None


def test_faults_are_drawn_beside_errors() -> None:
    """A share of faults comes as faults."""
    made = script(fault_shares={"reset": 0.25}, apns_errors={"Shutdown": 0.25})
    fates = Counter(made.decide("apns", "production", str(n), 1)[:2] for n in range(4000))
    assert fates.keys() == {(None, None), ("Shutdown", None), (None, "reset")}
    assert fates[(None, "reset")] == pytest.approx(1000, abs=150)


def test_latencies_follow_their_distribution() -> None:
    """Uniform stays inside its bounds, log-normal has its median and its ceiling, fixed is fixed."""
    uniform = script(latency={"kind": "uniform", "low_ms": 10, "high_ms": 20})
    delays = [uniform.decide("apns", "production", str(n), 1).delay for n in range(2000)]
    assert 0.010 <= min(delays) < 0.0105
    assert 0.0195 < max(delays) <= 0.020
    lognormal = script(latency={"kind": "lognormal", "median_ms": 50, "sigma": 1.0, "max_ms": 200})
    spread = sorted(lognormal.decide("fcm", "production", str(n), 1).delay for n in range(2001))
    assert spread[1000] == pytest.approx(0.050, rel=0.1)
    assert spread[-1] == 0.2
    fixed = script(latency={"kind": "fixed", "ms": 7}, dead_tokens=["00"])
    assert fixed.decide("apns", "production", "00", 1).delay == 0.007


def test_outcome_names_are_unambiguous() -> None:
    """A rule's outcome can belong to one catalogue only."""
    assert not APNS_STATUS.keys() & FCM_FAILURES.keys()
    assert not FAULTS & (APNS_STATUS.keys() | FCM_FAILURES.keys())
