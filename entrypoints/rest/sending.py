"""Sending: one message, or up to ten thousand in one call; the hot path of this API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

import msgspec
from msgspec import UNSET

from application.messaging.accept_command import MAX_TARGETS, AcceptMessages, MessageRequest, Target
from application.messaging.scripts import TemplateRef
from domain.applications.scopes import Scope
from domain.messaging.content import Body
from domain.shared.channels import Channel, Lane
from domain.shared.errors import InvalidInput
from entrypoints.http.decoding import utc
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import Json
from entrypoints.rest.fallback import fallback_of
from entrypoints.rest.send_report import SendReport, report
from entrypoints.rest.sending_wire import SHARED_FIELDS, BatchIn, ContentIn, MessageIn, RecipientIn
from entrypoints.rest.use_cases import RestUseCases


class Said(TypedDict):
    """The part of a MessageRequest that says something."""

    content: Mapping[Channel, Body]
    template: TemplateRef | None
    variables: Json | None


async def send_message(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/messages"""
    message: MessageIn = call.body
    command = AcceptMessages(
        application_id=call.application_id,
        requests=(_request(message, 0, ""),),
        idempotency_key=call.idempotency_key,
        request_hash=call.request_hash,
        single=True,
    )
    return report(await use_cases.accept_messages(command))


async def send_batch(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/messages/batch"""
    body: BatchIn | list[MessageIn] = call.body
    allow_partial = False
    requests: Sequence[MessageRequest]
    if isinstance(body, list):
        requests = _own_contents(body, "lines")
    else:
        allow_partial = body.allow_partial
        requests = _batch_requests(body)
    command = AcceptMessages(
        application_id=call.application_id,
        requests=requests,
        idempotency_key=call.idempotency_key,
        request_hash=call.request_hash,
        allow_partial=allow_partial,
    )
    return report(await use_cases.accept_messages(command))


def _batch_requests(body: BatchIn) -> Sequence[MessageRequest]:
    if body.messages is not UNSET:
        for name in SHARED_FIELDS:
            if getattr(body, name) is not UNSET:
                raise InvalidInput(
                    f"{name} does not go with messages",
                    field=name,
                    fix="give it in each message, or use recipients",
                )
        return _own_contents(body.messages, "messages")
    if body.recipients is UNSET:
        raise InvalidInput(
            "recipients is missing", field="recipients", fix="give content and recipients, or messages"
        )
    return (
        MessageRequest(
            targets=shared_targets(body.recipients),
            **_said(body, ""),
            ttl_seconds=None if body.ttl_seconds is UNSET else body.ttl_seconds,
            send_at=None if body.send_at is UNSET else utc(body.send_at, field="send_at"),
            lane=None if body.lane is UNSET else Lane.from_wire(body.lane),
            fallback=fallback_of(body.fallback),
            topic=None if body.topic is UNSET else body.topic,
        ),
    )


def _own_contents(messages: Sequence[MessageIn], name: str) -> Sequence[MessageRequest]:
    if len(messages) > MAX_TARGETS:
        raise InvalidInput(
            f"{len(messages)} messages in one call; {MAX_TARGETS} is the most",
            field=name,
            fix="split the call",
        )
    return [_request(message, index, f"{name}[{index}]") for index, message in enumerate(messages)]


def shared_targets(recipients: Iterable[RecipientIn]) -> list[Target]:
    """Targets of a batch with one content; the loop that ten thousand recipients pass through."""
    return [
        Target(index, one.subscription_id)
        if one.external_id is UNSET
        and one.channels is UNSET
        and one.variables is UNSET
        and one.subscription_id is not UNSET
        else _target(one, index, f"recipients[{index}]")
        for index, one in enumerate(recipients)
    ]


def _target(one: RecipientIn | MessageIn, index: int, field: str) -> Target:
    if one.subscription_id is not UNSET:
        if one.external_id is not UNSET or one.channels is not UNSET:
            wrong = "external_id" if one.external_id is not UNSET else "channels"
            place = f"{field}.{wrong}" if field else wrong
            raise InvalidInput(
                f"{wrong} does not go with a subscription_id", field=place, fix="give one of them"
            )
        return Target(index, one.subscription_id, variables=_own_variables(one))
    if one.external_id is UNSET:
        raise InvalidInput(
            "nobody is named",
            field=field or "subscription_id",
            fix="give a subscription_id or an external_id",
        )
    channels = (
        ()
        if one.channels is UNSET
        else tuple(
            Channel.from_wire(name, field=f"{field}.channels" if field else "channels")
            for name in one.channels
        )
    )
    return Target(index, None, one.external_id, channels, _own_variables(one))


def _own_variables(one: RecipientIn | MessageIn) -> Json | None:
    """A message's variables are its request's; a recipient in a list has its own."""
    return one.variables if isinstance(one, RecipientIn) and one.variables is not UNSET else None


def _said(body: MessageIn | BatchIn, field: str) -> Said:
    """What a request says: its content, or its template."""
    prefix = f"{field}." if field else ""
    if body.template_id is UNSET:
        for name, value in (("template_version", body.template_version), ("variables", body.variables)):
            if value is not UNSET:
                raise InvalidInput(
                    f"{name} needs a template_id",
                    field=prefix + name,
                    fix="name the template, or leave it out",
                )
        if body.content is UNSET:
            raise InvalidInput(
                "nothing is said",
                field=prefix + "content",
                fix="give content, or a template_id with variables",
            )
        return {"content": _content(body.content), "template": None, "variables": None}
    version = None if body.template_version is UNSET else body.template_version
    return {
        "content": {} if body.content is UNSET else _content(body.content),
        "template": TemplateRef(body.template_id, version),
        "variables": None if body.variables is UNSET else body.variables,
    }


def _request(message: MessageIn, index: int, field: str) -> MessageRequest:
    return MessageRequest(
        targets=(_target(message, index, field),),
        **_said(message, field),
        ttl_seconds=None if message.ttl_seconds is UNSET else message.ttl_seconds,
        send_at=None if message.send_at is UNSET else utc(message.send_at, field="send_at"),
        lane=None if message.lane is UNSET else Lane.from_wire(message.lane),
        fallback=fallback_of(message.fallback),
        topic=None if message.topic is UNSET else message.topic,
        field=field,
    )


def _content(content: ContentIn) -> dict[Channel, Body]:
    return {Channel.from_wire(name): body for name, body in msgspec.to_builtins(content).items()}


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/messages",
        name="send_message",
        tag="messages",
        summary="Send one message",
        description="To one subscription, or to every subscription of an external id on the named channels.",
        scope=Scope.MESSAGES_WRITE,
        body=MessageIn,
        replies={202: SendReport},
        errors=frozenset({402}),
        idempotent=True,
        handler=send_message,
    ),
    Route(
        method="POST",
        path="/v1/messages/batch",
        name="send_batch",
        tag="messages",
        summary="Send up to 10,000 messages in one call",
        description=(
            "JSON: one content with many recipients, or messages with a content each. NDJSON: one message a line.\n\n"
            "The call is one transaction: what is reported as accepted is stored and will be sent. Recipients that "
            "cannot be sent to are listed in `errors`; when there is nobody else the call is refused."
        ),
        scope=Scope.MESSAGES_WRITE,
        body=BatchIn,
        line=MessageIn,
        replies={202: SendReport},
        errors=frozenset({402}),
        batch=True,
        idempotent=True,
        handler=send_batch,
    ),
)
