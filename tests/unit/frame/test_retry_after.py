"""The Retry-After header in all its forms."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.frame.retry_after import LONGEST, parse_retry_after

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("99999999999999999999", LONGEST),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60.0),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60.0),
        ("Sun Nov  6 08:50:37 1994", 60.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("Sun, 06 Nov 2094 08:00:00 GMT", LONGEST),
        ("Sun, 99 Nov 1994 08:00:00 GMT", None),
    ],
)
def test_seconds_and_dates_are_seconds_from_now(value: str | None, seconds: float | None) -> None:
    """RFC 9110 sections 5.6.7 and 10.2.3; what cannot be read is no wish."""
    assert parse_retry_after(value, now=NOW) == seconds


@given(st.integers(min_value=0, max_value=80_000))
def test_a_date_means_the_same_as_its_distance(ahead: int) -> None:
    """Whatever the distance, both forms agree."""
    date = formatdate(NOW + ahead, usegmt=True)
    assert parse_retry_after(date, now=NOW) == parse_retry_after(str(ahead), now=NOW) == float(ahead)


@given(st.text(max_size=40))
def test_no_header_value_is_an_exception(value: str) -> None:
    """Providers may send anything."""
    seconds = parse_retry_after(value, now=NOW)
    assert seconds is None or 0.0 <= seconds <= LONGEST
