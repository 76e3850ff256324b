"""Checks of a call that is to be accepted which look beyond one field: topics, fallbacks, approvals, variables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from application.messaging.accept_command import AcceptMessages, MessageRequest
from application.ports.channel_plugins import ChannelPlugin
from application.ports.content_approval import ContentApproval
from domain.messaging.content import Body
from domain.messaging.fallback import FallbackRule
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


def check_fallback(request: MessageRequest, plugins: Mapping[Channel, ChannelPlugin]) -> None:
    """Raise InvalidInput for a fallback that is none, or that names a channel on which nothing is said or heard."""
    fallback = request.fallback
    if fallback is None:
        return
    field = join(request.field, "fallback")
    fallback.check(field=field)
    for channel in fallback.channels:
        if channel in request.channels:
            continue
        if request.script is not None:
            raise InvalidInput(
                f"the template says nothing for {channel.wire}",
                field=f"{field}.channels",
                fix=f"name some of {', '.join(sorted(one.wire for one in request.channels))}",
            )
        raise InvalidInput(
            f"there is no content for {channel.wire}",
            field=join(request.field, f"content.{channel.wire}"),
            fix="say something on each channel of the fallback",
        )
    if fallback.rule is FallbackRule.IF_NOT_RECEIVED_WITHIN:
        for channel in fallback.channels[:-1]:
            plugin = plugins.get(channel)
            if plugin and not any(one.capabilities.receipts for one in plugin.providers.values()):
                raise InvalidInput(
                    f"nothing is heard of what {channel.wire} receives",
                    field=f"{field}.rule",
                    fix="use on_failure, or put that channel last",
                )
    if any(target.channels for target in request.targets):
        raise InvalidInput(
            "channels does not go with a fallback",
            field=join(request.field, "channels"),
            fix="fallback.channels names them, in order",
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
