"""The push channel as the pipeline sees it: `plugin`."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.frame.sender import RoutedSender
from adapters.channels.frame.vendor import Vendor
from adapters.channels.push.apns import route as apns
from adapters.channels.push.apns.credential import check_apns_credential
from adapters.channels.push.apns.payload import MAX_PAYLOAD_BYTES as APNS_LIMIT
from adapters.channels.push.apns.payload import apns_payload
from adapters.channels.push.content import read_push_content
from adapters.channels.push.fcm import route as fcm
from adapters.channels.push.fcm.body import MAX_PAYLOAD_BYTES as FCM_LIMIT
from adapters.channels.push.fcm.body import fcm_body
from adapters.channels.push.fcm.credential import check_fcm_credential
from application.ports.channel_plugins import Capabilities, ChannelPlugin, Provider
from application.ports.channels import ChannelSender, ChannelSettings, Pacing
from application.ports.provider_settings import SettingField
from domain.messaging.content import Body, check_content
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import ContentTooLarge

_PUSH = Capabilities(receipts=True)
"""A repeat replaces on the screen what came before; the SDK reports what was received."""
_APNS = Vendor(
    name=apns.PROVIDER,
    types=(SubscriptionType.IOS_PUSH,),
    settings=(
        SettingField("team_id", "the Team ID of the Apple developer account"),
        SettingField("key_id", "the Key ID shown beside the .p8 key"),
        SettingField("bundle_id", "the bundle identifier of the app", example="com.example.app"),
        SettingField("private_key", "the text of the .p8 file", secret=True, longest=10_000, multiline=True),
    ),
    capabilities=_PUSH,
    check=check_apns_credential,
)
_FCM = Vendor(
    name=fcm.PROVIDER,
    types=(SubscriptionType.ANDROID_PUSH,),
    settings=(
        SettingField(
            "service_account",
            "the JSON key file of the service account",
            secret=True,
            longest=20_000,
            multiline=True,
        ),
    ),
    capabilities=_PUSH,
    check=check_fcm_credential,
)


class PushPlugin:
    """iOS and Android push."""

    key = "push"
    channel = Channel.PUSH
    types = (SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH)
    status_band = range(-24, -2)
    providers: Mapping[str, Provider] = {vendor.name: vendor for vendor in (_APNS, _FCM)}

    def check_content(self, content: Body, *, field: str) -> None:
        """Raise InvalidInput or ContentTooLarge for content that APNs or FCM would not carry.

        Sizes are those of the whole payload with the platform's own keys: 4,096 bytes for either provider.
        """
        check_content(Channel.PUSH, content, field=field)
        push = read_push_content(content, field=field)
        for name, size, limit in (
            ("APNs", apns_payload(push).size, APNS_LIMIT),
            ("FCM", fcm_body(push).size, FCM_LIMIT),
        ):
            if size > limit:
                raise ContentTooLarge(
                    f"{field} makes a payload of {size} bytes; {name} carries at most {limit}",
                    field=field,
                    fix="shorten title, body or data",
                )

    def check_after_render(self, type: SubscriptionType, content: Body) -> None:
        """The same rules: a payload is as large as it is, whoever filled in its text."""
        self.check_content(content, field="content")

    def check_address(self, type: SubscriptionType, address: str, *, field: str) -> str:
        """Tokens are opaque: what the domain made of one stands."""
        return address

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """The sender of one process; connections are made when they are first needed."""
        return RoutedSender(
            {
                SubscriptionType.IOS_PUSH: [apns.ApnsRoute(settings)],
                SubscriptionType.ANDROID_PUSH: [fcm.FcmRoute(settings, pacing)],
            },
            settings.max_in_flight,
        )


plugin: ChannelPlugin = PushPlugin()
"""What `bootstrap` finds in this folder."""
