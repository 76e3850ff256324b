"""Quota: limits, use and prices of an application."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.quota.commands import ReadQuotaCommand, SetQuotaCommand, SetUnitPricesCommand
from application.quota.read_quota import QuotaView
from domain.applications.scopes import Scope
from domain.quota.entries import BillingMode
from domain.shared.channels import Channel
from domain.shared.unset import UNSET as UNCHANGED
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import (
    Amount,
    BillingModeName,
    ChannelName,
    Currency,
    SignedAmount,
    Timestamp,
    amount,
    decimal,
)
from entrypoints.rest.use_cases import RestUseCases

Count = Annotated[int, Meta(ge=0, le=2_147_483_647, description="Messages; null: unlimited")]


class QuotaOut(Out):
    """Limits, and what is used of them in the present day and month of the application's time zone."""

    id: UUID
    application_id: UUID
    daily_quota: int | None
    monthly_quota: int | None
    daily_used: int
    monthly_used: int
    reset_date: Annotated[Timestamp, Meta(description="When daily_used begins anew")]
    monthly_reset_date: Timestamp
    billing_mode: BillingModeName
    billing_currency: str
    unit_price: Annotated[SignedAmount, Meta(description="Of a push")]
    unit_prices: dict[str, SignedAmount]
    credit_balance: SignedAmount
    time_zone: str


class QuotaIn(In):
    """What is left out stays; null is unlimited."""

    daily_quota: Count | UnsetType | None = UNSET
    monthly_quota: Count | UnsetType | None = UNSET
    billing_mode: BillingModeName | UnsetType = UNSET
    billing_currency: Currency | UnsetType = UNSET


class UnitPricesIn(In):
    """Price of one message per channel, in the billing currency; channels that are left out keep theirs."""

    unit_prices: Annotated[dict[ChannelName, Amount], Meta(min_length=1)]


def _quota_out(view: QuotaView) -> QuotaOut:
    return QuotaOut(
        id=view.id,
        application_id=view.application_id,
        daily_quota=view.daily_quota,
        monthly_quota=view.monthly_quota,
        daily_used=view.daily_used,
        monthly_used=view.monthly_used,
        reset_date=view.reset_date,
        monthly_reset_date=view.monthly_reset_date,
        billing_mode=view.billing_mode.value,
        billing_currency=view.billing_currency,
        unit_price=amount(view.unit_price.amount),
        unit_prices={channel.wire: amount(price) for channel, price in view.unit_prices.items()},
        credit_balance=amount(view.credit_balance.amount),
        time_zone=view.time_zone,
    )


async def read_quota(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/quota"""
    return Reply(_quota_out(await use_cases.read_quota(ReadQuotaCommand(application_id=call.application_id))))


async def set_quota(use_cases: RestUseCases, call: Call) -> Reply:
    """PUT /v1/applications/{application_id}/quota"""
    body: QuotaIn = call.body
    view = await use_cases.set_quota(
        SetQuotaCommand(
            application_id=call.application_id,
            daily_quota=UNCHANGED if body.daily_quota is UNSET else body.daily_quota,
            monthly_quota=UNCHANGED if body.monthly_quota is UNSET else body.monthly_quota,
            billing_mode=UNCHANGED if body.billing_mode is UNSET else BillingMode(body.billing_mode),
            billing_currency=UNCHANGED if body.billing_currency is UNSET else body.billing_currency,
        )
    )
    return Reply(_quota_out(view))


async def set_unit_prices(use_cases: RestUseCases, call: Call) -> Reply:
    """PUT /v1/applications/{application_id}/quota/unit-prices"""
    body: UnitPricesIn = call.body
    view = await use_cases.set_unit_prices(
        SetUnitPricesCommand(
            application_id=call.application_id,
            unit_prices={
                Channel.from_wire(name, field=f"unit_prices.{name}"): decimal(
                    text, field=f"unit_prices.{name}"
                )
                for name, text in body.unit_prices.items()
            },
        )
    )
    return Reply(_quota_out(view))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/applications/{application_id}/quota",
        name="read_quota",
        tag="quota",
        summary="Read limits, use, prices and credit",
        access=Access.PATH,
        scope=Scope.QUOTA_READ,
        replies={200: QuotaOut},
        handler=read_quota,
    ),
    Route(
        method="PUT",
        path="/v1/applications/{application_id}/quota",
        name="set_quota",
        tag="quota",
        summary="Set limits, billing mode and currency",
        access=Access.PATH,
        scope=Scope.QUOTA_WRITE,
        body=QuotaIn,
        replies={200: QuotaOut},
        errors=frozenset({409}),
        handler=set_quota,
    ),
    Route(
        method="PUT",
        path="/v1/applications/{application_id}/quota/unit-prices",
        name="set_unit_prices",
        tag="quota",
        summary="Set what a message costs, per channel",
        access=Access.PATH,
        scope=Scope.QUOTA_WRITE,
        body=UnitPricesIn,
        replies={200: QuotaOut},
        errors=frozenset({409}),
        handler=set_unit_prices,
    ),
)
