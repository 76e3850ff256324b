"""From outcomes to rows: each kind of outcome becomes the change, the retry, the fault or the successor it should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.dispatch.deliver_chunk import check_recipient
from application.dispatch.settlement import Settled, SettlementBuilder, accepted_ids
from application.ports.chunk_settlement import ChunkSettlement, SentLines
from application.ports.leased_chunk import Chunk, LoadedMessage
from domain.messaging.lifecycle import Event
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Outcome,
    Rejected,
    Unknown,
)
from domain.shared.channels import Channel, Lane, SubscriptionType

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
APP, USER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


class Half:
    def uniform(self) -> float:
        return 0.5

    def secret(self, n_bytes: int) -> str:
        return "x" * n_bytes


def chunk(n: int = 1) -> Chunk:
    ids = [UUID(int=100 + i) for i in range(n)]
    return Chunk(
        UUID(int=9),
        APP,
        UUID(int=8),
        Channel.PUSH,
        SubscriptionType.IOS_PUSH,
        Lane.BULK,
        1,
        0,
        ids,
        None,
        None,
    )


def message(id_: UUID, **fields: object) -> LoadedMessage:
    loaded = LoadedMessage(
        id=id_, status=0, attempts=0, content_id=UUID(int=7), expires_at=NOW + timedelta(days=3),
        user_targeted=False, user_id=None, subscription_id=UUID(int=50), owner_id=None, subscription_status=1,
        is_archived=False, token=None, token_version=4, environment=None, test_type=0, app_version=None,
    )  # fmt: skip
    for name, value in fields.items():
        setattr(loaded, name, value)
    return loaded


def settle(outcome: Outcome, **fields: object) -> ChunkSettlement:
    of = chunk()
    builder = SettlementBuilder(of, 1, NOW, Half())
    id_ = of.message_ids[0]
    attempted = not isinstance(outcome, NotAttempted | CredentialFault)
    builder.add(Settled(of, message(id_, **fields), id_, outcome, attempted, latency_ms=12))
    return builder.finish(complete=True)


def test_an_accepted_send_is_a_send_whose_event_names_attempt_latency_and_provider_id() -> None:
    settlement = settle(Accepted("projects/p/messages/1"), attempts=2)
    (change,) = settlement.changes
    assert (change.event, change.attempted, change.reason) == (Event.SEND, True, None)
    sent = settlement.sent
    assert (sent.message_ids, sent.attempts, sent.latencies) == (change.message_ids, [3], [12])
    assert sent.provider_ids == ["projects/p/messages/1"]
    assert settlement.events == []


def test_sent_lines_leave_out_what_the_guard_refused() -> None:
    """A message that changed meanwhile was not sent by this flush, whatever the provider said."""
    one, two = UUID(int=1), UUID(int=2)
    kr, us = (None, None, "KR", "1.0"), (None, None, "US", "2.0")
    lines = SentLines([one, two], [two, one], [1, 2], [10, 20], [None, "x"], [kr, us], "fcm")
    assert lines.only({two}) == SentLines([two], [one], [2], [20], ["x"], [us], "fcm")
    assert lines.only({one, two}) is lines


def test_a_learnt_environment_is_kept_only_when_it_is_news() -> None:
    assert settle(Accepted(environment=1)).environments[0].environment == 1
    assert settle(Accepted(environment=1), environment=1).environments == []


def test_a_rejection_fails_the_message_and_carries_its_code() -> None:
    settlement = settle(Rejected("Unregistered", subscription_code=-10, token_invalid_since=1_790_000_000.0))
    (change,) = settlement.changes
    assert (change.event, change.reason, change.details) == (Event.FAIL, "Unregistered", {"code": -10})
    (fault,) = settlement.token_faults
    assert (fault.code, fault.token_version, fault.damage) == (-10, 4, False)
    assert fault.invalid_since == datetime.fromtimestamp(1_790_000_000, UTC)


def test_a_code_of_one_message_only_never_touches_the_subscription() -> None:
    settlement = settle(Rejected("template_not_approved", message_code=-63))
    assert settlement.token_faults == []
    assert settlement.changes[0].details == {"code": -63}


def test_a_deferral_is_an_error_with_a_retry_after_what_the_provider_asked_for() -> None:
    settlement = settle(Deferred("ServiceUnavailable", retry_after=120))
    assert settlement.changes[0].event is Event.ERROR
    assert settlement.retries[0].due_at == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"attempts": 5}, Deferred("InternalServerError")),
        ({"attempts": 2}, Deferred("UNSPECIFIED_ERROR", max_attempts=3)),
        ({"expires_at": NOW + timedelta(seconds=30)}, Deferred("TooManyRequests", retry_after=60)),
    ],
)
def test_a_deferral_that_can_not_be_tried_again_fails_with_the_providers_reason(
    fields: dict[str, object], outcome: Deferred
) -> None:
    settlement = settle(outcome, **fields)
    (change,) = settlement.changes
    assert (change.event, change.reason) == (Event.FAIL, outcome.reason)
    assert change.details == {"attempts_exhausted": True}
    assert settlement.retries == []


def test_an_unknown_outcome_is_an_error_that_is_never_retried_by_itself() -> None:
    settlement = settle(Unknown("timeout"))
    assert (settlement.changes[0].event, settlement.changes[0].reason) == (Event.ERROR, "unknown_outcome")
    assert settlement.retries == []


def test_a_credential_fault_pauses_the_route_and_the_message_goes_back_unspent() -> None:
    settlement = settle(CredentialFault("InvalidProviderToken", 3))
    assert settlement.pause is not None
    assert (settlement.pause.reason, settlement.pause.credential_version) == ("InvalidProviderToken", 3)
    assert settlement.changes == []
    assert [len(successor.message_ids) for successor in settlement.successors] == [1]


def test_what_was_not_attempted_goes_back_together_by_the_time_it_waits() -> None:
    of = chunk(4)
    builder = SettlementBuilder(of, 1, NOW, Half())
    for id_, wait in zip(of.message_ids, (None, 5.0, 5.4, 60.0), strict=True):
        builder.add(Settled(of, message(id_), id_, NotAttempted(retry_after=wait), attempted=False))
    waits = {
        len(one.message_ids): one.not_before
        for one in builder.finish(complete=True).successors
        if one.not_before
    }
    assert waits == {2: NOW + timedelta(seconds=6), 1: NOW + timedelta(seconds=61)}


def test_what_was_settled_before_writes_nothing() -> None:
    of = chunk()
    builder = SettlementBuilder(of, 1, NOW, Half())
    builder.add(Settled(of, None, of.message_ids[0], None, attempted=False))
    settlement = builder.finish(complete=True)
    assert (settlement.changes, settlement.events, settlement.successors) == ([], [], [])
    assert settlement.complete


def test_only_a_providers_yes_is_proof() -> None:
    of = chunk(3)
    outcomes: list[Outcome] = [Accepted(), Rejected("x"), Deferred("y")]
    batch = [
        Settled(of, message(id_), id_, outcome, True)
        for id_, outcome in zip(of.message_ids, outcomes, strict=True)
    ]
    assert accepted_ids(batch) == [of.message_ids[0]]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"expires_at": NOW}, "expired"),
        ({"subscription_status": None, "is_archived": None}, "subscription_gone"),
        ({"is_archived": True}, "subscription_gone"),
        ({"subscription_status": -2}, "unsubscribed"),
        ({"subscription_status": 0}, "unsubscribed"),
        ({"user_targeted": True, "user_id": USER, "owner_id": USER}, None),
        ({"user_targeted": True, "user_id": USER, "owner_id": OTHER}, "unlinked"),
        ({"user_targeted": True, "user_id": USER, "owner_id": None}, "unlinked"),
        ({"user_targeted": False, "user_id": USER, "owner_id": OTHER}, None),
    ],
)
def test_who_a_queued_message_is_for_is_checked_again_before_it_is_sent(
    fields: dict[str, object], reason: str | None
) -> None:
    assert check_recipient(message(UUID(int=100), **fields), NOW) == reason
