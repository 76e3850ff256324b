"""One transaction for a group of calls: each caller gets its own result, and nobody pays for a neighbour's mistake.

The order inside is the lock order of the pipeline: idempotency keys, recipients, quota, inserts, commit, doorbells. New
rows are locked by nobody else, so a large call may write them before it locks the quota (docs/decisions/0015).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, Answer
from application.messaging.accept_draft import Draft
from application.messaging.accept_keys import as_replay, claim_keys, stored_key
from application.messaging.accept_plan import RowPlan, Seal, id_stream
from application.messaging.accept_quota import QuotaAsks
from application.messaging.accept_recipients import resolve
from application.ports.accept_store import AcceptStore, ChunkRow, StoredKey
from application.ports.clock import Clock
from application.ports.doorbells import Doorbells, Ring
from application.ports.identifiers import Identifiers
from application.ports.profiles import Profile
from application.ports.tracing import NO_TRACES, Span, TraceContext, Tracer
from domain.shared.errors import CommitUnknown, InvalidInput, SignalError, Unavailable

log = logging.getLogger(__name__)

RESERVE_FIRST_FOR = timedelta(seconds=10)
"""An application that was just refused reserves before it writes."""
REMEMBERED_AT_MOST = 10_000


@attrs.frozen(slots=True)
class Call:
    """A checked command and the application it is for."""

    command: AcceptMessages
    profile: Profile
    trace: TraceContext | None = None
    """The span of whoever calls."""


class AcceptGroup:
    """Accept a group of calls in one transaction."""

    def __init__(
        self,
        store: AcceptStore,
        doorbells: Doorbells,
        clock: Clock,
        identifiers: Identifiers,
        seal: Seal,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self._store = store
        self._doorbells = doorbells
        self._clock = clock
        self._identifiers = identifiers
        self._seal = seal
        self._tracer = tracer
        self._refused_until: dict[UUID, datetime] = {}

    async def __call__(self, calls: Sequence[Call]) -> list[Answer]:
        """Answers in the order of the calls. A value that PostgreSQL refuses bisects the group."""
        try:
            try:
                return await self._accept(calls)
            except CommitUnknown:
                raise
            except Unavailable:
                # Nothing was stored, so once more is safe: the connection may have been the only thing that broke.
                return await self._accept(calls)
        except InvalidInput as refused:
            if len(calls) == 1:
                return [refused]
            middle = len(calls) // 2
            return [*await self(calls[:middle]), *await self(calls[middle:])]

    async def _accept(self, calls: Sequence[Call]) -> list[Answer]:
        """One transaction; each traced call sees it as a span of its own."""
        if not self._tracer.on:
            return await self._transact(calls, {})
        spans = {
            number: self._tracer.start(
                "accept", parents=(call.trace,), facts={"signal.accept.calls": len(calls)}
            )
            for number, call in enumerate(calls)
            if call.trace is not None
        }
        try:
            answers = await self._transact(calls, spans)
        except Exception as error:
            for span in spans.values():
                span.fail(type(error).__name__)
            raise
        else:
            for number, span in spans.items():
                _describe(span, calls[number], answers[number])
            return answers
        finally:
            for span in spans.values():
                span.end()

    async def _transact(self, calls: Sequence[Call], spans: Mapping[int, Span]) -> list[Answer]:
        answers: dict[int, Answer] = {}
        minted: list[UUID] = []
        released: Sequence[ChunkRow] = ()
        followers: dict[int, int] = {}
        try:
            async with self._store.begin() as transaction:
                followers = await claim_keys(transaction, [call.command for call in calls], answers)
                now = self._clock.now()
                drafts = {
                    number: Draft(call.command, call.profile, now)
                    for number, call in enumerate(calls)
                    if number not in answers and number not in followers
                }
                await resolve(transaction, drafts)
                asks = QuotaAsks(drafts, self._identifiers)
                plan = RowPlan(id_stream(self._identifiers), self._seal)
                keys: list[StoredKey] = []

                def draw_up(number: int, draft: Draft) -> None:
                    trace = spans[number].context if number in spans else None
                    result = answers[number] = plan.add(draft, asks.reservations(number), trace)
                    minted.extend(result.message_ids)
                    keys.extend(stored_key(draft.command, result))

                early = self._may_be_written_first(drafts)
                if early is not None:
                    draw_up(*early)
                    await transaction.insert_messages(plan.contents, plan.chunks)
                refused = await asks.grant(transaction, self._clock.now())
                self._note_refusals(drafts, refused)
                if early is not None and refused:
                    raise _RefusedAfterAll
                answers.update(refused)
                if early is None:
                    for number, draft in drafts.items():
                        if number not in refused:
                            draw_up(number, draft)
                    await transaction.insert_messages(plan.contents, plan.chunks)
                released = await transaction.insert_chunks(plan.chunks, keys, self._clock.now())
                if plan.fallbacks or plan.children:
                    await transaction.insert_families(plan.fallbacks, plan.children)
        except _RefusedAfterAll:
            answers.update(refused)
        except CommitUnknown as unknown:
            raise CommitUnknown(
                unknown.message,
                retry_after=2.0,
                extra={"message_ids": [str(one) for one in minted[:1000]]},
            ) from unknown
        if released:
            await self._ring(released)
        for number, leader in followers.items():
            answers[number] = as_replay(answers[leader])
        return [answers[number] for number in range(len(calls))]

    async def _ring(self, released: Sequence[ChunkRow]) -> None:
        """It is committed, and must not fail any more: the reconciler rings again."""
        try:
            await self._doorbells.ring([Ring(one.lane, one.channel, one.id, one.trail) for one in released])
        except Exception:
            log.exception("%d doorbells were not rung", len(released))

    def _may_be_written_first(self, drafts: Mapping[int, Draft]) -> tuple[int, Draft] | None:
        """A large call alone writes its rows before it reserves: then the application's quota, which all of its calls
        need, is locked for the last moments of the transaction only. In vain if it is refused: so not again soon.
        """
        if len(drafts) != 1:
            return None
        ((number, draft),) = drafts.items()
        if draft.shares or draft.command.allow_partial or not draft.lines:
            return None
        until = self._refused_until.get(draft.command.application_id)
        return (number, draft) if until is None or until <= self._clock.now() else None

    def _note_refusals(self, drafts: Mapping[int, Draft], refused: Collection[int]) -> None:
        now = self._clock.now()
        if len(self._refused_until) >= REMEMBERED_AT_MOST:
            self._refused_until.clear()
        self._refused_until.update(
            {drafts[number].command.application_id: now + RESERVE_FIRST_FOR for number in refused}
        )


class _RefusedAfterAll(Exception):
    """The quota refused what was written already: the transaction is rolled back."""


def _describe(span: Span, call: Call, answer: Answer) -> None:
    span.note({"signal.application_id": str(call.command.application_id)})
    if isinstance(answer, SignalError):
        span.fail(answer.code)
    else:
        span.note({"signal.messages": len(answer.message_ids), "signal.replayed": answer.replayed})
