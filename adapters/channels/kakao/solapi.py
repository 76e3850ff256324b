"""AlimTalk as Solapi gets it. Its own fallback to text messages is off: the platform falls back by itself."""

from __future__ import annotations

from adapters.channels.frame.phone_codes import KAKAO_CHANNEL_FAULT
from adapters.channels.frame.phone_numbers import country_code, is_korean, national_digits
from adapters.channels.frame.solapi.account import PROVIDER, SolapiAccount
from adapters.channels.frame.solapi.group_send import SolapiMessage
from adapters.channels.frame.solapi.http_calls import SolapiCalls
from adapters.channels.frame.solapi.route import SolapiRoute, Writing
from adapters.channels.frame.solapi.stored_messages import REFERENCE
from adapters.channels.kakao.filling import Ready, fill_batch
from adapters.channels.kakao.shelf import TemplateShelf
from adapters.channels.kakao.solapi_templates import read_template
from application.ports.channels import ChannelSettings, Envelope, SendBatch
from domain.alimtalk.template import KakaoTemplate
from domain.messaging.outcome import CredentialFault, Outcome


def solapi_route(settings: ChannelSettings) -> SolapiRoute:
    """Solapi's route of this channel."""
    shelf = TemplateShelf(PROVIDER, settings.kakao_templates)

    async def write(batch: SendBatch, account: SolapiAccount, calls: SolapiCalls) -> Writing | Outcome:
        return await _write(shelf, batch, account, calls)

    return SolapiRoute(settings, write, kakao=True)


async def _write(
    shelf: TemplateShelf, batch: SendBatch, account: SolapiAccount, calls: SolapiCalls
) -> Writing | Outcome:
    channel = account.pf_id
    if channel is None:
        return CredentialFault(
            "no_kakao_channel",
            batch.credential.version,
            details={"field": "pf_id", "code": KAKAO_CHANNEL_FAULT},
        )

    async def ask(code: str) -> KakaoTemplate | None:
        return await read_template(calls, batch.application_id, code)

    filling = await fill_batch(batch, shelf, ask)
    sender = {} if account.sender is None else {"from": account.sender}
    options: dict[int, dict[str, object]] = {}

    def compose(envelope: Envelope) -> SolapiMessage | Outcome:
        ready = filling.of(envelope)
        if not isinstance(ready, Ready):
            return ready
        known = options.get(id(envelope.content))
        if known is None:
            known = options[id(envelope.content)] = _options(ready, channel)
        number = envelope.token
        return {
            "to": national_digits(number),
            **sender,
            "country": "82" if is_korean(number) else country_code(number),
            "type": "ATA",
            "kakaoOptions": known,
            "customFields": {REFERENCE: envelope.client_ref},
        }

    def doubt(envelope: Envelope) -> None:
        ready = filling.of(envelope)
        if isinstance(ready, Ready):
            shelf.doubt(batch.application_id, ready.template.code)

    return Writing(compose, doubt)


def _options(ready: Ready, channel: str) -> dict[str, object]:
    return {
        "pfId": channel,
        "templateId": ready.template.code,
        "variables": {f"#{{{name}}}": value for name, value in ready.variables.items()},
        "disableSms": True,
    }
