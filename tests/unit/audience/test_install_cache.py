"""An install that has just shown its secret is known again, within bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from application.audience.install_cache import REMEMBER, InstallCache
from domain.audience.install import Install, hash_install_secret

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
APP = UUID(int=1)


def install(name: str, *, confirmed: bool = True, app: UUID = APP) -> Install:
    """Its secret is its name, spelt twice."""
    return Install(uuid4(), app, name, hash_install_secret(name * 2), NOON, NOON, NOON if confirmed else None)


def test_only_the_right_secret_opens_it() -> None:
    """Neither another secret nor another application's install of the same name."""
    cache = InstallCache()
    phone = install("phone")
    cache.put(phone, NOON)
    assert cache.get(APP, "phone", "phonephone", NOON) is phone
    assert cache.get(APP, "phone", "wrong", NOON) is None
    assert cache.get(UUID(int=2), "phone", "phonephone", NOON) is None


def test_it_is_forgotten_after_its_time_and_when_the_clock_goes_back() -> None:
    """Bounded in time on both sides."""
    cache = InstallCache()
    cache.put(install("phone"), NOON)
    assert cache.get(APP, "phone", "phonephone", NOON + REMEMBER) is None
    cache.put(install("phone"), NOON)
    assert cache.get(APP, "phone", "phonephone", NOON - timedelta(seconds=1)) is None


def test_an_install_whose_secret_may_still_be_replaced_is_not_remembered() -> None:
    """Until it was confirmed, the next registration gives it another secret."""
    cache = InstallCache()
    cache.put(install("phone", confirmed=False), NOON)
    assert len(cache) == 0


def test_the_number_of_installs_is_bounded() -> None:
    """The one that was put in first goes first."""
    cache = InstallCache(entries=2)
    for name in ("a", "b", "c"):
        cache.put(install(name), NOON)
    assert len(cache) == 2
    assert cache.get(APP, "a", "aa", NOON) is None
    assert cache.get(APP, "c", "cc", NOON) is not None
