"""What is scripted: which message of whom ends how, under which code, at what charge. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Final

import attrs

from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, SubscriptionType

IOS, ANDROID = SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH
EMAIL, SMS = SubscriptionType.EMAIL, SubscriptionType.SMS
KAKAO, IN_APP = SubscriptionType.KAKAO_TALK, SubscriptionType.IN_APP_MESSAGE


@attrs.frozen
class Fate:
    """What becomes of a message on one route."""

    ends: frozenset[Status]
    accepted: bool = True
    """The provider takes it."""
    charged: bool = True
    """In the end: neither released nor given back."""
    code: int | None = None
    """The subscription's afterwards; None: still 1."""
    falls_back: bool = False
    prefix: str = ""
    """How addresses begin that this befalls; what the simulator goes by."""
    outcome: str = ""
    """What the simulator says of them."""


_SENT = frozenset({Status.SUCCESSFUL, Status.RECEIVED, Status.CONVERTED})
_RECEIVED, _CONVERTED, _FAILED = map(frozenset, ({Status.RECEIVED}, {Status.CONVERTED}, {Status.FAILED}))

WELL: Final[Mapping[SubscriptionType, Fate]] = {
    IOS: Fate(_SENT),
    ANDROID: Fate(_SENT),
    EMAIL: Fate(_RECEIVED, prefix="well"),
    SMS: Fate(_RECEIVED, prefix="20"),
    KAKAO: Fate(_RECEIVED, prefix="20"),
    IN_APP: Fate(_CONVERTED),
}
"""A device may be off: a push is sent, and what was received of it is for the device to say."""


@attrs.frozen
class Trouble:
    """Something that goes wrong for a person, on one route; everything else is well."""

    type: SubscriptionType
    fate: Fate


TROUBLES: Final[tuple[Trouble | None, ...]] = (
    Trouble(KAKAO, Fate(_FAILED, charged=False, code=-60, falls_back=True, prefix="31", outcome="3019")),
    None,
    Trouble(EMAIL, Fate(_FAILED, code=-42, prefix="gone", outcome="bounce")),
    None,
    Trouble(SMS, Fate(_FAILED, charged=False, code=-52, prefix="41", outcome="3032")),
    None,
    Trouble(IOS, Fate(_FAILED, accepted=False, charged=False, code=-10)),
    Trouble(ANDROID, Fate(_FAILED, accepted=False, charged=False, code=-10)),
    None,
    Trouble(KAKAO, Fate(_FAILED, charged=False, code=-61, falls_back=True, prefix="32", outcome="3020")),
    Trouble(KAKAO, Fate(_FAILED, charged=False, prefix="33", outcome="3016")),
    Trouble(SMS, Fate(_FAILED, accepted=False, charged=False, code=-54, prefix="42", outcome="1060")),
    Trouble(EMAIL, Fate(_CONVERTED, prefix="click", outcome="click")),
    None,
)
"""Person by person, and from the start again. 3016 is a template that does not match: nothing is sent instead."""

PRICES: Final[Mapping[Channel, Decimal]] = {
    Channel.PUSH: Decimal("0.3"),
    Channel.EMAIL: Decimal("0.5"),
    Channel.SMS: Decimal(20),
    Channel.KAKAO_TALK: Decimal(9),
    Channel.IN_APP: Decimal("0.1"),
}
"""KRW a message."""


@attrs.frozen
class Person:
    """Somebody with every channel that is installed; `place` counts from 0."""

    place: int
    external_id: str

    @property
    def trouble(self) -> Trouble | None:
        return TROUBLES[self.place % len(TROUBLES)]

    def fate(self, type: SubscriptionType) -> Fate:
        """What befalls this person's messages there."""
        trouble = self.trouble
        return trouble.fate if trouble is not None and trouble.type is type else WELL[type]

    @property
    def falls_back(self) -> bool:
        """The AlimTalk turns into a text."""
        return self.fate(KAKAO).falls_back

    @property
    def phone(self) -> str:
        """One number for texts and KakaoTalk."""
        trouble = self.trouble
        on_phone = trouble is not None and trouble.type in (SMS, KAKAO)
        return f"+8210{trouble.fate.prefix if trouble and on_phone else '20'}{self.place:06d}"


def people(count: int, run: str) -> list[Person]:
    """`run` tells them apart from those of other runs."""
    return [Person(place, f"person-{run}-{place}") for place in range(count)]


@attrs.frozen
class Due:
    """One message that there must be, and how it must end."""

    person: Person
    type: SubscriptionType
    fate: Fate
    fallback: bool = False
    """It is the text instead of an AlimTalk."""


def due_messages(everybody: Collection[Person], types: Collection[SubscriptionType]) -> Iterator[Due]:
    """All of them, `types` being those that are installed."""
    for person in everybody:
        for type_ in WELL:
            if type_ in types:
                yield Due(person, type_, person.fate(type_))
        if KAKAO in types and SMS in types and person.falls_back:
            yield Due(person, SMS, person.fate(SMS), fallback=True)
