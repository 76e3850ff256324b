"""One device per user: who has several gets the message on the one that is used, the same one whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from domain.campaigns.json_fields import Fields
from domain.shared.channels import Channel
from domain.shared.json_values import Json

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Dedupe(StrEnum):
    """How many of a user's subscriptions a campaign reaches."""

    ALL = "all"
    ONE_PER_CHANNEL = "one_per_channel"
    """One device on push, one address by e-mail, and so on."""
    ONE_PER_USER = "one_per_user"
    """One altogether, on the first of the campaign's channels on which there is one."""


@attrs.frozen
class Candidate:
    """A subscription that a campaign could reach."""

    subscription_id: UUID
    user_id: UUID | None
    """None: nobody is logged in, so it stands for itself."""
    channel: Channel
    last_active_at: datetime | None
    created_at: datetime


@attrs.frozen
class Deduplicated:
    """Who gets the message, in the order given, and who does not because another device does."""

    chosen: tuple[Candidate, ...]
    left_out: tuple[Candidate, ...]


def deduplicate(
    candidates: Iterable[Candidate], mode: Dedupe, channels: Iterable[Channel] = tuple(Channel)
) -> Deduplicated:
    """Choose per user: the channel that comes first in `channels`, then the most recently active, then the newest.

    Equal even then, the greater id wins, so the order of the input never matters. In SQL that is

        ORDER BY channel's place, last_active_at DESC NULLS LAST, created_at DESC, id DESC
    """
    found = tuple(candidates)
    if mode is Dedupe.ALL:
        return Deduplicated(found, ())
    places = {channel: place for place, channel in enumerate(channels)}
    best: dict[tuple[UUID | None, Channel | UUID | None], Candidate] = {}
    for one in found:
        key = _group(one, mode)
        other = best.get(key)
        if other is None or _rank(one, places) > _rank(other, places):
            best[key] = one
    chosen = {one.subscription_id for one in best.values()}
    return Deduplicated(
        tuple(one for one in found if one.subscription_id in chosen),
        tuple(one for one in found if one.subscription_id not in chosen),
    )


def dedupe_from_json(value: Json, *, field: str = "dedupe") -> Dedupe:
    """Read one of the modes' names; raise InvalidInput naming the field."""
    parent, _, name = field.rpartition(".")
    fields = Fields({name: value}, parent)
    return fields.required(name, fields.choice(name, Dedupe), "one_per_channel")


def _group(one: Candidate, mode: Dedupe) -> tuple[UUID | None, Channel | UUID | None]:
    if one.user_id is None:
        return None, one.subscription_id
    return one.user_id, one.channel if mode is Dedupe.ONE_PER_CHANNEL else None


def _rank(one: Candidate, places: dict[Channel, int]) -> tuple[int, datetime, datetime, int]:
    return (
        -places.get(one.channel, len(places)),
        one.last_active_at or _NEVER,
        one.created_at,
        one.subscription_id.int,
    )
