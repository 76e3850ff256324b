"""Reports as SQL: where each subject's rows come from, and how each of their columns is written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Status
from domain.reports.columns import COLUMNS, Column, Format, Kind, Subject
from domain.shared.channels import Channel, Lane, SubscriptionType

_TIME: Final = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
_FORMULA: Final = "(61, 43, 45, 64, 9, 10, 13, 65291, 65293, 65309, 65312)"
"""= + - @, tab, line ends, and the full-width signs, by their numbers: how a cell begins that a spreadsheet computes (OWASP,
CSV injection)."""


def _named(column: str, kind: type[IntEnum]) -> str:
    cases = " ".join(f"WHEN {int(one)} THEN '{one.wire}'" for one in kind)  # type: ignore[attr-defined]
    return f"CASE {column} {cases} ELSE {column}::text END"


def _channel_of(column: str) -> str:
    cases = " ".join(f"WHEN {int(type_)} THEN '{type_.channel.wire}'" for type_ in SubscriptionType)
    return f"CASE {column} {cases} END"


_NONE: Final = "nullif({}, '00000000-0000-0000-0000-000000000000')"


def _expressions() -> Mapping[Subject, Mapping[str, str]]:
    """Those that are not simply the column of this name of the subject's first table."""
    type_ = _named("r.type", SubscriptionType)
    return {
        Subject.MESSAGES: {
            "created_at": "uuid_extract_timestamp(r.id)",
            "status": _named("r.status", Status),
            "channel": _named("r.channel", Channel),
            "type": type_,
            "lane": _named("r.lane", Lane),
            "source": _named("r.source", Source),
        },
        Subject.RECIPIENTS: {"external_id": "u.external_id", "type": type_},
        Subject.EVENTS: {
            "event_type": _named("r.event_type", MessageEventType),
            "source": _named("r.source", Source),
        },
        Subject.SUBSCRIPTIONS: {"external_id": "u.external_id", "type": type_},
        Subject.LEDGER: {},
        Subject.STATISTICS: {
            "event_type": f"CASE r.event_type WHEN 0 THEN 'accepted' ELSE {_named('r.event_type', MessageEventType)} END",
            "channel": _channel_of("r.type"),
            "type": type_,
            "campaign_id": _NONE.format("r.campaign_id"),
            "template_id": _NONE.format("r.template_id"),
        },
    }


def selected(subject: Subject, format: Format) -> str:
    """The select list of a subject in a form."""
    special = _expressions()[subject]
    return ", ".join(
        f"{_written(column, special.get(column.name, f'r.{column.name}'), format)} AS {column.name}"
        for column in COLUMNS[subject]
    )


def _written(column: Column, value: str, format: Format) -> str:
    if column.kind is Kind.TIME:
        return _TIME.format(value)
    if column.kind is Kind.DECIMAL:
        return f"trim_scale({value})::text"
    if column.kind is Kind.FLAG and format is not Format.NDJSON:
        return f"{value}::text"
    if column.kind is Kind.FREE_TEXT and format is Format.CSV:
        return f"CASE WHEN ascii({value}) IN {_FORMULA} THEN '''' || {value} ELSE {value} END"
    return value
