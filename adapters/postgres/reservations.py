"""Quota on the hot path: decide and write reservations inside the transaction that accepts their messages.

Takes a raw asyncpg connection inside an open transaction, and issues a constant number of statements whatever the
number of requests and applications: three, and a fourth when somebody would be refused. What becomes of the
reserved messages is told with `record_movements`; see quota_deltas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.quota_deltas import EntryIds, Movement, fold_quota_deltas, record_movements
from adapters.postgres.quota_locks import Key, as_columns, lock_quota_rows, window_keys
from domain.quota.entries import TRANSFERS, BillingMode, EntryKind
from domain.quota.ledger import Counters, Decision, QuotaLedger, Refusal, Window
from domain.quota.money import Money
from domain.quota.windows import WindowKind
from domain.shared.channels import Channel

__all__ = [
    "EntryIds",
    "Grant",
    "Movement",
    "ReservationRequest",
    "fold_quota_deltas",
    "record_movements",
    "reserve",
]


@attrs.frozen
class ReservationRequest:
    """n messages of one application and channel that one accept call wants to send on one local day."""

    application_id: UUID
    reservation_id: UUID
    """Made by the caller, UUIDv7."""
    channel: Channel
    n: int
    day: date
    month: date
    """The month's first day."""
    allow_partial: bool = False


@attrs.frozen
class Grant:
    """The answer to one request. Nothing is written for a request of which nothing was granted."""

    reservation_id: UUID
    granted: int
    refused_by: Refusal | None
    """What cut the request short; None when it was granted whole."""
    unit_price: Decimal
    daily_left: int | None
    """After this request; None is unlimited."""
    monthly_left: int | None


# The windows are locked, and the folder needs their locks: what is visible here is not in the counters yet.
_UNFOLDED: Final = """
SELECT application_id, day, month, sum(settled)::bigint AS settled, sum(released)::bigint AS released,
    sum(credit) AS credit
FROM quota_delta WHERE application_id = ANY($1::uuid[]) GROUP BY application_id, day, month
"""

_WRITE_GRANTS: Final = """
WITH windows AS (
    UPDATE quota_window w SET granted = w.granted + k.n
    FROM unnest($1::uuid[], $2::text[], $3::date[], $4::bigint[]) AS k (application_id, kind, starts_on, n)
    WHERE w.application_id = k.application_id AND w.kind = k.kind AND w.starts_on = k.starts_on
), credits AS (
    UPDATE quota q SET credit_balance = q.credit_balance - k.amount
    FROM unnest($5::uuid[], $6::numeric[]) AS k (application_id, amount)
    WHERE q.application_id = k.application_id
), given AS MATERIALIZED (
    SELECT * FROM unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::smallint[], $11::date[], $12::date[],
        $13::integer[], $14::numeric[], $15::text[], $16::text[], $17::text[])
        AS g (entry_id, id, application_id, channel, day, month, n, unit_price, currency, billing_mode, source)
), reserved AS (
    INSERT INTO reservation (id, application_id, channel, day, month, n, unit_price, currency, billing_mode, created_at)
    SELECT id, application_id, channel, day, month, n, unit_price, currency, billing_mode, $18 FROM given
)
INSERT INTO ledger_entry (id, application_id, reservation_id, kind, debit_account, credit_account, n,
    money_debit_account, money_credit_account, amount, currency, created_at)
SELECT entry_id, application_id, id, 'reserve', 'available', 'reserved', n,
    source, 'held', n * unit_price, currency, $18 FROM given
"""

_FREE: Final = Decimal(0)


