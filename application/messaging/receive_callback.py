"""Receive a provider's callback: its address is proven first, then its signature, then its reports are recorded."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from uuid import UUID

import attrs

from application.messaging.record_reports import RecordReports
from application.ports.clock import Clock
from application.ports.credentials_source import CredentialSource
from application.ports.delivery_reports import CALLBACK_TOKEN, Callback, CallbackAnswer, CallbackReader
from domain.shared.errors import InvalidInput, NotFound, SignalError

log = logging.getLogger(__name__)


@attrs.frozen(slots=True)
class CallbackRequest:
    """The request as it arrived."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = attrs.field(repr=False)


class ReceiveCallback:
    """`await receive(provider, application_id, token, request)` answers what the provider is to be told."""

    def __init__(
        self,
        credentials: CredentialSource,
        readers: Mapping[str, CallbackReader],
        record: RecordReports,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._readers = readers
        self._record = record
        self._clock = clock

    async def __call__(
        self, provider: str, application_id: UUID, token: str, request: CallbackRequest
    ) -> CallbackAnswer:
        """Raise NotFound for an address that is none of ours, Forbidden for a forged or stale request, InvalidInput for
        an unreadable one, Unavailable when storage is away: then nothing was recorded, and the provider may repeat it."""
        reader = self._readers.get(provider)
        credential = None if reader is None else await self._credentials.current(application_id, provider)
        expected = "" if credential is None else credential.fields.get(CALLBACK_TOKEN, "")
        if not expected or not hmac.compare_digest(expected.encode(), token.encode()):
            raise NotFound("there is no such address")
        assert reader is not None and credential is not None  # noqa: PT018
        callback = Callback(
            request.method,
            request.url,
            request.headers,
            request.query,
            request.body,
            credential,
            self._clock.now(),
        )
        try:
            answer = await reader.read(callback)
        except SignalError:
            raise
        except Exception as error:
            # Not its text: it may hold addresses.
            log.error("the callback reader of %s failed with %s", provider, type(error).__name__)
            raise InvalidInput("the request cannot be read", fix="send what the provider documents") from None
        if answer.reports:
            await self._record(application_id, provider, answer.reports)
        return answer
