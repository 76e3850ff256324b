"""A channel's plug-in made of its parts, for channels that need nothing more than that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from adapters.channels.frame.courier import Route
from adapters.channels.frame.sender import RoutedSender
from application.ports.channel_plugins import Provider
from application.ports.channels import ChannelSender, ChannelSettings, Pacing
from domain.messaging.content import Body
from domain.shared.channels import Channel, SubscriptionType

Routes = Mapping[SubscriptionType, Sequence[Route]]


@attrs.frozen(kw_only=True)
class PlainChannel:
    """Implements `application.ports.channel_plugins.ChannelPlugin`."""

    key: str
    channel: Channel
    types: Sequence[SubscriptionType]
    vendors: Sequence[Provider]
    content: Callable[[Body, str], None]
    """`content(body, field)` raises InvalidInput or ContentTooLarge; asked before and after placeholders are filled in."""
    address: Callable[[str, str], str]
    """`address(text, field)` answers the canonical form or raises InvalidInput."""
    routes: Callable[[ChannelSettings, Pacing], Routes]
    status_band: range = range(0)

    @property
    def providers(self) -> Mapping[str, Provider]:
        return {vendor.name: vendor for vendor in self.vendors}

    def check_content(self, content: Body, *, field: str) -> None:
        """What `content` says."""
        self.content(content, field)

    def check_after_render(self, type: SubscriptionType, content: Body) -> None:
        """The same rules."""
        self.content(content, "content")

    def check_address(self, type: SubscriptionType, address: str, *, field: str) -> str:
        """What `address` says."""
        return self.address(address, field)

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """A sender over new routes."""
        return RoutedSender(self.routes(settings, pacing), settings.max_in_flight)
