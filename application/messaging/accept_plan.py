"""From resolved recipients to rows: a pure plan of reservations, contents and chunks for a group of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from uuid import UUID

import attrs

from application.messaging.accept_command import (
    AcceptMessages,
    AcceptResult,
    MessageRequest,
    Target,
    TargetError,
)
from application.messaging.scripts import Piece
from application.ports.accept_store import ChunkRow, ContentRow, Facts, FallbackRow, Recipient
from application.ports.identifiers import Identifiers
from application.ports.profiles import Profile
from application.ports.tracing import TraceContext, follow
from domain.shared.channels import Channel, Lane
from domain.shared.json_values import Json
from domain.templates.variables import gather

CHUNK_SIZE = 500
"""Messages of one chunk at most: the unit of work of the pipeline."""

Seal = Callable[[UUID, UUID, Mapping[str, Json]], bytes]
"""(application, message, variables) → what is stored of them."""

Contents = dict[tuple[int, Channel, str | None], UUID]
"""(request, channel, language of a template) → its content row."""

_NOTHING_KNOWN = Facts(None, {}, {}, {})

SHARED_CALL_SIZE = 50
"""Calls up to this size share reservations and chunks with their neighbours in the group."""

MISSING = "missing_variables"
"""Why a strict template is not said to somebody."""
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
    ) -> None:
        """Turn targets into lines and errors."""
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
                    elif found.subscription_id in suppressed:
                        self._refuse(target, "suppressed", _SUPPRESSED, "subscription_id")
                    elif request.fallback is not None and found.type.channel not in request.fallback.channels:
                        self._refuse(
                            target, "not_in_fallback", "fallback.channels leaves its channel out", "fallback"
                        )
                    else:
                        self.lines.append(Line(target, found, number))
                else:
                    self._resolve_user(target, number, request, by_external_id, suppressed)

    def _resolve_user(
        self,
        target: Target,
        number: int,
        request: MessageRequest,
        by_external_id: Mapping[tuple[UUID, str], Sequence[Recipient]],
        suppressed: Set[UUID],
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
        refused = self.command.strict_for_all and any(error.code == MISSING for error in self.errors)
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


def due_times(draft: Draft, request: MessageRequest) -> tuple[datetime | None, datetime, Lane]:
    """(send_at, expires_at, lane) of a request."""
    start = request.send_at or draft.now
    ttl = draft.profile.default_ttl if request.ttl_seconds is None else timedelta(seconds=request.ttl_seconds)
    lane = request.lane
    if lane is None:
        lane = Lane.TRANSACTIONAL if draft.command.single else Lane.BULK
    return request.send_at, start + ttl, lane


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


class RowPlan:
    """Collects contents and chunks of all granted drafts of one group."""

    def __init__(self, ids: Iterator[UUID], seal: Seal) -> None:
        self._ids = ids
        self._seal = seal
        self.contents: list[ContentRow] = []
        self.chunks: list[ChunkRow] = []
        self.fallbacks: list[FallbackRow] = []
        self.children: list[tuple[UUID, UUID]] = []
        """(child, parent)."""
        self._open: dict[tuple[object, ...], ChunkRow] = {}

    def add(
        self,
        draft: Draft,
        reservations: Mapping[tuple[Channel, date, date], UUID],
        trace: TraceContext | None = None,
    ) -> AcceptResult:
        """Give every line of the draft an id, a content and a place in a chunk, which remembers `trace`."""
        message_ids: list[UUID] = []
        ids = self._ids
        times = [due_times(draft, request) for request in draft.command.requests]
        contents: Contents = {}
        related = any(one.fallback is not None or one.parent_id is not None for one in draft.command.requests)
        places: dict[tuple[int, int, str | None], tuple[tuple[object, ...], UUID, ChunkRow]] = {}
        for line in draft.lines:
            recipient, piece = line.recipient, line.piece
            language = None if piece is None else piece.language
            place = places.get((line.request_no, recipient.type, language))
            if place is None or len(place[2].message_ids) >= CHUNK_SIZE:
                channel = recipient.type.channel
                content_id = self._content(draft, line.request_no, channel, piece, contents)
                reservation_id = reservations[draft.window(line)]
                key = (reservation_id, recipient.type, draft.command.source, *times[line.request_no])
                place = (
                    key,
                    content_id,
                    self._chunk(key, draft, reservation_id, recipient, times[line.request_no]),
                )
                places[line.request_no, recipient.type, language] = place
                if trace is not None:
                    place[2].trail = follow(place[2].trail, trace)
            chunk = place[2]
            message_id = next(ids)
            message_ids.append(message_id)
            chunk.message_ids.append(message_id)
            chunk.subscription_ids.append(recipient.subscription_id)
            chunk.user_ids.append(recipient.user_id)
            chunk.content_ids.append(place[1])
            chunk.user_targeted.append(line.target.external_id is not None)
            if line.variables:
                chunk.variables[message_id] = self._seal(
                    draft.command.application_id, message_id, line.variables
                )
            if related:
                self._relate(draft, line, message_id, times[line.request_no], contents)
        return AcceptResult(
            message_ids=message_ids,
            indexes=[line.target.index for line in draft.lines],
            errors=tuple(sorted(draft.errors, key=lambda error: error.index)),
        )

    def _content(
        self, draft: Draft, request_no: int, channel: Channel, piece: Piece | None, contents: Contents
    ) -> UUID:
        key = (request_no, channel, None if piece is None else piece.language)
        known = contents.get(key)
        if known is None:
            request = draft.command.requests[request_no]
            known = request.content_ids.get(channel)
            if known is None:
                known = next(self._ids)
                body = request.content[channel] if piece is None else piece.body
                mark = None if piece is None else piece.mark
                self.contents.append(ContentRow(known, draft.command.application_id, channel, body, mark))
            contents[key] = known
        return known

    def _relate(
        self,
        draft: Draft,
        line: Line,
        message_id: UUID,
        times: tuple[datetime | None, datetime, Lane],
        contents: Contents,
    ) -> None:
        """Note whose child a message is, and what is left to try when it does not do."""
        request = draft.command.requests[line.request_no]
        if request.parent_id is not None:
            self.children.append((message_id, request.parent_id))
        fallback = request.fallback
        if fallback is None or line.recipient.user_id is None:
            return
        channels = list(fallback.channels)
        later = channels[channels.index(line.recipient.type.channel) + 1 :]
        send_at, expires_at, lane = times
        if later:
            self.fallbacks.append(
                FallbackRow(
                    message_id,
                    draft.command.application_id,
                    line.recipient.user_id,
                    fallback,
                    [(one, self._content(draft, line.request_no, one, None, contents)) for one in later],
                    lane,
                    send_at or draft.now,
                    expires_at,
                )
            )

    def _chunk(
        self,
        key: tuple[object, ...],
        draft: Draft,
        reservation_id: UUID,
        recipient: Recipient,
        times: tuple[datetime | None, datetime, Lane],
    ) -> ChunkRow:
        chunk = self._open.get(key)
        if chunk is None or len(chunk.message_ids) >= CHUNK_SIZE:
            send_at, expires_at, lane = times
            chunk = ChunkRow(
                next(self._ids),
                draft.command.application_id,
                reservation_id,
                recipient.type.channel,
                recipient.type,
                lane,
                send_at,
                expires_at,
                draft.command.source,
            )
            self._open[key] = chunk
            self.chunks.append(chunk)
        return chunk


def id_stream(identifiers: Identifiers, block: int = 512) -> Iterator[UUID]:
    """Ascending ids, drawn a block at a time."""
    while True:
        yield from identifiers.many(block)
