"""NHN Cloud KakaoTalk Bizmessage: what an operator enters, and where it is."""

from __future__ import annotations

from typing import Final

from adapters.channels.frame.nhn.accounts import NhnAccounts
from adapters.channels.frame.nhn.http_calls import APP_KEY, SECRET_KEY, WEBHOOK_SIGNATURE
from adapters.channels.kakao.nhn.codes import api_rule
from application.ports.channels import ChannelSettings
from application.ports.provider_settings import SettingField

PROVIDER: Final = "nhn_alimtalk"
USUAL_URL: Final = "https://kakaotalk-bizmessage.api.nhncloudservice.com"

SETTINGS: Final = (
    APP_KEY,
    SECRET_KEY,
    SettingField(
        "sender_key",
        "the sender key (발신 키) of the KakaoTalk channel",
        secret=True,
        pattern=r"[A-Za-z0-9]{40}",
        example="40 letters and digits",
    ),
    WEBHOOK_SIGNATURE,
)


def nhn_accounts(settings: ChannelSettings) -> NhnAccounts:
    """This service of NHN Cloud."""
    return NhnAccounts(settings, PROVIDER, USUAL_URL, api_rule)
