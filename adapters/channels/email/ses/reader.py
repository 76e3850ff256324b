"""Reads what SNS posts to an application's SES callback: confirms the subscription, and makes reports of events."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from adapters.channels.email.ses import sns
from adapters.channels.email.ses.certificates import FetchedKeys
from adapters.channels.email.ses.events import reports_of
from adapters.channels.email.ses.settings import YES
from application.ports.channels import ChannelSettings
from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.shared.errors import Forbidden, InvalidInput, NotConfigured

TYPE_HEADER: Final = "x-amz-sns-message-type"
SNS: Final = "sns"
"""The name under which ChannelSettings says where SNS is, if not at Amazon."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Sns(Protocol):
    """The part of SNS that answers us."""

    async def key(self, url: str) -> RSAPublicKey: ...

    async def visit(self, url: str) -> None:
        """Confirm; raise Unavailable."""
        ...

    async def close(self) -> None: ...


class SnsReader:
    """Implements `application.ports.delivery_reports.CallbackReader` for SES."""

    def __init__(self, settings: ChannelSettings, service: Sns | None = None) -> None:
        stand_in = settings.provider_urls.get(SNS)
        self._origins = (stand_in.rstrip("/"),) if stand_in else ()
        self._service = service or FetchedKeys(settings)

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Raise Forbidden, InvalidInput or Unavailable. SNS repeats what was not stored, so a message that was read before is
        read again: it says the same, and changes nothing twice."""
        fields = callback.credential.fields
        topic = fields.get("topic_arn")
        if not topic:
            raise NotConfigured(
                "the SES credential names no topic_arn", field="topic_arn", fix="store it with the credential"
            )
        message = sns.read_message(callback.body)
        announced = callback.headers.get(TYPE_HEADER)
        if announced is not None and announced != message.type:
            raise Forbidden("the header and the message disagree on its type")
        versions = ("1", "2") if fields.get("accept_signature_v1") == YES else ("2",)
        trusted = sns.Trusted(topic, versions, self._origins)
        await sns.verify(message, trusted, self._service, now=callback.received_at)
        if message.type == sns.CONFIRMATION:
            await self._confirm(message)
            return CallbackAnswer()
        if message.type == sns.UNSUBSCRIBED:
            _log.warning("sns_unsubscribed", application_id=str(callback.credential.application_id))
            return CallbackAnswer()
        try:
            return CallbackAnswer(
                reports_of(
                    message.message,
                    received_at=callback.received_at,
                    converted_by=fields.get("converted_by") or "click",
                )
            )
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # SNS itself publishes a text when a topic is set up ("Successfully validated SNS topic …").
            return CallbackAnswer()

    async def close(self) -> None:
        """Close the connections to SNS."""
        await self._service.close()

    async def _confirm(self, message: sns.SnsMessage) -> None:
        url = message.subscribe_url or ""
        if not sns.is_sns_url(url, self._origins):
            raise InvalidInput("SubscribeURL does not lead to SNS", field="SubscribeURL")
        await self._service.visit(url)
