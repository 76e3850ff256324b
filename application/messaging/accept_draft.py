"""One call that is being accepted: its targets become recipients with what each is told, or errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, MessageRequest, Target, TargetError
from application.messaging.scripts import Piece
from application.ports.accept_store import Choice, Facts, Recipient
from application.ports.profiles import Profile
from domain.shared.channels import Channel
from domain.shared.errors import RenderRefused
from domain.shared.json_values import Json
from domain.templates.variables import gather

_NOTHING_KNOWN = Facts(None, {}, {}, {})

SHARED_CALL_SIZE = 50
"""Calls up to this size share reservations and chunks with their neighbours in the group."""

MISSING = "missing_variables"
"""Why a strict template is not said to somebody."""
UNSAID = frozenset({MISSING, RenderRefused.code})
"""Why a template is not said to somebody whose values do not fit it."""
TOPIC_OFF = "topic_off"
"""As campaigns call it when they leave somebody out."""
_SWITCHED_OFF = "the recipient switched this topic off"
_SUPPRESSED = "this address is suppressed: it bounced, complained, unsubscribed or blocked"


@attrs.define(slots=True)
class Line:
    """One message to be: which recipient, for which target of which request."""

    target: Target
    recipient: Recipient
    request_no: int
    piece: Piece | None = None
    """What a template says to this recipient."""
    variables: Mapping[str, Json] | None = None
    """What it reads, where it reads something."""


@attrs.define(slots=True)
class Draft:
    """One call on its way through the transaction."""

    command: AcceptMessages
    profile: Profile
    now: datetime
    lines: list[Line] = attrs.field(factory=list)
    errors: list[TargetError] = attrs.field(factory=list)

    @property
    def shares(self) -> bool:
        return len(self.lines) <= SHARED_CALL_SIZE and not self.command.allow_partial

    def resolve(
        self,
        by_id: Mapping[UUID, Recipient],
        by_external_id: Mapping[tuple[UUID, str], Sequence[Recipient]],
        suppressed: Set[UUID] = frozenset(),
        choices: Set[Choice] = frozenset(),
    ) -> None:
        """Turn targets into lines and errors; `choices` are the topics that somebody switched off."""
        for number, request in enumerate(self.command.requests):
            channels = request.channels
            for target in request.targets:
                if target.subscription_id is not None:
                    found = by_id.get(target.subscription_id)
                    if found is None or found.application_id != self.command.application_id:
                        self._refuse(
                            target, "subscription_not_found", "no such subscription", "subscription_id"
                        )
                    elif found.type.channel not in channels:
                        self._refuse(
                            target,
                            "no_content_for_channel",
                            f"content.{found.type.channel.wire} is missing",
                            "content",
                        )
                    elif choices and self._is_off(request, found, choices):
                        self._refuse(target, TOPIC_OFF, _SWITCHED_OFF, "topic")
                    elif found.subscription_id in suppressed:
                        self._refuse(target, "suppressed", _SUPPRESSED, "subscription_id")
                    elif request.fallback is not None and found.type.channel not in request.fallback.channels:
                        self._refuse(
                            target, "not_in_fallback", "fallback.channels leaves its channel out", "fallback"
                        )
                    else:
                        self.lines.append(Line(target, found, number))
                else:
                    self._resolve_user(target, number, request, by_external_id, suppressed, choices)

    def _is_off(self, request: MessageRequest, recipient: Recipient, choices: Set[Choice]) -> bool:
        """Whether this recipient's user switched off what the request is about; children go the way that was decided."""
        if request.topic is None or request.parent_id is not None or recipient.user_id is None:
            return False
        return (self.command.application_id, recipient.user_id, request.topic) in choices

    def _resolve_user(
        self,
        target: Target,
        number: int,
        request: MessageRequest,
        by_external_id: Mapping[tuple[UUID, str], Sequence[Recipient]],
        suppressed: Set[UUID],
        choices: Set[Choice],
    ) -> None:
        assert target.external_id is not None
        channels = target.channels or tuple(request.channels)
        found = [
            recipient
            for recipient in by_external_id.get((self.command.application_id, target.external_id), ())
            if recipient.type.channel in channels and recipient.type.channel in request.channels
        ]
        if not found:
            self._refuse(
                target,
                "no_subscription",
                "this external id has no subscribed subscription on the named channels",
                "external_id",
            )
        elif choices and self._is_off(request, found[0], choices):
            self._refuse(target, TOPIC_OFF, _SWITCHED_OFF, "topic")
            return
        if request.fallback is not None or request.only_newest:
            order = request.fallback.channels if request.fallback is not None else channels
            found = first_of(order, found, suppressed)
        if suppressed and found:
            found = [recipient for recipient in found if recipient.subscription_id not in suppressed]
            if not found:
                self._refuse(target, "suppressed", _SUPPRESSED, "external_id")
        self.lines.extend(Line(target, recipient, number) for recipient in found)

    def unfinished(self) -> list[UUID]:
        """The subscriptions whose facts a template needs."""
        requests = self.command.requests
        if all(request.script is None for request in requests):
            return []
        return [
            line.recipient.subscription_id
            for line in self.lines
            if requests[line.request_no].script is not None
        ]

    def personalise(self, facts: Mapping[UUID, Facts]) -> None:
        """Give each line of a template its piece and its variables; refuse those that cannot have theirs."""
        kept: list[Line] = []
        for line in self.lines:
            request = self.command.requests[line.request_no]
            if request.script is None or self._personalise(line, request, facts):
                kept.append(line)
        refused = self.command.strict_for_all and any(error.code in UNSAID for error in self.errors)
        self.lines = [] if refused else kept

    def _personalise(self, line: Line, request: MessageRequest, facts: Mapping[UUID, Facts]) -> bool:
        assert request.script is not None
        one = facts.get(line.recipient.subscription_id, _NOTHING_KNOWN)
        line.piece = piece = request.script.piece(line.recipient.type.channel, one.language)
        if piece is None:
            self._refuse(
                line.target,
                "no_content_for_channel",
                "the template says nothing on this channel",
                "template_id",
            )
            return False
        compiled = piece.compiled
        if compiled.names:
            line.variables = gather(
                compiled.names, line.target.variables, request.variables, one.tags, one.properties, one.device
            )
        if piece.mark["strict"] and (missing := compiled.missing(line.variables or {})):
            detail = f"the template is strict and there is no value for {', '.join(missing[:10])}"
            self._refuse(line.target, MISSING, detail, "variables")
            return False
        try:
            compiled.check_numbers(line.variables or {})
        except RenderRefused as refused:
            self._refuse(line.target, refused.code, refused.message, refused.field or "variables")
            return False
        return True

    def _refuse(self, target: Target, code: str, detail: str, field: str) -> None:
        self.errors.append(TargetError(target.index, code, detail, field))

    def refuse_tail(self, keep: int, code: str, detail: str) -> None:
        """Keep the first lines only; report the rest (a partial grant)."""
        dropped = self.lines[keep:]
        del self.lines[keep:]
        kept = {line.target.index for line in self.lines}
        seen: set[int] = set()
        for line in dropped:
            if line.target.index not in kept and line.target.index not in seen:
                seen.add(line.target.index)
                self.errors.append(TargetError(line.target.index, code, detail))

    def window(self, line: Line) -> tuple[Channel, date, date]:
        """(channel, day, month) that a line is reserved in: the send day in the application's time zone."""
        when = self.command.requests[line.request_no].send_at or self.now
        day = when.astimezone(self.profile.time_zone).date()
        return line.recipient.type.channel, day, day.replace(day=1)

    def windows(self) -> dict[tuple[Channel, date, date], int]:
        """How many messages the call wants in each window."""
        wanted: dict[tuple[Channel, date, date], int] = {}
        if not self.lines:
            return wanted
        if len(self.command.requests) == 1 and len(self.command.requests[0].channels) == 1:
            return {self.window(self.lines[0]): len(self.lines)}
        for line in self.lines:
            key = self.window(line)
            wanted[key] = wanted.get(key, 0) + 1
        return wanted


def first_of(
    channels: Sequence[Channel], found: Sequence[Recipient], suppressed: Set[UUID]
) -> list[Recipient]:
    """Of a person's subscriptions the one to begin with: on the first channel that they have the newest one."""
    for channel in channels:
        there = [one for one in found if one.type.channel is channel]
        reachable = [one for one in there if one.subscription_id not in suppressed]
        if reachable:
            return [max(reachable, key=lambda one: one.subscription_id)]
    return list(found[:1])