async def reserve(
    connection: asyncpg.Connection,
    requests: Sequence[ReservationRequest],
    *,
    now: datetime,
    entry_ids: EntryIds,
) -> list[Grant]:
    """Decide the requests in their order and write what was granted: counters, credit, reservations, entries.

    Answers one grant a request, in the same order; a refusal is an answer, not an error. An application without a
    quota row is unlimited and postpaid. The quota and window rows named stay locked until the transaction ends.
    """
    if not requests:
        return []
    applications = {r.application_id for r in requests}
    quotas, windows = await lock_quota_rows(
        connection,
        window_keys((r.application_id, r.day, r.month) for r in requests),
        applications,
        {int(r.channel) for r in requests},
    )
    prices = {(row["application_id"], row["channel"]): row["unit_price"] for row in quotas}
    ledgers = _ledgers(applications, quotas, windows, ())
    decisions = _decide(requests, ledgers, prices)
    short = sorted(
        {r.application_id for r, d in zip(requests, decisions, strict=True) if d.refused_by is not None}
    )
    if short and (unfolded := await connection.fetch(_UNFOLDED, short)):
        # What was released within the folder's last second makes room already: nobody is refused for the delay.
        ledgers = _ledgers(applications, quotas, windows, unfolded)
        decisions = _decide(requests, ledgers, prices)
    grants = [
        Grant(
            request.reservation_id,
            decision.granted,
            decision.refused_by,
            prices.get((request.application_id, request.channel)) or _FREE,
            decision.daily_left,
            decision.monthly_left,
        )
        for request, decision in zip(requests, decisions, strict=True)
    ]
    await _write(connection, requests, grants, ledgers, now, entry_ids)
    return grants


def _ledgers(
    applications: Iterable[UUID],
    quotas: Iterable[asyncpg.Record],
    windows: Iterable[asyncpg.Record],
    unfolded: Iterable[asyncpg.Record],
) -> dict[UUID, QuotaLedger]:
    ledgers = {application_id: QuotaLedger() for application_id in applications}
    for row in quotas:
        ledger = ledgers[row["application_id"]]
        ledger.daily_quota, ledger.monthly_quota = row["daily_quota"], row["monthly_quota"]
        ledger.billing_mode = BillingMode(row["billing_mode"])
        ledger.credit = Money(row["credit_balance"], row["billing_currency"])
    for row in windows:
        window = Window(WindowKind(row["kind"]), row["starts_on"])
        ledgers[row["application_id"]].windows[window] = Counters(
            row["granted"], row["settled"], row["released"]
        )
    for row in unfolded:
        ledger = ledgers[row["application_id"]]
        ledger.credit += Money(row["credit"], ledger.credit.currency)
        for window in (Window(WindowKind.DAILY, row["day"]), Window(WindowKind.MONTHLY, row["month"])):
            if counters := ledger.windows.get(window):
                counters.settled += row["settled"]
                counters.released += row["released"]
    return ledgers


def _decide(
    requests: Iterable[ReservationRequest],
    ledgers: Mapping[UUID, QuotaLedger],
    prices: Mapping[tuple[UUID, int], Decimal | None],
) -> list[Decision]:
    return [
        (ledger := ledgers[r.application_id]).decide(
            r.n,
            day=r.day,
            month=r.month,
            unit_price=Money(prices.get((r.application_id, r.channel)) or _FREE, ledger.credit.currency),
            allow_partial=r.allow_partial,
        )
        for r in requests
    ]


async def _write(
    connection: asyncpg.Connection,
    requests: Sequence[ReservationRequest],
    grants: Sequence[Grant],
    ledgers: Mapping[UUID, QuotaLedger],
    now: datetime,
    entry_ids: EntryIds,
) -> None:
    granted = [(r, g) for r, g in zip(requests, grants, strict=True) if g.granted]
    if not granted:
        return
    counts: dict[Key, int] = {}
    charges: dict[UUID, Decimal] = {}
    rows = []
    for entry_id, (request, grant) in zip(entry_ids(len(granted)), granted, strict=True):
        application_id, ledger = request.application_id, ledgers[request.application_id]
        for key in (
            (application_id, WindowKind.DAILY, request.day),
            (application_id, WindowKind.MONTHLY, request.month),
        ):
            counts[key] = counts.get(key, 0) + grant.granted
        if ledger.billing_mode is BillingMode.PREPAID and grant.unit_price:
            charge = charges.get(application_id, _FREE) + grant.unit_price * grant.granted
            charges[application_id] = charge
        rows.append(
            (
                entry_id,
                request.reservation_id,
                application_id,
                int(request.channel),
                request.day,
                request.month,
                grant.granted,
                grant.unit_price,
                ledger.credit.currency,
                ledger.billing_mode,
                TRANSFERS[EntryKind.RESERVE, ledger.billing_mode].money_debit,
            )
        )
    await connection.execute(
        _WRITE_GRANTS,
        *as_columns([(*key, n) for key, n in sorted(counts.items())], 4),
        *as_columns(sorted(charges.items()), 2),
        *as_columns(rows, 11),
        now,
    )
