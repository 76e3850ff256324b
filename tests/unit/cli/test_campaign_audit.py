"""The audit of the demo's campaign notices every kind of damage that a campaign could do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import attrs
import pytest

from bootstrap.demo.audit import audit
from bootstrap.demo.campaign import Outcome, campaign_checks, recount
from bootstrap.demo.devices import Fate
from bootstrap.demo.evidence import Evidence
from domain.messaging.lifecycle import Status
from entrypoints.simulator.recorder import device_hash
from tests.unit.cli.test_audit import DEAD, FATES, HEALTHY, sound

Case = tuple[Evidence, Outcome]


def a_campaign() -> Case:
    """The four messages of the other audit, to four people with names and devices of their own."""
    before = sound()
    recipients = [
        attrs.evolve(one, device=attrs.evolve(one.device, token=f"token {n}", name=f"name {n}"))
        for n, one in enumerate(before.recipients)
    ]
    evidence = attrs.evolve(
        before,
        recipients=recipients,
        told=attrs.evolve(before.told, replayed=False),
    )
    outcome = Outcome(
        campaign={"status": "sent", **recount(evidence)},
        accepted_by_device={
            _hash(one.device.token): int(one.device.fate is not Fate.DEAD) for one in recipients
        },
        texts={id_: f"{one.device.name}님, 안녕하세요" for id_, one in zip(FATES, recipients, strict=True)},
        refused_again=True,
    )
    return evidence, outcome


def _hash(token: str) -> str:
    return f"{device_hash(token):016x}"


def _told(**changes: Any) -> Callable[[Case], Case]:
    return lambda case: (case[0], attrs.evolve(case[1], campaign={**case[1].campaign, **changes}))


def _outcome(**changes: Any) -> Callable[[Case], Case]:
    return lambda case: (case[0], attrs.evolve(case[1], **changes))


def _device(token: str, accepted: int) -> Callable[[Case], Case]:
    def damage(case: Case) -> Case:
        devices: Mapping[str, int] = {**case[1].accepted_by_device, _hash(token): accepted}
        return case[0], attrs.evolve(case[1], accepted_by_device=devices)

    return damage


def _second_message(case: Case) -> Case:
    again = attrs.evolve(case[0].stored[HEALTHY], id=UUID(int=9))
    return attrs.evolve(case[0], stored={**case[0].stored, again.id: again}), case[1]


def _to_somebody_else(case: Case) -> Case:
    moved = attrs.evolve(case[0].stored[DEAD], subscription_id=uuid4())
    return attrs.evolve(case[0], stored={**case[0].stored, DEAD: moved}), case[1]


def _canceled(case: Case) -> Case:
    changed = attrs.evolve(case[0].stored[HEALTHY], status=Status.CANCELED)
    return attrs.evolve(case[0], stored={**case[0].stored, HEALTHY: changed}), case[1]


DAMAGE: dict[str, tuple[Callable[[Case], Case], str]] = {
    "two messages for one person": (_second_message, "everyone_once"),
    "a message to somebody else": (_to_somebody_else, "everyone_once"),
    "a device that was reached twice": (_device("token 0", 2), "devices_once"),
    "a device that was never reached": (_device("token 1", 0), "devices_once"),
    "a dead device that was reached": (_device("token 3", 1), "devices_once"),
    "somebody else's name": (_outcome(texts={HEALTHY: "name 2님, 안녕하세요"}), "addressed_by_name"),
    "no text at all": (_outcome(texts={}), "addressed_by_name"),
    "a campaign that hangs": (_told(status="sending"), "campaign_sent"),
    "a campaign that can be launched again": (_outcome(refused_again=False), "campaign_sent"),
    "a success too many": (_told(successful_count=4), "counters_are_a_recount"),
    "a forgotten failure": (_told(failed_count=0), "counters_are_a_recount"),
    "a canceled message that is not counted": (_canceled, "counters_are_a_recount"),
}


def test_a_sound_campaign_passes_every_check() -> None:
    evidence, outcome = a_campaign()
    result = audit(evidence, campaign_checks(outcome))
    assert [check for check in result.checks if not check.holds] == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(damage: str) -> None:
    """Each kind of damage breaks the check that is for it."""
    plant, name = DAMAGE[damage]
    evidence, outcome = plant(a_campaign())
    result = audit(evidence, campaign_checks(outcome))
    assert not result.holds
    assert {check.name: check.found for check in result.checks}[name]
