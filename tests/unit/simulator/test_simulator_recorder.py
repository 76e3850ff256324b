"""The record counts what arrived, bounded and exactly."""

from __future__ import annotations

from entrypoints.simulator.recorder import ACCEPTED, MessageLedger, Recorder, device_hash


def test_attempts_acceptances_and_duplicates_are_counted_by_message() -> None:
    """Refused and accepted three times: the second acceptance makes it a duplicate, the third no other one."""
    ledger = MessageLedger("apns", 100)
    seen = []
    for now, outcome in ((1.0, "Shutdown"), (2.0, ACCEPTED), (3.0, ACCEPTED), (4.0, ACCEPTED)):
        slot, attempt = ledger.arrive("m-1", "token", now)
        ledger.settle(slot, outcome)
        seen.append((attempt, ledger.duplicates))
    delivery = ledger.delivery("m-1")
    assert seen == [(1, 0), (2, 0), (3, 1), (4, 1)]
    assert delivery is not None
    assert (delivery.attempts, delivery.accepted, delivery.last_outcome) == (4, 3, ACCEPTED)
    assert (delivery.first_at, delivery.last_at) == (1.0, 4.0)
    assert delivery.device == f"{device_hash('token'):016x}"
    assert (ledger.requests, ledger.accepted_total, ledger.duplicates) == (4, 3, 1)
    assert ledger.outcomes == {"Shutdown": 1, ACCEPTED: 3}


def test_messages_without_an_id_are_counted_by_token_and_never_as_duplicates() -> None:
    """Two anonymous pushes to one device are two attempts in the totals and no line in the audit."""
    ledger = MessageLedger("fcm", 100)
    for expected in (1, 2):
        slot, attempt = ledger.arrive(None, "token", 1.0)
        ledger.settle(slot, ACCEPTED)
        assert attempt == expected
    assert (ledger.accepted_total, ledger.duplicates, list(ledger.deliveries())) == (2, 0, [])


def test_beyond_the_bound_only_totals_grow() -> None:
    """The third message is counted as untracked; the known ones are still followed."""
    ledger = MessageLedger("apns", 2)
    for message_id in ("a", "b", "c", "a"):
        slot, _ = ledger.arrive(message_id, "token", 1.0)
        ledger.settle(slot, ACCEPTED)
    assert (ledger.requests, ledger.accepted_total, ledger.untracked, ledger.messages) == (4, 4, 1, 2)
    assert [item.message_id for item in ledger.deliveries()] == ["a", "b"]
    assert [item.message_id for item in ledger.deliveries(only_duplicates=True)] == ["a"]
    assert ledger.delivery("c") is None


def test_an_audit_under_way_is_not_disturbed_by_arrivals() -> None:
    """Messages that arrive while the audit streams are left to the next one."""
    ledger = MessageLedger("apns", 100)
    for message_id in ("a", "b"):
        ledger.settle(ledger.arrive(message_id, "t", 1.0)[0], ACCEPTED)
    audit = ledger.deliveries()
    assert next(audit).message_id == "a"
    ledger.settle(ledger.arrive("c", "t", 1.0)[0], ACCEPTED)
    assert [item.message_id for item in audit] == ["b"]


def test_reset_forgets_everything() -> None:
    """Ledgers, counts and the ring."""
    recorder = Recorder(max_messages=10, last_requests=10)
    recorder.apns.arrive("a", "t", 1.0)
    recorder.realms["production"] += 1
    recorder.oauth["issued"] += 1
    recorder.reset()
    assert recorder.apns.requests == 0
    assert not recorder.realms
    assert not recorder.oauth
