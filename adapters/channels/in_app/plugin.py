"""The in-app channel as the pipeline sees it: `plugin`."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.frame.plain_channel import PlainChannel
from adapters.channels.frame.vendor import Vendor
from adapters.channels.in_app.content import check_in_app
from adapters.channels.in_app.inbox import INBOX, InboxRoute
from application.ports.channel_plugins import Capabilities, ChannelPlugin
from application.ports.channels import CredentialCheck
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput

_TYPES = (SubscriptionType.IN_APP_MESSAGE,)


def _no_credential(fields: Mapping[str, str]) -> CredentialCheck:
    raise InvalidInput(
        "in-app messages are kept here: there is no provider to know anybody to",
        field="provider",
        fix="store nothing; the channel is ready as it is",
    )


def _no_address(address: str, field: str) -> str:
    return address


plugin: ChannelPlugin = PlainChannel(
    key="in_app",
    channel=Channel.IN_APP,
    types=_TYPES,
    vendors=(
        Vendor(
            name=INBOX,
            types=_TYPES,
            settings=(),
            capabilities=Capabilities(batch_size=500, receipts=True, own_inbox=True),
            check=_no_credential,
        ),
    ),
    content=check_in_app,
    address=_no_address,
    routes=lambda settings, pacing: {SubscriptionType.IN_APP_MESSAGE: [InboxRoute(settings)]},
    status_band=range(-79, -69),
)
"""What `bootstrap` finds in this folder."""
