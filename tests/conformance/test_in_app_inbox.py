"""The in-app inbox keeps those rules of the channels' suite that need no provider on the other side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.channels.in_app import plugin
from application.ports.channels import ChannelSender, ChannelSettings, MayStart, Report, SendBatch
from domain.messaging.outcome import Accepted, Outcome
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput
from tests.conformance import test_channel_sender as suite
from tests.conformance.channels.provider_case import ProviderCase

RULES: tuple[Callable[[ProviderCase], Awaitable[None]], ...] = (
    suite.test_accepted_messages_are_reported_accepted,
    suite.test_nothing_starts_once_the_lease_is_lost,
    suite.test_a_batch_of_another_channels_type_is_the_callers_bug,
    suite.test_another_providers_credential_is_a_credential_fault,
    suite.test_an_empty_batch_reports_nothing,
)


class Counting:
    """The real sender; counts what it took."""

    def __init__(self, sender: ChannelSender) -> None:
        self.sender = sender
        self.taken = 0

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        """Passed on."""

        def noted(index: int, outcome: Outcome) -> None:
            self.taken += isinstance(outcome, Accepted)
            report(index, outcome)

        await self.sender.send(batch, noted, may_start)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sender, name)


class InboxCase(ProviderCase):
    """Nobody is there to refuse, to be slow or to go away."""

    plugin = plugin
    provider = "in_app_inbox"
    type = SubscriptionType.IN_APP_MESSAGE
    content = {"v": 1, "layout": "card", "content": {"title": "쿠폰"}}  # noqa: RUF012
    dead_code = None

    def open(self, **settings: Any) -> ChannelSender:
        """With a count."""
        self.double = Counting(super().open(**settings))
        return self.double

    def fields(self) -> dict[str, str]:
        """None are needed."""
        return {}

    def channel_settings(self) -> ChannelSettings:
        """Nothing special."""
        return ChannelSettings()

    def recipient(self, n: int) -> str:
        """Nobody is addressed."""
        return ""

    def accepted(self) -> int:
        """What the sender took."""
        return int(self.double.taken)

    def accepted_twice(self) -> int:
        """A repeat is the same row."""
        return 0


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
async def test_the_inbox_keeps_the_suites_rules(rule: Callable[[ProviderCase], Awaitable[None]]) -> None:
    """Each as the suite says."""
    await rule(InboxCase(None))


async def test_no_credential_can_be_stored() -> None:
    """It would be good for nothing, and is refused by name."""
    with pytest.raises(InvalidInput) as refused:
        await plugin.providers["in_app_inbox"].check_credential({})
    assert refused.value.field == "provider"
