"""One device per user: the used one, then the newest, the same one in whatever order they come."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.dedupe import Candidate, Dedupe, dedupe_from_json, deduplicate
from domain.shared.channels import Channel
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import at, refusal

NOW = at("2026-05-04T03:00Z")
MINSU, JIYOUNG = UUID(int=1), UUID(int=2)


def candidate(
    id_: int,
    user: UUID | None = MINSU,
    channel: Channel = Channel.PUSH,
    active: int | None = 0,
    created: int = 0,
) -> Candidate:
    """Active and created so many hours ago; None: never active."""
    return Candidate(
        subscription_id=UUID(int=id_),
        user_id=user,
        channel=channel,
        last_active_at=None if active is None else NOW - timedelta(hours=active),
        created_at=NOW - timedelta(hours=created),
    )


def chosen(
    candidates: list[Candidate], mode: Dedupe = Dedupe.ONE_PER_CHANNEL, *channels: Channel
) -> list[int]:
    found = deduplicate(candidates, mode, channels or tuple(Channel))
    assert {*found.chosen, *found.left_out} == set(candidates)
    return [one.subscription_id.int for one in found.chosen]


def test_the_most_recently_active_device_is_chosen() -> None:
    """However old it is; one that never was active comes last."""
    assert chosen([candidate(1, active=5, created=1), candidate(2, active=2, created=99)]) == [2]
    assert chosen([candidate(1, active=None, created=0), candidate(2, active=900, created=999)]) == [2]


def test_of_equally_active_ones_the_newest_is_chosen() -> None:
    """And of equally new ones that with the greater id."""
    assert chosen([candidate(1, created=5), candidate(2, created=9)]) == [1]
    assert chosen([candidate(1, active=None, created=5), candidate(2, active=None, created=4)]) == [2]
    assert chosen([candidate(7), candidate(3), candidate(5)]) == [7]


def test_each_user_keeps_one_and_who_is_not_known_counts_alone() -> None:
    """Devices without a user are not one another's."""
    devices = [
        candidate(1),
        candidate(2, active=1),
        candidate(3, JIYOUNG),
        candidate(4, None),
        candidate(5, None),
    ]
    assert chosen(devices) == [1, 3, 4, 5]
    assert chosen(devices, Dedupe.ALL) == [1, 2, 3, 4, 5]


def test_channels_are_deduplicated_each_for_itself_or_together() -> None:
    """Together, the campaign's order of channels decides before activity does."""
    devices = [
        candidate(1, active=9),
        candidate(2, active=5),
        candidate(3, channel=Channel.EMAIL, active=1),
        candidate(4, channel=Channel.EMAIL, active=2),
    ]
    assert chosen(devices, Dedupe.ONE_PER_CHANNEL) == [2, 3]
    assert chosen(devices, Dedupe.ONE_PER_USER, Channel.PUSH, Channel.EMAIL) == [2]
    assert chosen(devices, Dedupe.ONE_PER_USER, Channel.EMAIL, Channel.PUSH) == [3]
    assert chosen(devices, Dedupe.ONE_PER_USER, Channel.EMAIL) == [3]


DEVICES = st.lists(
    st.builds(
        candidate,
        id_=st.integers(1, 10_000),
        user=st.sampled_from([MINSU, JIYOUNG, None]),
        channel=st.sampled_from([Channel.PUSH, Channel.EMAIL, Channel.SMS]),
        active=st.one_of(st.none(), st.integers(0, 3)),
        created=st.integers(0, 3),
    ),
    unique_by=lambda one: one.subscription_id,
    max_size=12,
)


@settings(deadline=None)
@given(DEVICES.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))), st.sampled_from(Dedupe))
def test_the_order_of_the_candidates_never_matters(
    orders: tuple[list[Candidate], list[Candidate]], mode: Dedupe
) -> None:
    """And every user who has a device gets one."""
    devices, shuffled = orders
    assert sorted(chosen(devices, mode)) == sorted(chosen(shuffled, mode))
    found = deduplicate(devices, mode)
    assert {one.user_id for one in found.chosen} == {one.user_id for one in devices}
    if mode is Dedupe.ONE_PER_USER:
        users = [one.user_id for one in found.chosen if one.user_id is not None]
        assert len(users) == len(set(users))


def test_a_change_elsewhere_changes_nobody_elses_device() -> None:
    """The choice depends on the user's own devices only."""
    mine = [candidate(1, active=2), candidate(2, active=1)]
    other = candidate(3, JIYOUNG, active=0)
    assert chosen(mine) == [2]
    assert chosen([*mine, other]) == chosen([*mine, attrs.evolve(other, last_active_at=None)]) == [2, 3]


@pytest.mark.parametrize("mode", Dedupe)
def test_modes_are_read_by_name(mode: Dedupe) -> None:
    """The name is what is stored, too."""
    assert dedupe_from_json(mode.value) is mode


@pytest.mark.parametrize("given_", [None, "", "one", True, ["all"], {"mode": "all"}], ids=str)
def test_an_unknown_mode_is_refused_by_name(given_: Json) -> None:
    """With the fix."""
    assert refusal(lambda: dedupe_from_json(given_, field="timing.dedupe")).field == "timing.dedupe"
