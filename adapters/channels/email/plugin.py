"""The e-mail channel as the pipeline sees it: `plugin`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import attrs

from adapters.channels.email.bounces.reader import BounceReader
from adapters.channels.email.content import read_mail_content
from adapters.channels.email.ses.reader import SnsReader
from adapters.channels.email.ses.requests import MOST_ENTRIES
from adapters.channels.email.ses.route import SesRoute
from adapters.channels.email.ses.settings import PROVIDER as SES
from adapters.channels.email.ses.settings import SETTINGS as SES_SETTINGS
from adapters.channels.email.ses.settings import check_ses_credential
from adapters.channels.email.smtp.route import SmtpRoute
from adapters.channels.email.smtp.settings import PROVIDER as SMTP
from adapters.channels.email.smtp.settings import SETTINGS as SMTP_SETTINGS
from adapters.channels.email.smtp.settings import check_smtp_credential
from adapters.channels.frame.sender import RoutedSender
from adapters.channels.frame.vendor import Vendor
from application.ports.channel_plugins import Capabilities, ChannelPlugin, Provider
from application.ports.channels import ChannelSender, ChannelSettings, Pacing
from domain.messaging.content import Body, check_content
from domain.messaging.links import LinkKeys
from domain.shared.channels import Channel, SubscriptionType

_TYPES: Final = (SubscriptionType.EMAIL,)
_SMTP: Final = Vendor(
    name=SMTP,
    types=_TYPES,
    settings=SMTP_SETTINGS,
    capabilities=Capabilities(claim_before_send=True, callbacks=True, reports_by_mail=True),
    check=check_smtp_credential,
    reader=BounceReader,
)
"""A relay cannot be asked what became of a mail whose answer was lost, and seldom reports a delivery."""
_SES: Final = Vendor(
    name=SES,
    types=_TYPES,
    settings=SES_SETTINGS,
    capabilities=Capabilities(claim_before_send=True, batch_size=MOST_ENTRIES, callbacks=True, receipts=True),
    check=check_ses_credential,
    reader=SnsReader,
)
"""Its events name the message by our tag, which also settles an answer that was lost. Fifty recipients a request only where
the credential says `bulk`; receipts need the configuration set and topic of docs/email.md."""


class EmailPlugin:
    """E-mail through a relay or through Amazon SES."""

    key = "email"
    channel = Channel.EMAIL
    types = _TYPES
    status_band = range(-49, -39)
    providers: Mapping[str, Provider] = {vendor.name: vendor for vendor in (_SES, _SMTP)}

    def check_content(self, content: Body, *, field: str) -> None:
        """Raise InvalidInput or ContentTooLarge for a mail that could not be sent to anybody."""
        check_content(Channel.EMAIL, content, field=field)
        read_mail_content(content, field=field)

    def check_after_render(self, type: SubscriptionType, content: Body) -> None:
        """The same rules: a name that was filled in may have broken a subject, or made it too long."""
        self.check_content(content, field="content")

    def check_address(self, type: SubscriptionType, address: str, *, field: str) -> str:
        """What the domain made of it stands; it keeps a malformed one under its code, -40."""
        return address

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """The sender of one process; connections are made when they are first needed.

        Without keys there are no links: nobody could read them.
        """
        keys = settings.links
        if keys is None:
            keys, settings = LinkKeys([os.urandom(32)]), attrs.evolve(settings, public_url="")
        return RoutedSender(
            {SubscriptionType.EMAIL: [SesRoute(settings, pacing, keys), SmtpRoute(settings, pacing, keys)]},
            settings.max_in_flight,
        )


plugin: ChannelPlugin = EmailPlugin()
"""What `bootstrap` finds in this folder."""
