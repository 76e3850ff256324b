"""The date filter without a clock: the time comes with the message, or there is none.

Where python-liquid would fill gaps from today, or read a number in the zone of the machine, this one takes 1970 and
UTC, so that a text does not depend on where and when it was rendered.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

from dateutil import parser, tz
from liquid import Markup
from liquid.exceptions import FilterArgumentError
from liquid.filter import liquid_filter, with_environment
from liquid.undefined import is_undefined

from adapters.templating.limits import LimitReached
from domain.shared.errors import RenderRefused

CLOCK_WORDS: Final = frozenset({"now", "today"})
MAX_DATE: Final = 64
MAX_FORMAT: Final = 200
GAPS: Final = datetime(1970, 1, 1)
"""What a date without a year, or a time without a date, is completed with."""


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """A zone that is written with its offset, or is UTC; other abbreviations mean different things to different people."""
    if offset is not None:
        return tz.tzoffset(name, offset)  # type: ignore[no-any-return]
    return tz.UTC if name in ("UTC", "GMT", "Z") else None


@with_environment
@liquid_filter
def format_date(value: object, form: object, *, environment: object) -> object:
    """The date in a strftime format; what is no date stays as it is, as in Liquid.

    Raises RenderRefused for "now" and "today".
    """
    if is_undefined(value):
        return ""
    if is_undefined(form):
        return str(value)
    if value in CLOCK_WORDS:
        raise RenderRefused(
            f"the template asks the clock for {value!r}",
            fix="send the time as a variable, as {{ sent_at | date: … }}",
        )
    if not isinstance(value, str | int):
        raise FilterArgumentError(f"date expected a date, found {type(value).__name__}", token=None)
    text = str(form)
    if len(text) > MAX_FORMAT:
        raise LimitReached(f"formats a date with more than {MAX_FORMAT} characters")
    moment = _read(value)
    if moment is None:
        return str(value)
    result = _written(moment, text)
    return Markup(result) if isinstance(form, Markup) else result


def _read(value: str | int) -> datetime | None:
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
        if value.isdigit():
            return datetime.fromtimestamp(int(value[:20]), UTC).replace(tzinfo=None)
        if len(value) > MAX_DATE:
            return None
        found = parser.parse(value, default=GAPS, tzinfos=_zone)
    except (ValueError, OverflowError, OSError):
        return None
    return found if isinstance(found, datetime) else None


def _written(moment: datetime, form: str) -> str:
    """By strftime; `%s` alone is not known everywhere."""
    if form == "%s":
        return str(int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()))
    try:
        return moment.strftime(form)
    except ValueError as error:
        raise FilterArgumentError(str(error), token=None) from error
