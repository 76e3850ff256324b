"""Advance fallbacks: start the next channel of messages that did not do, take back what an earlier one overtook.

A step that was cut off is repeated: a child is accepted under a key of its own, so it exists once; the row goes on after that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from application.messaging.accept_group import AcceptGroup, Call
from application.messaging.scripts import Script, Scripts
from application.ports.clock import Clock
from application.ports.fallbacks import DueFallback, Fallbacks, KeptScript, LaterChannel
from application.ports.messages import Cancellation
from application.ports.profiles import Profile, Profiles
from application.ports.sealed_variables import SealedVariables
from application.ports.vault import SealBroken
from application.steps import each_of
from domain.messaging.event import Source
from domain.messaging.fallback import Step, morning_after, next_look, next_step
from domain.shared.errors import Conflict, CreditExhausted, NotFound, QuotaExceeded, SignalError, Unavailable
from domain.shared.json_values import Json

log = logging.getLogger(__name__)

AT_ONCE = 500
HELD_FOR = timedelta(seconds=60)
"""Until a message is looked at again whose channel is paused for its credential."""
NO_ROOM_WAIT = timedelta(seconds=60)
"""Until a child is tried again for which the quota or the credit had no room."""


@attrs.frozen(slots=True)
class Said:
    """What a template's fallback says: to which device, and so with which of its texts, is found when a child starts."""

    script: Script
    variables: Mapping[str, Json] = attrs.field(repr=False)
    topic: str | None


@attrs.define(slots=True)
class _Found:
    """What is to be written down of one look, by root."""

    waiting: dict[UUID, datetime] = attrs.field(factory=dict)
    held: list[UUID] = attrs.field(factory=list)
    ended: list[UUID] = attrs.field(factory=list)


class AdvanceFallbacks:
    """`await advance()` looks at what is due and answers how many fallbacks went on or ended."""

    def __init__(
        self,
        fallbacks: Fallbacks,
        accept: AcceptGroup,
        cancellation: Cancellation,
        profiles: Profiles,
        clock: Clock,
        *,
        scripts: Scripts,
        variables: SealedVariables,
    ) -> None:
        self._fallbacks = fallbacks
        self._accept = accept
        self._cancellation = cancellation
        self._profiles = profiles
        self._clock = clock
        self._scripts = scripts
        self._variables = variables

    async def __call__(self) -> int:
        """Raise Unavailable when storage is away."""
        now = self._clock.now()
        found = _Found()
        due = {f"message {one.root_id}": one for one in await self._fallbacks.due(now, AT_ONCE)}
        try:
            went_on = await each_of(due, lambda one: self._look_at(one, now, found))
        finally:
            if found.waiting:
                await self._fallbacks.wait(list(found.waiting), list(found.waiting.values()))
            if found.held:
                # However soon after a look the credential is set right: its channel gets its whole time from the next
                # one on.
                await self._fallbacks.hold(found.held, now + HELD_FOR)
            if found.ended:
                await self._fallbacks.end(found.ended)
        return went_on + len(found.ended)

    async def _look_at(self, one: DueFallback, now: datetime, found: _Found) -> bool:
        """Whether its next channel was started."""
        step = next_step(one.state, now)
        if step in (Step.RECALL, Step.REPLACE) and not await self._take_back(one, now):
            step = Step.WAIT
        if step is Step.WAIT and one.state.is_held:
            found.held.append(one.root_id)
        elif step is Step.WAIT:
            found.waiting[one.root_id] = next_look(one.state, now)
        elif step in (Step.OVER, Step.RECALL):
            found.ended.append(one.root_id)
        else:
            until = await self._go_on(one, now)
            if until is not None:
                found.waiting[one.root_id] = until
            return until is None
        return False

    async def _take_back(self, one: DueFallback, now: datetime) -> bool:
        """Whether the message that waits will not be sent any more."""
        try:
            await self._cancellation.cancel(
                one.application_id, one.current_id, source=Source.FALLBACK, now=now
            )
        except NotFound:
            return True
        except Conflict:
            # In delivery, of unknown outcome, or over meanwhile: the next look sees what became of it.
            return False
        return True

    async def _go_on(self, one: DueFallback, now: datetime) -> datetime | None:
        """Start the next channel that the person has; when to try again if it could not be started."""
        profile = await self._profiles.of(one.application_id)
        later = list(one.later)
        if profile is None or not profile.is_active:
            return now + NO_ROOM_WAIT
        try:
            said = None if one.script is None else await self._said(one, one.script)
        except (NotFound, SealBroken) as error:
            log.error(
                "fallback of message %s cannot go on: %s",
                one.root_id,
                type(error).__name__,
                extra={"message_id": str(one.root_id)},
            )
            later = []
        while later and one.external_id is not None:
            channel = later.pop(0)
            morning = morning_after(now) if channel.advertising or _advertises(said, channel) else None
            if morning is not None:
                return morning
            try:
                child = await self._start(one, one.external_id, channel, said, profile, now)
            except (QuotaExceeded, CreditExhausted) as full:
                log.warning(
                    "fallback of message %s has to wait: %s",
                    one.root_id,
                    full,
                    extra={"message_id": str(one.root_id)},
                )
                return now + NO_ROOM_WAIT
            if child is not None:
                await self._fallbacks.go_on(one.root_id, one.current_id, child, later, now)
                return None
        await self._fallbacks.end([one.root_id])
        return None

    async def _said(self, one: DueFallback, kept: KeptScript) -> Said:
        """The template and what was sent for it; raise NotFound or SealBroken when one of them is gone."""
        script = await self._scripts.accepted(one.application_id, kept.template_id, kept.version)
        sealed = kept.variables
        given = {} if sealed is None else self._variables.open(one.application_id, one.root_id, sealed)
        return Said(script, given, kept.topic)

    async def _start(
        self,
        one: DueFallback,
        external_id: str,
        next_: LaterChannel,
        said: Said | None,
        profile: Profile,
        now: datetime,
    ) -> UUID | None:
        """The child's id; None when the person has no subscription there, only suppressed ones, or one that the template
        does not fit."""
        name = f"fallback {one.root_id} {next_.channel.wire}"
        request = MessageRequest(
            targets=(Target(0, None, external_id, (next_.channel,)),),
            content={} if next_.content_id is None else {next_.channel: {}},
            content_ids={} if next_.content_id is None else {next_.channel: next_.content_id},
            ttl_seconds=max(1, int((one.state.expires_at - now).total_seconds())),
            lane=one.lane,
            parent_id=one.root_id,
            only_newest=True,
        )
        if said is not None:
            request = attrs.evolve(request, script=said.script, variables=said.variables, topic=said.topic)
        command = AcceptMessages(
            one.application_id,
            (request,),
            idempotency_key=name,
            request_hash=sha256(name.encode()).digest(),
            source=Source.FALLBACK,
        )
        (answer,) = await self._accept([Call(command, profile)])
        if isinstance(answer, SignalError):
            if isinstance(answer, Conflict):
                raise Unavailable("another scheduler is at it", retry_after=1.0)
            raise answer
        return answer.message_ids[0] if answer.message_ids else None


def _advertises(said: Said | None, later: LaterChannel) -> bool:
    """Whether the template is an advertisement there, in whichever language."""
    return said is not None and any(
        body.get("advertising") is True for body in said.script.bodies(later.channel)
    )
