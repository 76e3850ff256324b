"""What figures can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs

from domain.analytics.dimension import Dimension, Value
from domain.analytics.period import Granularity


@attrs.frozen(kw_only=True)
class FiguresCommand:
    """A time and what to look at in it. None: until now, since a week before, the application's own zone."""

    application_id: UUID
    since: datetime | None = None
    until: datetime | None = None
    zone: str | None = None
    granularity: Granularity = Granularity.DAY
    group_by: tuple[Dimension, ...] = ()
    filters: Mapping[Dimension, Value] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class ReadInactiveCommand:
    """How long devices may be silent before they count as inactive."""

    application_id: UUID
    zone: str | None = None
    days: tuple[int, ...] = (7, 30, 90)


@attrs.frozen(kw_only=True)
class CheckFiguresCommand:
    """Compare figures with a recount; None: of every application."""

    application_id: UUID | None = None
