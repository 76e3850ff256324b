"""From outcomes to rows: a pure translation of what providers said into one settlement per chunk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs

from application.ports.chunk_settlement import (
    Change,
    ChunkSettlement,
    EventLine,
    LearntEnvironment,
    RetryLine,
    RoutePause,
    Successor,
    TokenFault,
)
from application.ports.identifiers import Randomness
from application.ports.leased_chunk import Chunk, LoadedMessage
from domain.messaging.event import EVENT_OF, Reason, Source
from domain.messaging.lifecycle import Event
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    Details,
    NotAttempted,
    Outcome,
    Rejected,
    Unknown,
    storable_details,
)
from domain.messaging.retry import policy_for
from domain.shared.json_values import storable

MAX_REASON = 200
_SENT = (Event.SEND, True, None, None)
"""The kind of change that a taken message is: an attempt was spent, and there is nothing to explain."""


@attrs.define(slots=True)
class Settled:
    """One outcome of one message, on its way into the database."""

    chunk: Chunk
    message: LoadedMessage | None
    """None: the row is gone (retention); nothing to write but the chunk's progress."""
    message_id: UUID
    outcome: Outcome | None
    """None: the message was settled before, nothing to write."""
    attempted: bool
    latency_ms: int = 0
    claimed: bool = False
    """Its send was claimed: the claim ends with a definite outcome and stays with an unknown one."""
    heals: bool = False
    """Being taken is all that is ever heard of a message of this provider: it forgets the address's soft faults."""
    source: Source | None = None
    """Who says so, where it is neither the provider nor the worker."""
    provider: str = ""
    """Who was asked to send."""


