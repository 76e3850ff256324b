"""Random cron expressions that our reading and cronsim's should agree on."""

from __future__ import annotations

from hypothesis import strategies as st

from domain.campaigns.cron import Cron
from domain.shared.errors import InvalidInput


def parsed(text: str) -> Cron | None:
    """The expression, or None when it is refused."""
    try:
        return Cron.parse(text, field="cron")
    except InvalidInput:
        return None


def terms(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    # Of one number with a step cronsim makes "from there on", as if it were no range: left out.
    ranges = st.tuples(st.integers(low, high - 1), number).map(
        lambda pair: f"{pair[0]}-{max(pair[0] + 1, pair[1])}"
    )
    step = st.integers(1, 20)
    return st.one_of(
        number.map(str),
        ranges,
        st.just("*"),
        st.tuples(ranges, step).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.tuples(st.just("*"), step).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.tuples(number, step).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )


def field(low: int, high: int, *more: str) -> st.SearchStrategy[str]:
    one = st.one_of(terms(low, high), st.sampled_from(more)) if more else terms(low, high)
    # A star beside other terms means everything, and where it stands decides about the days: not as a later term.
    return st.one_of(
        one, st.lists(one.filter(lambda term: term[0] != "*"), min_size=1, max_size=3).map(",".join)
    )


EXPRESSIONS = st.tuples(
    field(0, 59), field(0, 23), field(1, 31, "L"), field(1, 12, "JAN", "FEB", "NOV-DEC"),
    field(0, 7, "MON", "TUE-SAT", "MON#1", "0#3", "5L", "7L", "FRI#5", "7#2"),
).map(" ".join)  # fmt: skip
