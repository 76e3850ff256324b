"""One transaction for a group of calls: each caller gets its own result, and nobody pays for a neighbour's mistake.

The order inside is the lock order of the pipeline: idempotency keys, recipients, quota, inserts, commit, doorbells. New
rows are locked by nobody else, so a large call may write them before it locks the quota (docs/decisions/0015).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, AcceptResult
from application.messaging.accept_draft import Draft
from application.messaging.accept_plan import RowPlan, Seal, id_stream
from application.messaging.accept_quota import QuotaAsks
from application.ports.accept_store import (
    AcceptStore,
    AcceptTransaction,
    Choice,
    ChunkRow,
    Recipient,
    StoredKey,
)
from application.ports.clock import Clock
from application.ports.doorbells import Doorbells, Ring
from application.ports.identifiers import Identifiers
from application.ports.profiles import Profile
from application.ports.tracing import NO_TRACES, Span, TraceContext, Tracer
from domain.audience.suppression import WITHOUT_ADDRESSES
from domain.shared.errors import (
    CommitUnknown,
    IdempotencyInProgress,
    IdempotencyMismatch,
    InvalidInput,
    SignalError,
    Unavailable,
)

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


Answer = AcceptResult | SignalError


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
                followers = await self._claim_keys(transaction, calls, answers)
                drafts = await self._resolve(transaction, calls, answers, followers)
                asks = QuotaAsks(drafts, self._identifiers)
                plan = RowPlan(id_stream(self._identifiers), self._seal)
                keys: list[StoredKey] = []

                def draw_up(number: int, draft: Draft) -> None:
                    trace = spans[number].context if number in spans else None
                    result = answers[number] = plan.add(draft, asks.reservations(number), trace)
                    minted.extend(result.message_ids)
                    keys.extend(_stored_key(draft.command, result))

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
            await self._doorbells.ring([Ring(one.lane, one.channel, one.id, one.trail) for one in released])
        for number, leader in followers.items():
            answers[number] = _as_replay(answers[leader])
        return [answers[number] for number in range(len(calls))]

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

    async def _claim_keys(
        self, transaction: AcceptTransaction, calls: Sequence[Call], answers: dict[int, Answer]
    ) -> dict[int, int]:
        """Answer replays and mismatches; return {duplicate call: the call of this group that leads it}."""
        leaders: dict[tuple[UUID, str], int] = {}
        followers: dict[int, int] = {}
        for number, call in enumerate(calls):
            name = call.command.idempotency_key
            if name is None:
                continue
            named = call.command.application_id, name
            leader = leaders.setdefault(named, number)
            if leader != number:
                if calls[leader].command.request_hash == call.command.request_hash:
                    followers[number] = leader
                else:
                    answers[number] = IdempotencyMismatch(
                        field="Idempotency-Key", fix="use a new key for another request"
                    )
        if not leaders:
            return followers
        ordered = sorted(leaders)
        held = await transaction.lock_keys(ordered)
        used = await transaction.used_keys([key for key, ours in zip(ordered, held, strict=True) if ours])
        for key, ours in zip(ordered, held, strict=True):
            number = leaders[key]
            row = used.get(key)
            if not ours:
                answers[number] = IdempotencyInProgress(
                    field="Idempotency-Key", fix="repeat the request in a moment"
                )
            elif row is not None and row.request_hash != calls[number].command.request_hash:
                answers[number] = IdempotencyMismatch(
                    field="Idempotency-Key", fix="use a new key for another request"
                )
            elif row is not None:
                answers[number] = AcceptResult.from_stored(row.response)
        return followers

    async def _resolve(
        self,
        transaction: AcceptTransaction,
        calls: Sequence[Call],
        answers: dict[int, Answer],
        followers: dict[int, int],
    ) -> dict[int, Draft]:
        now = self._clock.now()
        drafts: dict[int, Draft] = {}
        ids: list[UUID] = []
        names: set[tuple[UUID, str]] = set()
        for number, call in enumerate(calls):
            if number in answers or number in followers:
                continue
            drafts[number] = Draft(call.command, call.profile, now)
            for request in call.command.requests:
                for target in request.targets:
                    if target.subscription_id is not None:
                        ids.append(target.subscription_id)
                    elif target.external_id is not None:
                        names.add((call.command.application_id, target.external_id))
        by_id = await transaction.subscriptions(ids) if ids else {}
        by_name = await transaction.subscriptions_of(sorted(names)) if names else {}
        addressed = [
            one.subscription_id
            for some in (by_id.values(), *by_name.values())
            for one in some
            if one.type.channel not in WITHOUT_ADDRESSES
        ]
        suppressed = await transaction.suppressed(addressed) if addressed else frozenset()
        choices = await self._choices(
            transaction, drafts.values(), [*by_id.values(), *chain(*by_name.values())]
        )
        for draft in drafts.values():
            draft.resolve(by_id, by_name, suppressed, choices)
        unfinished = sorted({id_ for draft in drafts.values() for id_ in draft.unfinished()})
        if unfinished:
            facts = await transaction.facts(unfinished)
            for draft in drafts.values():
                draft.personalise(facts)
        return drafts

    @staticmethod
    async def _choices(
        transaction: AcceptTransaction, drafts: Iterable[Draft], found: Iterable[Recipient]
    ) -> Set[Choice]:
        """What was switched off of the topics of these calls; nothing is asked when they have none."""
        topics = {one.topic for draft in drafts for one in draft.command.requests if one.topic is not None}
        users = {one.user_id for one in found if one.user_id is not None} if topics else None
        return await transaction.switched_off(sorted(users), sorted(topics)) if users else frozenset()


class _RefusedAfterAll(Exception):
    """The quota refused what was written already: the transaction is rolled back."""


def _describe(span: Span, call: Call, answer: Answer) -> None:
    span.note({"signal.application_id": str(call.command.application_id)})
    if isinstance(answer, SignalError):
        span.fail(answer.code)
    else:
        span.note({"signal.messages": len(answer.message_ids), "signal.replayed": answer.replayed})


def _stored_key(command: AcceptMessages, result: AcceptResult) -> list[StoredKey]:
    if command.idempotency_key is None:
        return []
    stored = result.to_stored()
    return [StoredKey(command.application_id, command.idempotency_key, command.request_hash, stored)]


def _as_replay(answer: Answer) -> Answer:
    return attrs.evolve(answer, replayed=True) if isinstance(answer, AcceptResult) else answer
