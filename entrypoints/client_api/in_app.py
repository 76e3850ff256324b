"""In-app messages of an install: what it may show some time, cheap to ask for again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from entrypoints.client_api.guard import install_of
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route


class InAppQuery(In):
    """Whose messages."""

    subscription_id: UUID


class InAppMessages(Out):
    """Best first, each as the content schema (version 1) says."""

    messages: Annotated[
        list[dict[str, Any]],
        Meta(description="`id` is the message's id, under which events are reported"),
    ]
    next_fetch_seconds: Annotated[int, Meta(description="Ask no earlier than this")]


async def fetch_in_app(use_cases: ClientUseCases, call: Call) -> Reply:
    """GET /v1/client/in-app-messages"""
    query: InAppQuery = call.query
    found = await use_cases.fetch_in_app_messages(
        call.application_id, query.subscription_id, install_of(call)
    )
    headers = {"ETag": found.etag, "Cache-Control": "private, no-cache"}
    if call.if_none_match is not None and found.etag in _tags(call.if_none_match):
        return Reply(status=304, headers=headers)
    messages = [dict(one) for one in found.messages]
    return Reply(
        InAppMessages(messages=messages, next_fetch_seconds=found.next_fetch_seconds), headers=headers
    )


def _tags(header: str) -> set[str]:
    """Entity tags compared weakly, as RFC 9110 section 13.1.2 wants it."""
    return {part.strip().removeprefix("W/") for part in header.split(",")}


ROUTES: tuple[Route[ClientUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/client/in-app-messages",
        name="client_fetch_in_app",
        tag="client",
        summary="In-app messages that this install may show",
        description=(
            "Messages that no device of this kind could show now or later are left out; triggers that only the "
            "device knows are left to it."
        ),
        access=Access.INSTALL,
        query=InAppQuery,
        conditional=True,
        replies={200: InAppMessages, 304: None},
        errors=frozenset({404}),
        handler=fetch_in_app,
    ),
)
