"""What a caller says of a fallback: the channels in order, and when the next one starts."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from domain.messaging.fallback import LONGEST, MOST_CHANNELS, SHORTEST, Fallback, FallbackRule
from domain.shared.channels import Channel
from entrypoints.http.decoding import In
from entrypoints.http.wire import ChannelName


class FallbackIn(In):
    """One message instead of one on every channel: over the first channel that the person has, and over the next when it
    fails, or is not received in time. Of a template each step says the text of its channel, in its device's language."""

    channels: Annotated[
        list[ChannelName], Meta(min_length=2, max_length=MOST_CHANNELS, description="In order")
    ]
    rule: Literal["on_failure", "if_not_received_within"] = "on_failure"
    within_seconds: (
        Annotated[int, Meta(ge=SHORTEST, le=LONGEST, description="With if_not_received_within")] | UnsetType
    ) = UNSET


def fallback_of(one: FallbackIn | UnsetType) -> Fallback | None:
    """None where the caller wants none."""
    if one is UNSET:
        return None
    return Fallback(
        channels=[Channel.from_wire(name, field="fallback.channels") for name in one.channels],
        rule=FallbackRule[one.rule.upper()],
        within_seconds=None if one.within_seconds is UNSET else one.within_seconds,
    )
