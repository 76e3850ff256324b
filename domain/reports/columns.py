"""What a report is about, what each of its columns holds, and in which form it is written.

No token, no address and no content stands in any of them: what they say about people is who, when and what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import attrs


class Subject(StrEnum):
    """What the rows are; the value is its wire name."""

    MESSAGES = "messages"
    RECIPIENTS = "recipients"
    EVENTS = "events"
    SUBSCRIPTIONS = "subscriptions"
    LEDGER = "ledger"
    STATISTICS = "statistics"


class Format(StrEnum):
    """How they are written; the value is its wire name and the file's ending."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]


MEDIA_TYPES: Final[Mapping[Format, str]] = {
    Format.CSV: "text/csv",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    """Ours: ids and names of this product."""
    FREE_TEXT = "free_text"
    """Anybody's: a spreadsheet must not read it as a formula."""
    INTEGER = "integer"
    DECIMAL = "decimal"
    TIME = "time"
    FLAG = "flag"
    JSON = "json"


@attrs.frozen(slots=True)
class Column:
    name: str
    kind: Kind = Kind.TEXT


def _columns(**kinds: Kind) -> Sequence[Column]:
    return tuple(Column(name, kind) for name, kind in kinds.items())


_T, _F, _I, _D, _W, _B, _J = (
    Kind.TEXT,
    Kind.FREE_TEXT,
    Kind.INTEGER,
    Kind.DECIMAL,
    Kind.TIME,
    Kind.FLAG,
    Kind.JSON,
)
COLUMNS: Final[Mapping[Subject, Sequence[Column]]] = {
    Subject.MESSAGES: _columns(
        id=_T, created_at=_W, status=_T, channel=_T, type=_T, lane=_T, source=_T, subscription_id=_T, user_id=_T,
        campaign_id=_T, parent_message_id=_T, send_at=_W, sent_at=_W, received_at=_W, converted_at=_W, failed_at=_W,
        canceled_at=_W, attempts=_I, error_reason=_F,
    ),
    Subject.RECIPIENTS: _columns(
        campaign_id=_T, subscription_id=_T, user_id=_T, external_id=_F, type=_T, seq=_I, wave=_I, excluded=_T, zone_note=_F,
    ),
    Subject.EVENTS: _columns(
        message_id=_T, occurred_at=_W, event_type=_T, source=_T, reason=_F, attempt=_I, latency_ms=_I, provider_id=_F,
    ),
    Subject.SUBSCRIPTIONS: _columns(
        id=_T, user_id=_T, external_id=_F, type=_T, subscription_status=_I, enabled=_B, permission=_T, created_at=_W,
        subscribed_at=_W, unsubscribed_at=_W, last_active_at=_W, device_model=_F, device_os=_F, device_language=_F,
        app_version=_F, sdk_version=_F, country_code=_F, test_type=_I, total_messages_received=_I,
        total_messages_converted=_I, is_archived=_B, tags=_J,
    ),
    Subject.LEDGER: _columns(
        id=_T, created_at=_W, kind=_T, n=_I, debit_account=_T, credit_account=_T, amount=_D, currency=_T,
        money_debit_account=_T, money_credit_account=_T, reservation_id=_T, chunk_id=_T, reference=_F, note=_F,
    ),
    Subject.STATISTICS: _columns(
        hour=_W, event_type=_T, channel=_T, type=_T, campaign_id=_T, template_id=_T, provider=_T, country=_F,
        app_version=_F, reason=_F, n=_I,
    ),
}  # fmt: skip
BOM: Final = b"\xef\xbb\xbf"
"""In front of a CSV, so that Excel reads it as UTF-8."""
