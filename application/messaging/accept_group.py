"""One transaction for a group of calls: each caller gets its own result, and nobody pays for a neighbour's mistake.

The order inside is the lock order of the pipeline: idempotency keys, recipients, quota, inserts, commit, doorbells.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, AcceptResult
from application.messaging.accept_plan import Draft, RowPlan, id_stream
from application.ports.accept_store import (
    AcceptStore,
    AcceptTransaction,
    ReservationAnswer,
    ReservationAsk,
    StoredKey,
)
from application.ports.clock import Clock
from application.ports.doorbells import Doorbells, Ring
from application.ports.identifiers import Identifiers
from application.ports.profiles import Profile
from domain.audience.suppression import WITHOUT_ADDRESSES
from domain.quota.windows import windows_at
from domain.shared.channels import Channel
from domain.shared.errors import (
    CommitUnknown,
    CreditExhausted,
    IdempotencyInProgress,
    IdempotencyMismatch,
    InvalidInput,
    QuotaExceeded,
    SignalError,
    Unavailable,
)

Window = tuple[Channel, date, date]
Owned = tuple[object, UUID, Window]
"""("shared" or the number of a call, application, window): what one reservation covers."""


@attrs.frozen(slots=True)
class Call:
    """A checked command and the application it is for."""

    command: AcceptMessages
    profile: Profile


Answer = AcceptResult | SignalError


class AcceptGroup:
    """Accept a group of calls in one transaction."""

    def __init__(
        self, store: AcceptStore, doorbells: Doorbells, clock: Clock, identifiers: Identifiers
    ) -> None:
        self._store = store
        self._doorbells = doorbells
        self._clock = clock
        self._identifiers = identifiers

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
        answers: dict[int, Answer] = {}
        released: list[Ring] = []
        minted: list[UUID] = []
        try:
            async with self._store.begin() as transaction:
                followers = await self._claim_keys(transaction, calls, answers)
                drafts = await self._resolve(transaction, calls, answers, followers)
                plan = RowPlan(id_stream(self._identifiers))
                reservations = await self._reserve(transaction, drafts, answers)
                keys: list[StoredKey] = []
                for number, draft in drafts.items():
                    if number in answers:
                        continue
                    result = plan.add(draft, reservations[number])
                    answers[number] = result
                    minted.extend(result.message_ids)
                    command = draft.command
                    if command.idempotency_key is not None:
                        keys.append(
                            StoredKey(
                                command.application_id,
                                command.idempotency_key,
                                command.request_hash,
                                result.to_stored(),
                            )
                        )
                if plan.chunks or keys:
                    now = self._clock.now()
                    ready = await transaction.insert(plan.contents, plan.chunks, keys, now)
                    if plan.fallbacks or plan.children:
                        await transaction.insert_families(plan.fallbacks, plan.children)
                    released.extend(Ring(chunk.lane, chunk.channel, chunk.id) for chunk in ready)
        except CommitUnknown as unknown:
            raise CommitUnknown(
                unknown.message,
                retry_after=2.0,
                extra={"message_ids": [str(one) for one in minted[:1000]]},
            ) from unknown
        if released:
            await self._doorbells.ring(released)
        for number, leader in followers.items():
            answers[number] = _as_replay(answers[leader])
        return [answers[number] for number in range(len(calls))]

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
        for draft in drafts.values():
            draft.resolve(by_id, by_name, suppressed)
        return drafts

    async def _reserve(
        self, transaction: AcceptTransaction, drafts: dict[int, Draft], answers: dict[int, Answer]
    ) -> dict[int, dict[Window, UUID]]:
        """Reserve for every draft; those that do not fit are answered with the refusal."""
        asks: dict[Owned, ReservationAsk] = {}
        wanted: dict[int, dict[Window, int]] = {}
        for number, draft in drafts.items():
            wanted[number] = draft.windows()
            owner: object = "shared" if draft.shares else number
            for window, n in wanted[number].items():
                key: Owned = (owner, draft.command.application_id, window)
                ask = asks.get(key)
                asks[key] = (
                    ReservationAsk(
                        self._identifiers.one(),
                        draft.command.application_id,
                        *window[:1],
                        n,
                        *window[1:],
                        partial=draft.command.allow_partial,
                    )
                    if ask is None
                    # Several calls in one grant: what does not fit is found out below, call by call.
                    else attrs.evolve(ask, n=ask.n + n, partial=True)
                )
        if not asks:
            return {number: {} for number in drafts}
        keys = list(asks)
        replies = dict(
            zip(keys, await transaction.reserve([asks[key] for key in keys], self._clock.now()), strict=True)
        )
        left = {key: reply.granted for key, reply in replies.items()}
        reservations: dict[int, dict[Window, UUID]] = {}
        for number, draft in drafts.items():
            owner = "shared" if draft.shares else number
            application_id = draft.command.application_id
            mine: dict[Window, Owned] = {window: (owner, application_id, window) for window in wanted[number]}
            short = next(
                (owned for window, owned in mine.items() if left[owned] < wanted[number][window]), None
            )
            if short is not None and not (draft.command.allow_partial and left[short] > 0 and len(mine) == 1):
                answers[number] = _refusal(draft, replies[short], sum(wanted[number].values()))
                continue
            if short is not None:
                draft.refuse_tail(left[short], "quota_exceeded", "the quota has no room for this message")
            for window, owned in mine.items():
                left[owned] -= min(left[owned], wanted[number][window])
            reservations[number] = {window: asks[owned].id for window, owned in mine.items()}
        for owned, unused in left.items():
            if unused > 0:
                await transaction.give_back(asks[owned], unused, self._clock.now())
        return reservations


def _as_replay(answer: Answer) -> Answer:
    return attrs.evolve(answer, replayed=True) if isinstance(answer, AcceptResult) else answer


def _refusal(draft: Draft, reply: ReservationAnswer, wanted: int) -> SignalError:
    if reply.refused_by == "credit":
        return CreditExhausted(
            f"the prepaid credit does not cover {wanted} messages",
            fix="top up the credit or send fewer messages",
        )
    kind = "monthly" if reply.refused_by == "monthly" else "daily"
    return QuotaExceeded(
        f"{wanted} messages do not fit into the {kind} quota",
        reset_date=_reset_date(draft, monthly=kind == "monthly"),
        extra={"quota": kind},
    )


def _reset_date(draft: Draft, *, monthly: bool) -> datetime:
    windows = windows_at(draft.now, draft.profile.time_zone.key)
    return windows.monthly_reset if monthly else windows.daily_reset
