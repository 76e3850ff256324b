"""NHN Cloud's webhooks: one envelope for every service and event.

Source: NHN Cloud, "SMS > Webhook" and "KakaoTalk Bizmessage > Webhook". The header X-Toast-Webhook-Signature is no
signature but the text that was entered in the console: whoever knows it may speak. It is compared in constant time.
NHN repeats what was answered too slowly; reports are applied once, however often they come.
"""

from __future__ import annotations

import hmac
from typing import Final

import msgspec

from adapters.channels.frame.phone_numbers import from_digits
from application.ports.delivery_reports import Callback
from domain.shared.errors import Forbidden, InvalidInput

HEADER: Final = "x-toast-webhook-signature"
RESULTS: Final = "MESSAGE_RESULT_UPDATE"
UNSUBSCRIBED: Final = "UNSUBSCRIBE"
ABROAD: Final = "INTERNATIONAL_DELIVERY_RECEIPT"
MOST_HOOKS: Final = 1_000


class Hook(msgspec.Struct, rename="camel"):
    """One event; which fields it has depends on the event."""

    hook_id: str = ""
    request_id: str = ""
    recipient_seq: int | None = None
    recipient_no: str = ""
    receive_date: str | None = None
    result_code: str = ""
    message_status: str = ""
    kakao_message_type: str = ""
    recipient_grouping_key: str = ""
    misspelt_grouping_key: str = msgspec.field(name="recipientGropuingKey", default="")
    """As in NHN's own example."""
    unsubscribe_no: str = ""
    created_date_time: str | None = None
    dlr_status: str = ""
    error_code: str = ""

    @property
    def reference(self) -> str:
        """Our client_ref, where the event carries it."""
        return self.recipient_grouping_key or self.misspelt_grouping_key

    @property
    def korean_recipient(self) -> str | None:
        """E.164 of a number as it is dialled in Korea; abroad NHN does not say which country it is."""
        return from_digits(self.recipient_no) if self.recipient_no.startswith("01") else None

    @property
    def provider_id(self) -> str:
        """How the service names the message."""
        return f"{self.request_id}:{self.recipient_seq}"


class Webhook(msgspec.Struct, rename="camel"):
    """What one request holds."""

    event: str
    hooks: list[Hook]
    app_key: str = ""


def read_webhook(callback: Callback) -> Webhook:
    """Raise Forbidden when the configured text is not the header's or another app key speaks, InvalidInput for
    what is no webhook.

    Without a configured text the unguessable address alone has to do.
    """
    expected = callback.credential.fields.get("webhook_signature")
    given = callback.headers.get(HEADER, "")
    if expected and not hmac.compare_digest(expected.encode(), given.encode()):
        raise Forbidden("the webhook's signature is not the one that was configured")
    try:
        webhook = msgspec.json.decode(callback.body, type=Webhook, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput(
            "the body is no NHN Cloud webhook", field="body", fix="send an event with its hooks"
        ) from None
    if webhook.app_key and webhook.app_key != callback.credential.fields.get("app_key"):
        raise Forbidden("the webhook is of another app key")
    if len(webhook.hooks) > MOST_HOOKS:
        raise InvalidInput("too many hooks at once", field="hooks", fix=f"send at most {MOST_HOOKS}")
    return webhook
