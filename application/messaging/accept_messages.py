"""Accept messages: check the call, then commit it, alone when it is large, together with its neighbours when small.

Accepted means committed: when this returns, the messages, their reservation and their place in the queue are rows.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

import attrs

from application.messaging.accept_checks import (
    check_approved,
    check_fallback,
    check_topics,
    check_variables,
    join,
)
from application.messaging.accept_command import (
    MAX_TARGETS,
    AcceptMessages,
    AcceptResult,
    Answer,
    MessageRequest,
)
from application.messaging.accept_draft import SHARED_CALL_SIZE
from application.messaging.accept_group import AcceptGroup, Call
from application.messaging.group_commit import GroupCommit
from application.messaging.scripts import Scripts
from application.ports.channel_plugins import ChannelPlugin
from application.ports.clock import Clock
from application.ports.content_approval import ContentApproval
from application.ports.log_context import listed
from application.ports.profiles import Profiles
from application.ports.tracing import CURRENT
from domain.messaging.content import check_content, check_text
from domain.shared.channels import Channel
from domain.shared.errors import Forbidden, InvalidInput, NotFound, SignalError

log = logging.getLogger(__name__)

MAX_SEND_AT = timedelta(days=90)
MAX_TTL_SECONDS = 28 * 86_400
MAX_EXTERNAL_ID = 256


class AcceptMessagesUseCase:
    """`await accept(command)` answers an AcceptResult or raises a SignalError; either all is stored or nothing."""

    def __init__(
        self,
        group: AcceptGroup,
        profiles: Profiles,
        plugins: Mapping[Channel, ChannelPlugin],
        scripts: Scripts,
        clock: Clock,
        *,
        window: float = 0.004,
        approvals: Mapping[Channel, ContentApproval] | None = None,
    ) -> None:
        """`window`: seconds that small calls wait for one another; `approvals`: who is asked before anything is accepted
        on these channels."""
        self._group = group
        self._profiles = profiles
        self._plugins = plugins
        self._scripts = scripts
        self._clock = clock
        self._approvals = approvals or {}
        self.gatherer: GroupCommit[Call, Answer] = GroupCommit(group, window=window)

    async def __call__(self, command: AcceptMessages) -> AcceptResult:
        """Raise InvalidInput, Forbidden, NotFound, QuotaExceeded, CreditExhausted, Conflict kinds or Unavailable."""
        profile = await self._profiles.of(command.application_id)
        if profile is None:
            raise NotFound("there is no such application")
        if not profile.is_active:
            raise Forbidden("the application is inactive", fix="activate it before sending")
        self._check(command)
        check_topics(command, profile.topics)
        call = Call(await self._with_scripts(command), profile, CURRENT.get())
        for channel, approval in self._approvals.items():
            await check_approved(call.command, channel, approval)
        targets = sum(len(request.targets) for request in command.requests)
        if targets <= SHARED_CALL_SIZE:
            answer = await self.gatherer.submit(call)
        else:
            (answer,) = await self._group([call])
        if isinstance(answer, SignalError):
            raise answer
        if log.isEnabledFor(logging.DEBUG):
            log.debug("accepted", extra={"message_ids": listed(answer.message_ids)})
        return answer

    async def close(self) -> None:
        """Finish what was submitted."""
        await self.gatherer.close()

    async def _with_scripts(self, command: AcceptMessages) -> AcceptMessages:
        """The command with the template version of each request that names one."""
        if all(request.template is None for request in command.requests):
            return command
        requests = []
        for request in command.requests:
            if request.template is None:
                requests.append(request)
                continue
            field = join(request.field, "template_id")
            script = await self._scripts.of(command.application_id, request.template, field=field)
            requests.append(attrs.evolve(request, script=script))
            check_fallback(requests[-1], self._plugins)
        return attrs.evolve(command, requests=requests)

    def _check(self, command: AcceptMessages) -> None:
        targets = sum(len(request.targets) for request in command.requests)
        if targets == 0:
            raise InvalidInput(
                "nobody is named to send to", field="recipients", fix="name at least one recipient"
            )
        if targets > MAX_TARGETS:
            raise InvalidInput(
                f"{targets} recipients in one call; {MAX_TARGETS} is the most",
                field="recipients",
                fix="split the call",
            )
        checked: set[int] = set()
        for request in command.requests:
            self._check_times(request)
            self._check_targets(request)
            if request.template is None:
                check_fallback(request, self._plugins)
            self._check_variables(request)
            if request.template is None and id(request.content) not in checked:
                checked.add(id(request.content))
                self._check_content(request)

    def _check_variables(self, request: MessageRequest) -> None:
        if request.template is not None:
            if request.content:
                raise InvalidInput(
                    "content does not go with template_id",
                    field=join(request.field, "content"),
                    fix="give one of them",
                )
            check_variables(request.variables, field=join(request.field, "variables"))
        elif request.variables is not None:
            raise InvalidInput(
                "variables need a template_id: content is said as it is",
                field=join(request.field, "variables"),
                fix="leave them out, or name a template",
            )
        for target in request.targets:
            if target.variables is not None:
                field = join(request.field, f"recipients[{target.index}].variables")
                if request.template is None:
                    raise InvalidInput(
                        "variables need a template_id", field=field, fix="leave them out, or name a template"
                    )
                check_variables(target.variables, field=field)

    def _check_content(self, request: MessageRequest) -> None:
        field = join(request.field, "content")
        if not request.content:
            raise InvalidInput(
                f"{field} names no channel", field=field, fix='for example {"push": {"title": "Hi"}}'
            )
        for channel, body in request.content.items():
            plugin = self._plugins.get(channel)
            if plugin is None:
                raise InvalidInput(
                    f"the channel {channel.wire} is not available here",
                    field=f"{field}.{channel.wire}",
                    fix=f"use {', '.join(one.wire for one in self._plugins)}",
                )
            check_content(channel, body, field=f"{field}.{channel.wire}")
            plugin.check_content(body, field=f"{field}.{channel.wire}")

    def _check_times(self, request: MessageRequest) -> None:
        ttl = request.ttl_seconds
        if ttl is not None and not 0 < ttl <= MAX_TTL_SECONDS:
            raise InvalidInput(
                f"ttl_seconds must be from 1 to {MAX_TTL_SECONDS}",
                field=join(request.field, "ttl_seconds"),
                fix="leave it out for the application's default",
            )
        if request.send_at is not None:
            field = join(request.field, "send_at")
            if request.send_at.tzinfo is None:
                raise InvalidInput(
                    "send_at has no time zone", field=field, fix="use RFC 3339, for example …Z"
                )
            if request.send_at > self._clock.now() + MAX_SEND_AT:
                raise InvalidInput("send_at is more than 90 days ahead", field=field, fix="send it later")

    def _check_targets(self, request: MessageRequest) -> None:
        for target in request.targets:
            if target.subscription_id is not None:
                if target.external_id is None:
                    continue
            elif target.external_id is not None:
                check_text(target.external_id, field="external_id")
                if 0 < len(target.external_id) <= MAX_EXTERNAL_ID:
                    continue
                raise InvalidInput(
                    f"external_id must have 1 to {MAX_EXTERNAL_ID} characters",
                    field=join(request.field, "external_id"),
                )
            raise InvalidInput(
                "a recipient is either a subscription_id or an external_id",
                field=join(request.field, f"recipients[{target.index}]"),
                fix="give exactly one of them",
            )
