"""Suppressed addresses: nobody writes to them again until the suppression is lifted."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from application.audience.lift_suppression import LiftSuppressionCommand
from application.audience.list_suppressions import ListSuppressionsCommand
from application.audience.suppress_address import SuppressAddressCommand
from domain.applications.scopes import Scope
from domain.audience.suppression import Suppression, SuppressionReason
from domain.shared.channels import Channel
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import ChannelName, PageQuery, Timestamp, Token
from entrypoints.rest.use_cases import RestUseCases

ReasonName = Literal["hard_bounce", "complaint", "unsubscribed", "blocked", "manual"]


class SuppressionIn(In):
    """An address that is not to be written to again."""

    channel: ChannelName
    address: Annotated[Token, Meta(description="An e-mail address or phone number, as it is registered")]
    reason: ReasonName = "manual"


class SuppressionOut(Out):
    """A suppressed address. The address itself is not kept: `address_hash` is made of it, for this application only."""

    channel: ChannelName
    address_hash: str
    reason: ReasonName
    source: Annotated[str, Meta(description="Who said so: provider or api")]
    created_at: Timestamp


class SuppressionPage(Out):
    """Newest first."""

    items: list[SuppressionOut]
    next_cursor: str | None


class SuppressionQuery(PageQuery):
    """Which addresses; `address` wants its `channel`."""

    channel: ChannelName | None = None
    address: Token | None = None


def suppression_out(one: Suppression) -> SuppressionOut:
    return SuppressionOut(
        channel=one.channel.wire,
        address_hash=one.index.hex(),
        reason=one.reason.value,
        source=one.source,
        created_at=one.created_at,
    )


async def list_suppressions(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/suppressions"""
    query: SuppressionQuery = call.query
    page = await use_cases.list_suppressions(
        ListSuppressionsCommand(
            application_id=call.application_id,
            channel=None if query.channel is None else Channel.from_wire(query.channel),
            address=query.address,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    items = [suppression_out(one) for one in page.items]
    return Reply(SuppressionPage(items=items, next_cursor=page.next_cursor))


async def suppress_address(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/suppressions"""
    body: SuppressionIn = call.body
    made = await use_cases.suppress_address(
        SuppressAddressCommand(
            application_id=call.application_id,
            channel=Channel.from_wire(body.channel),
            address=body.address,
            reason=SuppressionReason(body.reason),
        )
    )
    return Reply(suppression_out(made), status=201)


async def lift_suppression(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/suppressions/{channel}/{address_hash}"""
    await use_cases.lift_suppression(
        LiftSuppressionCommand(
            application_id=call.application_id,
            channel=Channel.from_wire(call.path["channel"]),
            index=bytes.fromhex(call.path["address_hash"]),
        )
    )
    return Reply(status=204)


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/suppressions",
        name="list_suppressions",
        tag="suppressions",
        summary="List suppressed addresses, or look one up",
        scope=Scope.AUDIENCE_READ,
        query=SuppressionQuery,
        replies={200: SuppressionPage},
        handler=list_suppressions,
    ),
    Route(
        method="POST",
        path="/v1/suppressions",
        name="suppress_address",
        tag="suppressions",
        summary="Suppress an address; one that is suppressed already stays as it is",
        scope=Scope.AUDIENCE_WRITE,
        body=SuppressionIn,
        replies={201: SuppressionOut},
        handler=suppress_address,
    ),
    Route(
        method="DELETE",
        path="/v1/suppressions/{channel}/{address_hash}",
        name="lift_suppression",
        tag="suppressions",
        summary="Lift a suppression; who was unsubscribed by it is subscribed again",
        scope=Scope.AUDIENCE_WRITE,
        replies={204: None},
        handler=lift_suppression,
    ),
)
