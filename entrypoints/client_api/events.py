"""Receipts of a device: what was received, opened, displayed, clicked, dismissed or failed."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.messaging.receipt_plan import Verdict
from application.messaging.record_receipts import Receipt
from domain.messaging.event import MessageEventType, Source
from domain.shared.json_values import Json
from entrypoints.client_api.guard import install_of
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.decoding import In, Out, utc
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import Timestamp

EventId = Annotated[str, Meta(min_length=1, max_length=64, description="The SDK's own id of the event")]


class ClientEvent(In):
    """One thing that happened to one message on this device."""

    id: EventId
    message_id: UUID
    subscription_id: UUID
    type: Literal["received", "converted", "displayed", "clicked", "dismissed", "failed"]
    occurred_at: Timestamp
    action_id: Annotated[str, Meta(min_length=1, max_length=128)] | UnsetType = UNSET
    code: Annotated[int, Meta(ge=-99, le=1)] | UnsetType = UNSET


class EventsIn(In):
    """Up to 100 events, in any order; reporting one again changes nothing."""

    events: Annotated[list[ClientEvent], Meta(min_length=1, max_length=100)]


class RejectedEvent(Out):
    """An event that was not recorded; repeating it will not help."""

    id: str
    code: Literal["unknown_message", "not_yours", "too_late"]


class EventsOut(Out):
    """Ids of the events, by what became of them."""

    accepted: list[str]
    rejected: list[RejectedEvent]


def _receipt(one: ClientEvent, index: int) -> Receipt:
    metadata: dict[str, Json] = {"client_event_id": one.id}
    if one.action_id is not UNSET:
        metadata["action_id"] = one.action_id
    if one.code is not UNSET:
        metadata["code"] = one.code
    moment = one.occurred_at
    if moment.tzinfo is not UTC:
        moment = utc(moment, field=f"events[{index}].occurred_at")
    kind = MessageEventType.from_wire(one.type)
    return Receipt(None, one.message_id, one.subscription_id, kind, moment, metadata)


async def report_events(use_cases: ClientUseCases, call: Call) -> Reply:
    """POST /v1/client/events"""
    body: EventsIn = call.body
    receipts = [_receipt(one, index) for index, one in enumerate(body.events)]
    verdicts = await use_cases.record_receipts(
        call.application_id, receipts, Source.SDK, install_id=install_of(call)
    )
    accepted: list[str] = []
    rejected: list[RejectedEvent] = []
    for one, verdict in zip(body.events, verdicts, strict=True):
        if verdict is Verdict.ACCEPTED:
            accepted.append(one.id)
        else:
            rejected.append(RejectedEvent(id=one.id, code=verdict.value))  # type: ignore[arg-type]
    return Reply(EventsOut(accepted=accepted, rejected=rejected))


ROUTES: tuple[Route[ClientUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/client/events",
        name="client_report_events",
        tag="client",
        summary="Report up to 100 receipts and in-app events",
        access=Access.INSTALL,
        body=EventsIn,
        replies={200: EventsOut},
        handler=report_events,
    ),
)
