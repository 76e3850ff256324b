"""Delivery reports: what providers call or are asked for, and how a channel reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.channels import Credential
from domain.messaging.report import ProviderReport

CALLBACK_TOKEN = "callback_token"  # noqa: S105
"""The field of a stored credential that makes its callback URL unguessable; made by the platform, not entered."""


def callback_path(provider: str, application_id: UUID, token: str) -> str:
    """Where a provider's callbacks for one application arrive."""
    return f"/v1/callbacks/{provider}/{application_id}/{token}"


@attrs.frozen(slots=True)
class Callback:
    """An HTTP request that a provider made to `/v1/callbacks/<provider>/<application>/<token>`."""

    method: str
    url: str
    """The whole public URL with its query, as the provider was told it: what Twilio signs."""
    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str]
    body: bytes = attrs.field(repr=False)
    credential: Credential
    """The application's stored settings of this provider, with its secrets."""
    received_at: datetime


@attrs.frozen(slots=True)
class CallbackAnswer:
    """What was read, and what the provider is answered."""

    reports: Sequence[ProviderReport] = ()
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


class CallbackReader(Protocol):
    """Reads one provider's callbacks. Lives as long as the process; may ask the provider (SNS certificates)."""

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Raise Forbidden for a signature that does not hold or a stale request, InvalidInput for an unreadable one.

        Answers what it could read: a statement about nobody we know is left out. Whether the named messages are
        this application's is checked by the platform.
        """
        ...

    async def close(self) -> None: ...
