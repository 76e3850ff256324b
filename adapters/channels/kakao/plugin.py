"""The KakaoTalk channel (AlimTalk) as the pipeline sees it: `plugin`."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.frame.courier import Route
from adapters.channels.frame.phone_numbers import check_mobile
from adapters.channels.frame.sender import RoutedSender
from adapters.channels.frame.solapi.vendor import solapi_vendor
from adapters.channels.frame.vendor import Vendor
from adapters.channels.kakao.content import read_kakao_content
from adapters.channels.kakao.nhn import account as nhn
from adapters.channels.kakao.nhn.callbacks import NhnCallbacks
from adapters.channels.kakao.nhn.route import CAPABILITIES as NHN_CAPABILITIES
from adapters.channels.kakao.nhn.route import NhnRoute
from adapters.channels.kakao.solapi import solapi_route
from application.ports.channel_plugins import ChannelPlugin, Provider
from application.ports.channels import ChannelSender, ChannelSettings, Pacing
from domain.messaging.content import Body, check_content
from domain.shared.channels import Channel, SubscriptionType

_TYPES = (SubscriptionType.KAKAO_TALK,)
_SOLAPI = solapi_vendor(SubscriptionType.KAKAO_TALK)
_NHN = Vendor(
    name=nhn.PROVIDER,
    types=_TYPES,
    settings=nhn.SETTINGS,
    capabilities=NHN_CAPABILITIES,
    reader=NhnCallbacks,
)


class KakaoPlugin:
    """AlimTalk through Kakao's dealers."""

    key = "kakao"
    channel = Channel.KAKAO_TALK
    types = _TYPES
    status_band = range(-69, -59)
    providers: Mapping[str, Provider] = {vendor.name: vendor for vendor in (_SOLAPI, _NHN)}

    def check_content(self, content: Body, *, field: str) -> None:
        """Raise InvalidInput or ContentTooLarge for what no template could be; the template itself is looked at where it
        is known."""
        check_content(Channel.KAKAO_TALK, content, field=field)
        read_kakao_content(content, field=field)

    def check_after_render(self, type: SubscriptionType, content: Body) -> None:
        """The same rules for variables that were filled in."""
        self.check_content(content, field="content")

    def check_address(self, type: SubscriptionType, address: str, *, field: str) -> str:
        """E.164 of a mobile number, to which a KakaoTalk account may belong; raise InvalidInput otherwise."""
        return check_mobile(address, field=field)

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """The sender of one process; connections are made when they are first needed."""
        routes: list[Route] = [solapi_route(settings), NhnRoute(settings)]
        return RoutedSender({SubscriptionType.KAKAO_TALK: routes}, settings.max_in_flight)


plugin: ChannelPlugin = KakaoPlugin()
"""What `bootstrap` finds in this folder."""
