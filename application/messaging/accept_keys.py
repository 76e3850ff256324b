"""Idempotency keys of a group of calls: who goes first, who repeats, and who asks for something else under the same key."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, AcceptResult, Answer
from application.ports.accept_store import AcceptTransaction, StoredKey
from domain.shared.errors import IdempotencyInProgress, IdempotencyMismatch


async def claim_keys(
    transaction: AcceptTransaction, commands: Sequence[AcceptMessages], answers: dict[int, Answer]
) -> dict[int, int]:
    """Answer replays and mismatches; return {duplicate call: the call of this group that leads it}."""
    leaders: dict[tuple[UUID, str], int] = {}
    followers: dict[int, int] = {}
    for number, command in enumerate(commands):
        name = command.idempotency_key
        if name is None:
            continue
        named = command.application_id, name
        leader = leaders.setdefault(named, number)
        if leader != number:
            if commands[leader].request_hash == command.request_hash:
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
        elif row is not None and row.request_hash != commands[number].request_hash:
            answers[number] = IdempotencyMismatch(
                field="Idempotency-Key", fix="use a new key for another request"
            )
        elif row is not None:
            answers[number] = AcceptResult.from_stored(row.response)
    return followers


def stored_key(command: AcceptMessages, result: AcceptResult) -> list[StoredKey]:
    """The row that answers the same request again; none when the caller gave no key."""
    if command.idempotency_key is None:
        return []
    stored = result.to_stored()
    return [StoredKey(command.application_id, command.idempotency_key, command.request_hash, stored)]


def as_replay(answer: Answer) -> Answer:
    """What a call is told whose answer was worked out for another one."""
    return attrs.evolve(answer, replayed=True) if isinstance(answer, AcceptResult) else answer
