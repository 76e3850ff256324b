"""What a call that sends is told: every message in the order of the request, and why a recipient got none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.messaging.accept_command import AcceptResult, TargetError
from domain.shared.errors import InvalidInput, NotFound, SignalError
from entrypoints.http.decoding import Out
from entrypoints.http.problem import FieldError
from entrypoints.http.route import Reply

MAX_REPORTED = 100
"""Errors that a refusal lists at most."""


class TargetErrorOut(Out, omit_defaults=True):
    """Why one recipient got no message."""

    index: Annotated[int, Meta(description="Place in the request, from 0")]
    code: str
    detail: str
    field: str | UnsetType = UNSET


class AcceptedItem(Out):
    """The messages of one recipient."""

    index: int
    message_ids: list[UUID]


class SendReport(Out, omit_defaults=True):
    """What was accepted. `message_ids` follow the order of the request."""

    accepted: Annotated[int, Meta(description="Messages that will be sent")]
    rejected: Annotated[int, Meta(description="Recipients without a message")]
    message_ids: Sequence[UUID]
    errors: list[TargetErrorOut]
    items: (
        Annotated[
            list[AcceptedItem], Meta(description="Given when recipients have more or fewer than one message")
        ]
        | UnsetType
    ) = UNSET


def report(result: AcceptResult) -> Reply:
    """The per-item report; raise the first error when nothing at all was accepted."""
    if not result.message_ids:
        raise _refusal(result.errors)
    headers = {"Idempotency-Replayed": "true"} if result.replayed else {}
    indexes = result.indexes
    one_each = not result.errors and (len(indexes) == 1 or len(set(indexes)) == len(indexes))
    body = SendReport(
        accepted=result.accepted,
        rejected=result.rejected,
        message_ids=result.message_ids,
        errors=[
            TargetErrorOut(index=e.index, code=e.code, detail=e.detail, field=e.field or UNSET)
            for e in result.errors
        ],
        items=UNSET if one_each else _items(result),
    )
    return Reply(body, status=202, headers=headers)


def _items(result: AcceptResult) -> list[AcceptedItem]:
    found: dict[int, list[UUID]] = {}
    for index, message_id in zip(result.indexes, result.message_ids, strict=True):
        found.setdefault(index, []).append(message_id)
    return [AcceptedItem(index=index, message_ids=ids) for index, ids in sorted(found.items())]


class NothingAccepted(InvalidInput):
    """None of the recipients can be sent to."""

    code = "nothing_accepted"
    errors: Sequence[FieldError] = ()


class NobodyFound(NotFound):
    """None of the named subscriptions exists in this application."""

    code = "subscription_not_found"
    errors: Sequence[FieldError] = ()


def _refusal(errors: Sequence[TargetError]) -> SignalError:
    unknown = all(error.code == "subscription_not_found" for error in errors)
    detail = errors[0].detail if len(errors) == 1 else None
    field = errors[0].field if len(errors) == 1 else None
    refused = NobodyFound(detail, field=field) if unknown else NothingAccepted(detail, field=field)
    if len(errors) == 1:
        refused.code = errors[0].code
    refused.errors = [
        FieldError(detail=e.detail, field=e.field or UNSET, index=e.index, code=e.code)
        for e in errors[:MAX_REPORTED]
    ]
    return refused
