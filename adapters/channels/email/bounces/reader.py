"""Reads the mail that an application's mail server posts to its SMTP callback: one mail a request, as it arrived.

curl --data-binary @- -H 'Content-Type: message/rfc822' 'https://…/v1/callbacks/smtp/<app>/<token>?recipient=b+…@bounce.shop.kr'
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from adapters.channels.email.bounces.incoming import read_mail
from application.ports.channels import ChannelSettings
from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.messaging.links import LinkKeys, LinkRefused, Purpose
from domain.shared.errors import InvalidInput


class BounceReader:
    """Implements `application.ports.delivery_reports.CallbackReader` for SMTP."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._keys = settings.links

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Raise InvalidInput for what is no mail, or one that names no message of ours."""
        if callback.method != "POST" or not callback.body.strip():
            raise InvalidInput(
                "there is no mail in the body", field="body", fix="POST the mail as it arrived"
            )
        read_ref = partial(_read_ref, self._keys, callback.credential.application_id)
        reports = read_mail(
            callback.body, callback.query.get("recipient"), read_ref, received_at=callback.received_at
        )
        return CallbackAnswer(reports)

    async def close(self) -> None:
        """Nothing is open."""


def _read_ref(keys: LinkKeys | None, application_id: UUID, ref: str, purpose: Purpose) -> UUID:
    if keys is None:
        raise LinkRefused
    return keys.read_ref(ref, purpose, application_id)
