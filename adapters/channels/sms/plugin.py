"""The SMS channel as the pipeline sees it: `plugin`."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.frame.courier import Route
from adapters.channels.frame.korean_sender import korean_sender
from adapters.channels.frame.nhn.http_calls import APP_KEY, SECRET_KEY, WEBHOOK_SIGNATURE
from adapters.channels.frame.phone_numbers import check_mobile
from adapters.channels.frame.sender import RoutedSender
from adapters.channels.frame.solapi.vendor import solapi_vendor
from adapters.channels.frame.vendor import Vendor
from adapters.channels.sms.content import read_sms_content
from adapters.channels.sms.nhn import route as nhn
from adapters.channels.sms.nhn.callbacks import NhnCallbacks
from adapters.channels.sms.solapi import solapi_route
from adapters.channels.sms.twilio import account as twilio
from adapters.channels.sms.twilio.callbacks import TwilioCallbacks
from adapters.channels.sms.twilio.route import CAPABILITIES as TWILIO_CAPABILITIES
from adapters.channels.sms.twilio.route import TwilioRoute
from application.ports.channel_plugins import ChannelPlugin, Provider
from application.ports.channels import ChannelSender, ChannelSettings, Pacing
from domain.messaging.content import Body, check_content
from domain.shared.channels import Channel, SubscriptionType

_TYPES = (SubscriptionType.SMS,)
_SOLAPI = solapi_vendor(SubscriptionType.SMS)
_NHN = Vendor(
    name=nhn.PROVIDER,
    types=_TYPES,
    settings=(
        APP_KEY,
        SECRET_KEY,
        korean_sender(required=True),
        WEBHOOK_SIGNATURE,
    ),
    capabilities=nhn.CAPABILITIES,
    reader=NhnCallbacks,
)
_TWILIO = Vendor(
    name=twilio.PROVIDER,
    types=_TYPES,
    settings=twilio.SETTINGS,
    capabilities=TWILIO_CAPABILITIES,
    check=twilio.check_twilio_credential,
    reader=TwilioCallbacks,
)


class SmsPlugin:
    """Text messages through Korean gateways or Twilio."""

    key = "sms"
    channel = Channel.SMS
    types = _TYPES
    status_band = range(-59, -49)
    providers: Mapping[str, Provider] = {vendor.name: vendor for vendor in (_SOLAPI, _NHN, _TWILIO)}

    def check_content(self, content: Body, *, field: str) -> None:
        """Raise InvalidInput or ContentTooLarge for content that no provider would carry."""
        check_content(Channel.SMS, content, field=field)
        read_sms_content(content, field=field)

    def check_after_render(self, type: SubscriptionType, content: Body) -> None:
        """The same rules: a text is as long as it is, whoever filled it in."""
        self.check_content(content, field="content")

    def check_address(self, type: SubscriptionType, address: str, *, field: str) -> str:
        """E.164 of a number that texts can reach; raise InvalidInput otherwise."""
        return check_mobile(address, field=field)

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """The sender of one process; connections are made when they are first needed."""
        routes: list[Route] = [solapi_route(settings), nhn.NhnRoute(settings), TwilioRoute(settings)]
        return RoutedSender({SubscriptionType.SMS: routes}, settings.max_in_flight)


plugin: ChannelPlugin = SmsPlugin()
"""What `bootstrap` finds in this folder."""
