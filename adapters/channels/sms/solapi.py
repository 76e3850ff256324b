"""Text messages as Solapi gets them."""

from __future__ import annotations

from adapters.channels.frame.phone_numbers import country_code, is_korean, national_digits
from adapters.channels.frame.solapi.account import SolapiAccount
from adapters.channels.frame.solapi.group_send import SolapiMessage
from adapters.channels.frame.solapi.http_calls import SolapiCalls
from adapters.channels.frame.solapi.route import SolapiRoute, Writing
from adapters.channels.frame.solapi.stored_messages import REFERENCE
from adapters.channels.sms.fitting import Fitting, Ready
from application.ports.channels import ChannelSettings, Envelope, SendBatch
from domain.messaging.outcome import Outcome


def solapi_route(settings: ChannelSettings) -> SolapiRoute:
    """Solapi's route of this channel."""
    return SolapiRoute(settings, _write, kakao=False)


async def _write(batch: SendBatch, account: SolapiAccount, calls: SolapiCalls) -> Writing:
    fitting = Fitting(account.sender, batch.credential.version)
    fixed: dict[tuple[int, bool], dict[str, object]] = {}

    def compose(envelope: Envelope) -> SolapiMessage | Outcome:
        ready = fitting.of(envelope)
        if not isinstance(ready, Ready):
            return ready
        here = is_korean(envelope.token)
        key = (id(envelope.content), here)
        parts = fixed.get(key)
        if parts is None:
            parts = fixed[key] = _fixed(ready, here)
        country = "82" if here else country_code(envelope.token)
        return {
            **parts,
            "to": national_digits(envelope.token),
            "country": country,
            "customFields": {REFERENCE: envelope.client_ref},
        }

    return Writing(compose)


def _fixed(ready: Ready, here: bool) -> dict[str, object]:
    """The type is ours to say, not Solapi's to detect: it is what was previewed and is billed."""
    content = ready.content
    long = here and content.is_long
    parts: dict[str, object] = {
        "from": ready.sender,
        "text": content.text,
        "type": "LMS" if long else "SMS",
        "autoTypeDetect": False,
    }
    if long and content.title:
        parts["subject"] = content.title
    return parts