class SettlementBuilder:
    """Collects the outcomes of one chunk for one flush."""

    def __init__(self, chunk: Chunk, flush: int, now: datetime, randomness: Randomness) -> None:
        self._chunk = chunk
        self._now = now
        self._randomness = randomness
        self._changes: dict[
            tuple[Event, bool, str | None, str | None], tuple[Details | None, list[UUID]]
        ] = {}
        self._back: dict[datetime | None, list[UUID]] = {}
        self.settlement = ChunkSettlement(chunk, flush)

    def add(self, settled: Settled) -> None:
        """Translate one outcome."""
        outcome, message = settled.outcome, settled.message
        if settled.claimed:
            keeps = isinstance(outcome, Unknown)
            (self.settlement.unknown if keeps else self.settlement.unclaimed).append(settled.message_id)
        if outcome is None or message is None:
            return
        if isinstance(outcome, Accepted):
            if outcome.environment is not None and outcome.environment != message.environment:
                self.settlement.environments.append(
                    LearntEnvironment(message.subscription_id, message.token_version, outcome.environment)
                )
            if settled.heals:
                self.settlement.healed.append(message.subscription_id)
            if settled.attempted:
                self._send(settled, message, outcome)
            else:
                # The provider was asked, and had taken an earlier attempt: its chunk is gone, so the event is a row.
                found: Details = {} if outcome.provider_id is None else {"provider_id": outcome.provider_id}
                self._change(settled, message, Event.SEND, None, None, told=found)
        elif isinstance(outcome, Rejected):
            self._reject(settled, message, outcome)
        elif isinstance(outcome, Deferred):
            self._defer(settled, message, outcome)
        elif isinstance(outcome, Unknown):
            details = {**outcome.details, "unknown": outcome.reason}
            self._change(settled, message, Event.ERROR, Reason.UNKNOWN_OUTCOME, details)
        elif isinstance(outcome, CredentialFault):
            self.settlement.pause = RoutePause(
                _reason(outcome),
                outcome.credential_version,
                storable_details(outcome.details),
                outcome.provider,
            )
            self._back.setdefault(None, []).append(settled.message_id)
        else:
            self._give_back(settled, outcome)

    def give_up(self, settled: Settled, message: LoadedMessage) -> None:
        """Nobody could say whether it was sent: it failed, and is charged."""
        self.settlement.charges_failures = True
        self._change(settled, message, Event.FAIL, Reason.UNKNOWN_OUTCOME, {"charged": True})

    def finish(self, complete: bool) -> ChunkSettlement:
        """The settlement; `complete` when every id of the chunk has had its outcome."""
        settlement = self.settlement
        settlement.changes = [
            Change(event, attempted, reason, details, ids)
            for (event, attempted, reason, _), (details, ids) in self._changes.items()
        ]
        settlement.successors = [Successor(sorted(ids), not_before) for not_before, ids in self._back.items()]
        settlement.complete = complete
        return settlement

    def _send(self, settled: Settled, message: LoadedMessage, outcome: Accepted) -> None:
        """What most outcomes are: columns instead of a line each."""
        group = self._changes.get(_SENT)
        if group is None:
            group = self._changes[_SENT] = (None, [])
        group[1].append(settled.message_id)
        if outcome.open_until is not None:
            self.settlement.unseen.append((settled.message_id, outcome.open_until))
        sent = self.settlement.sent
        sent.message_ids.append(settled.message_id)
        sent.subscription_ids.append(message.subscription_id)
        sent.attempts.append(message.attempts + 1)
        sent.latencies.append(settled.latency_ms)
        provider_id = outcome.provider_id
        sent.provider_ids.append(None if provider_id is None else storable(provider_id))
        sent.traits.append(
            (message.campaign_id, message.template_id, message.country_code, message.app_version)
        )
        sent.provider = settled.provider

    def _reject(self, settled: Settled, message: LoadedMessage, outcome: Rejected) -> None:
        details: dict[str, str | int | float | bool | None] = dict(outcome.details)
        code = outcome.subscription_code if outcome.subscription_code is not None else outcome.message_code
        if code is not None:
            details["code"] = code
        if outcome.bug:
            details["bug"] = True
        self._change(settled, message, Event.FAIL, _reason(outcome), details or None)
        if outcome.soft is not None:
            fault = (message.subscription_id, outcome.soft, _reason(outcome))
            self.settlement.soft_faults.append(fault)
        if outcome.subscription_code is not None:
            since = outcome.token_invalid_since
            self.settlement.token_faults.append(
                TokenFault(
                    message.subscription_id,
                    outcome.subscription_code,
                    message.token_version,
                    _reason(outcome),
                    None if since is None else datetime.fromtimestamp(since, UTC),
                    outcome.damage,
                )
            )

    def _defer(self, settled: Settled, message: LoadedMessage, outcome: Deferred) -> None:
        attempts = message.attempts + 1
        due = policy_for(self._chunk.channel).next_attempt(
            now=self._now,
            attempts=attempts,
            jitter=self._randomness.uniform(),
            retry_after=outcome.retry_after,
            expires_at=message.expires_at,
            max_attempts=outcome.max_attempts,
        )
        reason = _reason(outcome)
        if due is None:
            details = {**outcome.details, "attempts_exhausted": True}
            self._change(settled, message, Event.FAIL, reason, details)
            return
        self._change(settled, message, Event.ERROR, reason, outcome.details or None)
        self.settlement.retries.append(RetryLine(message.id, due, message.expires_at))

    def _give_back(self, settled: Settled, outcome: NotAttempted) -> None:
        wait = outcome.retry_after
        not_before = None if wait is None else self._now + timedelta(seconds=wait)
        if not_before is not None:
            # One successor for messages that wait about the same time: whole seconds.
            not_before = not_before.replace(microsecond=0) + timedelta(seconds=1)
        self._back.setdefault(not_before, []).append(settled.message_id)

    def _change(
        self,
        settled: Settled,
        message: LoadedMessage,
        event: Event,
        reason: str | None,
        details: Details | None,
        told: Details | None = None,
    ) -> None:
        """`details` are kept with the message and its event, `told` with the event only."""
        details = None if details is None else storable_details(details)
        text = json.dumps(details, ensure_ascii=False, separators=(",", ":")) if details else None
        key = (event, settled.attempted, reason, text)
        group = self._changes.get(key)
        if group is None:
            group = self._changes[key] = (details, [])
        group[1].append(settled.message_id)
        self.settlement.events.append(
            EventLine(
                settled.message_id,
                message.subscription_id,
                self._chunk.type,
                EVENT_OF[event],
                settled.source or (Source.PROVIDER if settled.attempted else Source.WORKER),
                reason,
                _metadata(settled, message, storable_details(told) if told else details),
                None if settled.source is Source.RECONCILER else message.traits,
                settled.provider,
            )
        )


def _metadata(settled: Settled, message: LoadedMessage, details: Details | None) -> str:
    content: dict[str, str | int | float | bool | None] = dict(details or {})
    content["attempt"] = message.attempts + (1 if settled.attempted else 0)
    if settled.attempted:
        content["latency_ms"] = settled.latency_ms
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _reason(outcome: Rejected | Deferred | CredentialFault) -> str:
    return storable(outcome.reason[:MAX_REASON])


def accepted_ids(batch: Sequence[Settled]) -> list[UUID]:
    """Messages that a provider took: what a worker that lost its fence hands on as proof."""
    return [one.message_id for one in batch if isinstance(one.outcome, Accepted)]
