"""UUIDv7 ids and randomness of the machine."""

from __future__ import annotations

import pickle
import threading
import time
from uuid import RFC_4122, UUID

from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemRandomness, Uuid7


def test_ids_are_version_seven_and_carry_the_present() -> None:
    before = time.time_ns() // 1_000_000
    ids = Uuid7().many(100)
    for id in ids:
        assert (id.version, id.variant) == (7, RFC_4122)
        assert before <= id.int >> 80 <= time.time_ns() // 1_000_000


def test_many_single_ids_do_not_run_ahead_of_the_clock() -> None:
    identifiers = Uuid7()
    last = [identifiers.one() for _ in range(5_000)][-1]
    assert last.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_ascend_within_a_call_and_over_calls() -> None:
    identifiers = Uuid7()
    ids = [id for n in (1, 1000, 3, 1, 0, 50_000, 1) for id in identifiers.many(n)]
    ids.append(identifiers.one())
    assert len(set(ids)) == len(ids)
    assert sorted(ids) == ids


def test_threads_never_get_the_same_id() -> None:
    identifiers = Uuid7()
    found: list[UUID] = []
    threads = [threading.Thread(target=lambda: found.extend(identifiers.many(2_000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 16_000


def test_ids_are_ordinary_standard_library_ids() -> None:
    id = Uuid7().one()
    assert type(id) is UUID
    assert UUID(str(id)) == id
    assert pickle.loads(pickle.dumps(id)) == id
    assert {id: 1}[UUID(bytes=id.bytes)] == 1


def test_secrets_are_long_and_differ_and_draws_stay_in_range() -> None:
    randomness = SystemRandomness()
    secrets = {randomness.secret(32) for _ in range(100)}
    assert len(secrets) == 100
    assert min(len(secret) for secret in secrets) >= 43
    assert all(0 <= randomness.uniform() < 1 for _ in range(1_000))


def test_the_clock_is_aware_and_utc() -> None:
    offset = SystemClock().now().utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0
