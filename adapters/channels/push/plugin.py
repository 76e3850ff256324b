"""The push channel as the pipeline sees it: `plugin`."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.push.apns import route as apns
from adapters.channels.push.apns.credential import check_apns_credential
from adapters.channels.push.apns.payload import MAX_PAYLOAD_BYTES as APNS_LIMIT
from adapters.channels.push.apns.payload import apns_payload
from adapters.channels.push.content import read_push_content
from adapters.channels.push.fcm import route as fcm
from adapters.channels.push.fcm.body import MAX_PAYLOAD_BYTES as FCM_LIMIT
from adapters.channels.push.fcm.body import fcm_body
from adapters.channels.push.fcm.credential import check_fcm_credential
from adapters.channels.push.sender import PushSender
from application.ports.channels import (
    ChannelPlugin,
    ChannelSender,
    ChannelSettings,
    CredentialCheck,
    Pacing,
)
from domain.messaging.content import Body, check_content
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import ContentTooLarge, InvalidInput

_CHECKS = {apns.PROVIDER: check_apns_credential, fcm.PROVIDER: check_fcm_credential}


class PushPlugin:
    """iOS and Android push: not billable, and a repeat replaces on the screen what came before."""

    channel = Channel.PUSH
    providers: Mapping[SubscriptionType, str] = {
        SubscriptionType.IOS_PUSH: apns.PROVIDER,
        SubscriptionType.ANDROID_PUSH: fcm.PROVIDER,
    }
    billable = False

    async def check_credential(self, provider: str, fields: Mapping[str, str]) -> CredentialCheck:
        """Raise InvalidInput naming the field when these credentials cannot work; nobody is contacted."""
        check = _CHECKS.get(provider)
        if check is None:
            raise InvalidInput(
                f"{provider} is no push provider", field="provider", fix=f"use {' or '.join(_CHECKS)}"
            )
        return check(fields)

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

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """The sender of one process; connections are made when they are first needed."""
        return PushSender(
            {
                SubscriptionType.IOS_PUSH: apns.ApnsRoute(settings),
                SubscriptionType.ANDROID_PUSH: fcm.FcmRoute(settings, pacing),
            },
            settings.max_in_flight,
        )


plugin: ChannelPlugin = PushPlugin()
"""What `bootstrap` finds in this folder."""
