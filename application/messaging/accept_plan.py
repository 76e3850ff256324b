"""From resolved recipients to rows: a pure plan of reservations, contents and chunks for a group of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from application.messaging.accept_command import (
    AcceptResult,
    MessageRequest,
)
from application.messaging.accept_draft import Draft, Line
from application.messaging.scripts import Piece
from application.ports.accept_store import ChunkRow, ContentRow, FallbackRow, Recipient
from application.ports.fallbacks import KeptScript
from application.ports.identifiers import Identifiers
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


def due_times(draft: Draft, request: MessageRequest) -> tuple[datetime | None, datetime, Lane]:
    """(send_at, expires_at, lane) of a request."""
    start = request.send_at or draft.now
    ttl = draft.profile.default_ttl if request.ttl_seconds is None else timedelta(seconds=request.ttl_seconds)
    lane = request.lane
    if lane is None:
        lane = Lane.TRANSACTIONAL if draft.command.single else Lane.BULK
    return request.send_at, start + ttl, lane


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
                self.contents.append(
                    ContentRow(known, draft.command.application_id, channel, body, mark, request.topic)
                )
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
        if not later:
            return
        kept = self._kept(draft, line, message_id, later)
        stored: list[tuple[Channel, UUID | None]] = [
            (one, None if kept is not None else self._content(draft, line.request_no, one, None, contents))
            for one in later
        ]
        self.fallbacks.append(
            FallbackRow(
                message_id,
                draft.command.application_id,
                line.recipient.user_id,
                fallback,
                stored,
                lane,
                send_at or draft.now,
                expires_at,
                kept,
            )
        )

    def _kept(
        self, draft: Draft, line: Line, message_id: UUID, later: Sequence[Channel]
    ) -> KeptScript | None:
        """What later channels of a template need: its version, and of what the sender gave only what they read."""
        request = draft.command.requests[line.request_no]
        if request.script is None or line.piece is None:
            return None
        names = frozenset().union(*(request.script.names(channel) for channel in later))
        given = gather(names, line.target.variables, request.variables, None, None, None)
        mark = line.piece.mark
        return KeptScript(
            UUID(str(mark["id"])),
            int(str(mark["version"])),
            self._seal(draft.command.application_id, message_id, given) if given else None,
            request.topic,
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
