"""NHN Cloud KakaoTalk Bizmessage as this process reaches it: host, breakers, credentials."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.nhn.http_calls import APP_KEY, SECRET_KEY, WEBHOOK_SIGNATURE, NhnCalls
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.transport import Host
from adapters.channels.kakao.nhn.codes import api_rule
from application.ports.channels import ChannelSettings, Credential
from application.ports.provider_settings import SettingField

PROVIDER: Final = "nhn_alimtalk"
USUAL_URL: Final = "https://kakaotalk-bizmessage.api.nhncloudservice.com"
KEPT: Final = 4_096

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


class NhnAccounts:
    """The breakers of the applications that this process lately sent for."""

    def __init__(self, settings: ChannelSettings) -> None:
        self.host = Host(settings.url(PROVIDER, USUAL_URL), settings, http2=False)
        self._breakers: Recent[UUID, Breaker] = Recent(KEPT)

    def breaker(self, application_id: UUID) -> Breaker:
        """This application's view of NHN Cloud."""
        return self._breakers.get(application_id, Breaker)

    def calls(self, credential: Credential) -> NhnCalls:
        """Raise KeyError for a credential that is none of NHN's."""
        return NhnCalls(self.host, credential.fields, self.breaker(credential.application_id), api_rule)

    async def close(self) -> None:
        """Close the connections."""
        await self.host.close()
