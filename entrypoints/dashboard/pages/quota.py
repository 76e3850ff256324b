"""Quota, prices, credit and the ledger of an application."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from application.quota.commands import (
    ListLedgerEntriesCommand,
    ReadQuotaCommand,
    SetQuotaCommand,
    SetUnitPricesCommand,
    TopUpCreditCommand,
)
from application.quota.read_quota import QuotaView
from domain.operators.roles import Right
from domain.quota.entries import BillingMode, EntryKind
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit

LARGEST: Final = 2_147_483_647


async def show_quota(visit: Visit) -> Shown:
    kind = visit.query("kind")
    if kind is not None and kind not in {one.value for one in EntryKind}:
        raise InvalidInput("kind is not known", field="kind", fix="choose one of the list")
    entries = await visit.use_cases.list_ledger_entries(
        ListLedgerEntriesCommand(
            application_id=visit.app.id,
            kind=None if kind is None else EntryKind(kind),
            cursor=visit.query("cursor"),
            limit=50,
        )
    )
    return Shown(
        "quota.html",
        {
            "quota": await visit.use_cases.read_quota(ReadQuotaCommand(application_id=visit.app.id)),
            "entries": entries,
            "kinds": [one.value for one in EntryKind],
            "kind": kind,
            "modes": [one.value for one in BillingMode],
        },
    )


async def set_limits(visit: Visit) -> Changed:
    before = await _read(visit)
    after = await visit.use_cases.set_quota(
        SetQuotaCommand(
            application_id=visit.app.id,
            daily_quota=_limit(visit, "daily_quota"),
            monthly_quota=_limit(visit, "monthly_quota"),
            billing_mode=_mode(visit.form.get("billing_mode")),
        )
    )
    return _changed(visit, before, after)


async def set_prices(visit: Visit) -> Changed:
    before = await _read(visit)
    prices = {
        Channel.from_wire(name): _amount(text, f"price.{name}")
        for name, text in visit.form.starting("price.").items()
        if text.strip()
    }
    after = await visit.use_cases.set_unit_prices(
        SetUnitPricesCommand(application_id=visit.app.id, unit_prices=prices)
    )
    return _changed(visit, before, after)


async def top_up(visit: Visit) -> Changed:
    before = await _read(visit)
    await visit.use_cases.top_up_credit(
        TopUpCreditCommand(
            application_id=visit.app.id,
            amount=_amount(visit.form.get("amount"), "amount"),
            currency=before.billing_currency,
            reference=visit.form.get("reference").strip() or None,
            note=visit.form.get("reason").strip() or None,
        )
    )
    return _changed(visit, before, await _read(visit))


async def _read(visit: Visit) -> QuotaView:
    return await visit.use_cases.read_quota(ReadQuotaCommand(application_id=visit.app.id))


def _changed(visit: Visit, before: QuotaView, after: QuotaView) -> Changed:
    return Changed(
        location=f"{visit.app_url}/quota", subject=visit.app.name, before=_facts(before), after=_facts(after)
    )


def _facts(view: QuotaView) -> dict[str, Json]:
    return {
        "daily_quota": view.daily_quota,
        "monthly_quota": view.monthly_quota,
        "billing_mode": view.billing_mode.value,
        "credit_balance": str(view.credit_balance.amount),
        "unit_prices": {channel.wire: str(price) for channel, price in view.unit_prices.items()},
    }


def _limit(visit: Visit, name: str) -> int | None:
    """Empty is unlimited."""
    text = visit.form.get(name).strip().replace(",", "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or int(text) > LARGEST:
        raise InvalidInput(f"{name} is not a count", field=name, fix=f"use 0 to {LARGEST}, or leave it empty")
    return int(text)


def _mode(text: str) -> BillingMode:
    for one in BillingMode:
        if one.value == text:
            return one
    raise InvalidInput("billing_mode is not known", field="billing_mode", fix="choose one of the list")


def _amount(text: str, field: str) -> Decimal:
    try:
        found = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= Decimal(10) ** 12 or found < 0:
        raise InvalidInput(f"{field} is not an amount", field=field, fix="use a number such as 6.5")
    return found


PAGES: Final = (Page(path="/dashboard/apps/{application_id}/quota", section="quota", show=show_quota),)
ACTIONS: Final = tuple(
    Action(
        path="/dashboard/apps/{application_id}/quota/" + path,
        section="quota",
        name=name,
        right=Right.BILLING,
        perform=perform,
        again=show_quota,
    )
    for path, name, perform in (
        ("limits", "quota.set", set_limits),
        ("prices", "quota.set_prices", set_prices),
        ("credit", "quota.top_up", top_up),
    )
)
