"""Send a template to the devices that are marked for tests: any version of it, also one that is still a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from application.messaging.accept_draft import MISSING, UNSAID
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.scripts import Scripts, TemplateRef
from application.ports.marked_devices import MarkedDevices, MarkedOfType
from application.ports.templates import Templates
from domain.shared.channels import Channel, Lane
from domain.shared.errors import Conflict, InvalidInput, RenderRefused
from domain.shared.json_values import Json

MAX_DEVICES: Final = 100
MARKING: Final = 'PATCH /v1/subscriptions/{subscription_id} with {"test_type": 1}'

NOT_SUBSCRIBED: Final = "not_subscribed"
NO_CONTENT: Final = "no_content_for_channel"
NOT_NAMED: Final = "channel_not_named"


class NoTestDevice(InvalidInput):
    """No device that is marked for tests can get this."""

    code = "no_test_device"


class TooManyTestDevices(InvalidInput):
    """More devices are marked than a test send reaches."""

    code = "too_many_test_devices"


class MissingVariables(InvalidInput):
    """The template is strict, and a device has no value for one of its variables."""

    code = MISSING


@attrs.frozen(slots=True, kw_only=True)
class SendTestCommand:
    """`version` None: the active one; `channels` empty: all that the version speaks on."""

    application_id: UUID
    template_id: UUID
    version: int | None = None
    variables: Mapping[str, Json] = attrs.field(factory=dict)
    channels: Sequence[Channel] = ()


@attrs.frozen(slots=True)
class SentTest:
    """What was accepted, and how many marked devices were left out for which reason."""

    version: int
    message_ids: Sequence[UUID]
    left_out: Mapping[str, int]


@attrs.frozen(kw_only=True)
class SendTest:
    templates: Templates
    scripts: Scripts
    marked_devices: MarkedDevices
    accept_messages: AcceptMessagesUseCase

    async def __call__(self, command: SendTestCommand) -> SentTest:
        """Ordinary messages, metered and tracked as any; either all are stored or nothing.

        Raise NotFound without such a template, Conflict when it is archived or switched off, NoTestDevice,
        TooManyTestDevices, MissingVariables, RenderRefused, InvalidInput naming the field, and what accepting raises.
        """
        ref = await self._version(command)
        script = await self.scripts.of(command.application_id, ref, field="template_id")
        for channel in command.channels:
            if channel not in script.channels:
                raise InvalidInput(
                    f"the template says nothing for {channel.wire}",
                    field="channels",
                    fix=f"name some of {', '.join(sorted(one.wire for one in script.channels))}",
                )
        marked = await self.marked_devices.of(command.application_id, limit=MAX_DEVICES + 1)
        ids, left_out = chosen(marked, script.channels, command.channels)
        result = await self.accept_messages(
            AcceptMessages(
                application_id=command.application_id,
                requests=(
                    MessageRequest(
                        targets=[Target(index, one) for index, one in enumerate(ids)],
                        lane=Lane.TRANSACTIONAL,
                        template=ref,
                        variables=command.variables,
                    ),
                ),
                strict_for_all=True,
            )
        )
        _check_strict(result, len(ids))
        left_out.update(error.code for error in result.errors)
        if not result.message_ids:
            raise _nobody(left_out)
        return SentTest(ref.version or 0, result.message_ids, left_out)

    async def _version(self, command: SendTestCommand) -> TemplateRef:
        """The version as it is now: what senders keep for two seconds may be older than a change just made."""
        template, _ = await self.templates.get(command.application_id, command.template_id)
        template.check_open(None)
        if not template.is_active:
            raise Conflict("the template is switched off", field="template_id", fix="set is_active to true")
        version = template.version if command.version is None else command.version
        if not 1 <= version <= template.latest_version:
            raise InvalidInput(
                f"there is no version {version}", field="version", fix=f"use 1 to {template.latest_version}"
            )
        return TemplateRef(template.id, version)


def chosen(
    marked: Sequence[MarkedOfType], speaks: frozenset[Channel], named: Sequence[Channel]
) -> tuple[list[UUID], Counter[str]]:
    """Whom a test goes to, and how many marked devices it leaves out for which reason.

    Raise NoTestDevice when nobody is left, TooManyTestDevices when more than 100 are.
    """
    ids: list[UUID] = []
    left_out: Counter[str] = Counter()
    wanted = 0
    for some in marked:
        channel = some.type.channel
        if named and channel not in named:
            left_out[NOT_NAMED] += some.subscribed + some.not_subscribed
        elif channel not in speaks:
            left_out[NO_CONTENT] += some.subscribed + some.not_subscribed
        else:
            left_out[NOT_SUBSCRIBED] += some.not_subscribed
            wanted += some.subscribed
            ids.extend(some.ids)
    if wanted > MAX_DEVICES:
        raise TooManyTestDevices(
            f"{wanted} devices are marked; a test send reaches {MAX_DEVICES}",
            field="test_type",
            fix="name fewer channels, or set test_type to 0 where it is not needed; a campaign reaches more",
        )
    left_out = +left_out
    if not ids:
        raise _nobody(left_out)
    return ids, left_out


def _nobody(left_out: Mapping[str, int]) -> NoTestDevice:
    if not left_out:
        return NoTestDevice(
            "no device of the application is marked for tests", field="test_type", fix=f"mark one: {MARKING}"
        )
    counted = ", ".join(f"{n} {reason}" for reason, n in left_out.items())
    return NoTestDevice(
        f"no device that is marked for tests can get this: {counted}",
        field="test_type",
        fix=f"mark one that is subscribed on a channel of the template: {MARKING}",
    )


def _check_strict(result: AcceptResult, asked: int) -> None:
    """Raise MissingVariables when a strict template refused somebody, RenderRefused when a key that must be a number
    was none; then nothing was stored."""
    refused = [error for error in result.errors if error.code in UNSAID]
    if refused and refused[0].code != MISSING:
        raise RenderRefused(
            f"{refused[0].detail} ({len(refused)} of {asked} devices)",
            field=refused[0].field,
            fix="give the values in variables, or as tags and properties of the devices",
        )
    if refused:
        raise MissingVariables(
            f"{refused[0].detail} ({len(refused)} of {asked} devices)",
            field="variables",
            fix="give the values in variables, or as tags and properties of the devices",
        )
