"""What endpoints can listen to is what the contexts can say."""

from __future__ import annotations

import pytest

from domain.audience.subscription_event import SubscriptionEventType
from domain.campaigns.lifecycle import CampaignEvent
from domain.messaging.event import MessageEventType
from domain.shared.errors import InvalidInput
from domain.webhooks.event_types import FAMILIES, check_filters, filters_that_match, type_of


def test_families_are_the_contexts_enumerations() -> None:
    """A new event of a context cannot be forgotten; `created` of a message is derived and never published."""
    messages = {kind.wire for kind in MessageEventType} - {MessageEventType.CREATED.wire}
    assert set(FAMILIES["message"]) == messages
    assert set(FAMILIES["subscription"]) == {kind.value for kind in SubscriptionEventType}
    assert set(FAMILIES["campaign"]) == {kind.wire for kind in CampaignEvent}


def test_kinds_of_the_outbox_have_a_type() -> None:
    """Message events are written without their family, the others with it."""
    assert type_of("sent") == "message.sent"
    assert type_of("subscription.created") == "subscription.created"
    assert filters_that_match("message.sent") == ("message.sent", "message.*", "*")


def test_a_filter_that_is_none_is_named() -> None:
    """By its place; nothing at all is everything, twice the same is once."""
    assert check_filters([]) == ("*",)
    assert check_filters(["message.*", "message.*", "alert.raised"]) == ("message.*", "alert.raised")
    with pytest.raises(InvalidInput) as refused:
        check_filters(["message.sent", "message.created"])
    assert refused.value.field == "event_types[1]"
