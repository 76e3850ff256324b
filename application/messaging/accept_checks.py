"""Checks of a call that is to be accepted which look beyond one field: topics, approvals, variables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from application.messaging.accept_command import AcceptMessages
from application.ports.content_approval import ContentApproval
from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_json

MAX_VARIABLES_BYTES = 16_384
"""Of one recipient, or of the request, as JSON."""


def check_topics(command: AcceptMessages, topics: Collection[str]) -> None:
    """Raise InvalidInput for a topic that the application does not have: a misspelt one would reach everybody."""
    for request in command.requests:
        if request.topic is not None and request.topic not in topics:
            raise InvalidInput(
                "the application has no such topic",
                field=join(request.field, "topic"),
                fix=f"use one of {', '.join(sorted(topics))}"
                if topics
                else "set the application's topics first",
            )


async def check_approved(command: AcceptMessages, channel: Channel, approval: ContentApproval) -> None:
    """Raise what the approval raises, for the first request that says on this channel what may not be said there."""
    seen: set[int] = set()
    for request in command.requests:
        said = request.content.get(channel)
        what, final = "content", True
        bodies: Sequence[Body] = () if said is None else (said,)
        if request.script is not None:
            what, final, bodies = "template", False, request.script.bodies(channel)
        for body in bodies:
            if id(body) not in seen:
                seen.add(id(body))
                field = join(request.field, f"{what}.{channel.wire}")
                await approval(command.application_id, body, field=field, final=final)


def check_variables(variables: Mapping[str, Json] | None, *, field: str) -> None:
    """Raise InvalidInput for what no template could use."""
    if not variables:
        return
    check_json(variables, field=field)
    size = len(json.dumps(variables, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_VARIABLES_BYTES:
        raise InvalidInput(
            f"{field} is {size} bytes as JSON", field=field, fix=f"use at most {MAX_VARIABLES_BYTES} bytes"
        )


def join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
