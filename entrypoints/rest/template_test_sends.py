"""Test sends: a version of a template to the devices that are marked for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.messaging.send_test import MAX_DEVICES, SendTestCommand
from domain.applications.scopes import Scope
from domain.shared.channels import Channel
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.rest.sending_wire import Channels, Variables
from entrypoints.rest.template_versions import VersionNumber
from entrypoints.rest.use_cases import RestUseCases


class TestSendIn(In):
    """Which version, with what, and where; whom is said by `test_type` of the subscriptions."""

    version: (
        Annotated[VersionNumber, Meta(description="Left out: the active one; a draft may be named")]
        | UnsetType
    ) = UNSET
    variables: Variables | UnsetType = UNSET
    channels: (
        Annotated[Channels, Meta(description="Left out: all that the version speaks on")] | UnsetType
    ) = UNSET


class LeftOutOut(Out):
    """Marked devices that get nothing, and why."""

    reason: Annotated[
        str,
        Meta(
            description="not_subscribed, no_content_for_channel, channel_not_named or suppressed, for example"
        ),
    ]
    count: int


class TestSendOut(Out):
    """What was accepted; each message is read under /v1/messages as any other."""

    version: int
    accepted: Annotated[int, Meta(description="Messages that will be sent")]
    message_ids: Sequence[UUID]
    left_out: list[LeftOutOut]


async def send_template_test(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/templates/{template_id}/test-sends"""
    body: TestSendIn = call.body
    names = [] if body.channels is UNSET else body.channels
    sent = await use_cases.send_test(
        SendTestCommand(
            application_id=call.application_id,
            template_id=call.path["template_id"],
            version=None if body.version is UNSET else body.version,
            variables={} if body.variables is UNSET else body.variables,
            channels=[Channel.from_wire(name, field="channels") for name in names],
        )
    )
    left_out = [LeftOutOut(reason=reason, count=n) for reason, n in sorted(sent.left_out.items())]
    return Reply(
        TestSendOut(
            version=sent.version,
            accepted=len(sent.message_ids),
            message_ids=sent.message_ids,
            left_out=left_out,
        ),
        status=202,
    )


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/templates/{template_id}/test-sends",
        name="send_template_test",
        tag="templates",
        summary="Send a version of a template to the devices that are marked for tests",
        description=(
            f"To every subscribed subscription whose `test_type` is above 0, at most {MAX_DEVICES}. They are ordinary "
            "messages: metered, charged and tracked. A strict template that lacks a value for one of them sends nothing."
        ),
        scope=Scope.MESSAGES_WRITE,
        body=TestSendIn,
        replies={202: TestSendOut},
        errors=frozenset({402, 409}),
        handler=send_template_test,
    ),
)
