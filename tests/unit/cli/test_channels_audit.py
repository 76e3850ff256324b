"""The audit of the demo of all channels notices every kind of damage: states, codes, money, doubles and losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import attrs
import pytest

from bootstrap.demo.channels.audit import audit_channels
from bootstrap.demo.channels.evidence import ChannelEvidence, Charge, Sent
from bootstrap.demo.channels.script import (
    KAKAO,
    PRICES,
    SMS,
    TROUBLES,
    WELL,
    due_messages,
    people,
)
from bootstrap.demo.channels.sending import Told
from bootstrap.demo.evidence import Ledger, Receipts, Seen, Stored
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel

EVENTS = {
    Status.SUCCESSFUL: (MessageEventType.SENT,),
    Status.RECEIVED: (MessageEventType.SENT, MessageEventType.RECEIVED),
    Status.CONVERTED: (MessageEventType.SENT, MessageEventType.RECEIVED, MessageEventType.CONVERTED),
}
Damage = Callable[[ChannelEvidence], ChannelEvidence]


def sound() -> ChannelEvidence:
    """One person for each line of the script, and everything as it should be."""
    everybody = people(len(TROUBLES), "run")
    due = list(due_messages(everybody, list(WELL)))
    messages, seen, subscriptions = [], {}, {}
    roots: dict[str, UUID] = {}
    for n, one in enumerate(due, start=1):
        id_, subscription = UUID(int=n), UUID(int=1_000 + n)
        if one.fallback:
            subscription = next(
                id_ for id_, known in subscriptions.items() if known == (one.person.external_id, SMS)
            )
        subscriptions[subscription] = (one.person.external_id, one.type)
        if one.type is KAKAO:
            roots[one.person.external_id] = id_
        status = Status.SUCCESSFUL if len(one.fate.ends) > 1 else next(iter(one.fate.ends))
        failed = (*([MessageEventType.SENT] if one.fate.accepted else []), MessageEventType.FAILED)
        messages.append(
            Sent(
                Stored(
                    id=id_,
                    subscription_id=subscription,
                    status=status,
                    attempts=1,
                    error_reason=None,
                    received=status in (Status.RECEIVED, Status.CONVERTED),
                    converted=status is Status.CONVERTED,
                    subscription_status=one.fate.code or 1,
                    total_received=0,
                    total_converted=0,
                    queued=False,
                    events=EVENTS.get(status, failed),
                ),
                one.type,
                roots[one.person.external_id] if one.fallback else None,
            )
        )
        seen[id_] = Seen(1, int(one.fate.accepted))
    charged = Counter(one.type.channel for one in due if one.fate.charged)
    n = charged.total()
    return ChannelEvidence(
        due=due,
        subscriptions=subscriptions,
        told=Told([one.stored.id for one in messages if one.parent_id is None], replayed=True),
        messages=messages,
        early_receipts=0,
        seen=seen,
        receipts=Receipts(0, 0, 0, 0),
        charges={channel: Charge(n, PRICES[channel] * n) for channel, n in charged.items()},
        ledger=Ledger(True, len(due), n, len(due) - n),
    )


def test_a_sound_demo_holds_and_is_counted_by_channel() -> None:
    """The texts instead of AlimTalks count as texts; what was given back is charged to nobody."""
    found = audit_channels(sound())
    assert [check for check in found.checks if not check.holds] == []
    in_all, texts = found.figures, found.by_channel["sms"]
    assert in_all["accepted"] == in_all["successful"] + in_all["failed"]
    assert in_all["accepted"] == sum(int(one["accepted"]) for one in found.by_channel.values())
    assert (texts["accepted"], texts["fallbacks"]) == (len(TROUBLES) + 2, 2)
    assert texts["amount"] == str(20 * int(texts["charged"]))
    assert set(found.by_channel) == {"push", "email", "sms", "kakao_talk", "in_app"}


def _message(choose: Callable[[Sent], bool], **changes: Any) -> Damage:
    def damage(evidence: ChannelEvidence) -> ChannelEvidence:
        place = next(n for n, one in enumerate(evidence.messages) if choose(one))
        messages = list(evidence.messages)
        one = messages[place]
        messages[place] = attrs.evolve(one, stored=attrs.evolve(one.stored, **changes))
        return attrs.evolve(evidence, messages=messages)

    return damage


def _without(choose: Callable[[Sent], bool]) -> Damage:
    def damage(evidence: ChannelEvidence) -> ChannelEvidence:
        gone = next(one for one in evidence.messages if choose(one))
        return attrs.evolve(evidence, messages=[one for one in evidence.messages if one is not gone])

    return damage


def _instead(one: Sent) -> bool:
    return one.parent_id is not None


def _child_of_a_template_fault(evidence: ChannelEvidence) -> ChannelEvidence:
    """Somebody sent a text although the template did not match."""
    broken = next(
        one for one in evidence.due if one.type is KAKAO and one.fate.outcome == "3016"
    ).person.external_id
    sms = next(id_ for id_, known in evidence.subscriptions.items() if known == (broken, SMS))
    child = next(one for one in evidence.messages if _instead(one))
    more = attrs.evolve(child, stored=attrs.evolve(child.stored, id=UUID(int=9_999), subscription_id=sms))
    return attrs.evolve(evidence, messages=[*evidence.messages, more])


def _sms_charged_once_more(evidence: ChannelEvidence) -> ChannelEvidence:
    sms = evidence.charges[Channel.SMS]
    dearer = Charge(sms.messages + 1, sms.amount + Decimal(20))
    return attrs.evolve(evidence, charges={**evidence.charges, Channel.SMS: dearer})


def _sent_twice(evidence: ChannelEvidence) -> ChannelEvidence:
    child = next(one for one in evidence.messages if _instead(one))
    return attrs.evolve(evidence, seen={**evidence.seen, child.stored.id: Seen(2, 2)})


DAMAGES: list[tuple[Damage, set[str]]] = [
    (
        _without(_instead),
        {"everybody_on_every_channel"},
    ),
    (
        _without(lambda one: one.type is KAKAO and one.stored.received),
        {"everybody_on_every_channel", "nothing_lost"},
    ),
    (_child_of_a_template_fault, {"everybody_on_every_channel"}),
    (_message(_instead, status=Status.FAILED), {"ends_as_scripted"}),
    (
        _message(lambda one: one.stored.subscription_status == -60, subscription_status=1),
        {"codes_as_scripted"},
    ),
    (_message(lambda one: one.type is SMS, status=Status.PENDING), {"nothing_lost", "ends_as_scripted"}),
    (_sms_charged_once_more, {"charges_as_scripted"}),
    (_sent_twice, {"nothing_twice", "providers_agree"}),
    (
        lambda evidence: attrs.evolve(evidence, ledger=attrs.evolve(evidence.ledger, settled=1)),
        {"ledger_adds_up"},
    ),
    (
        lambda evidence: attrs.evolve(evidence, told=attrs.evolve(evidence.told, replayed=False)),
        {"replay_does_nothing"},
    ),
    (
        lambda evidence: attrs.evolve(evidence, receipts=Receipts(1, 0, 0, 0)),
        {"receipts_recorded"},
    ),
]


@pytest.mark.parametrize(("damage", "names"), DAMAGES)
def test_each_damage_is_found(damage: Damage, names: set[str]) -> None:
    """By the check that is about it, in words."""
    broken = {check.name: check.found for check in audit_channels(damage(sound())).checks if not check.holds}
    assert names <= broken.keys()
    assert all(broken.values())
