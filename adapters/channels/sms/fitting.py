"""What a Korean gateway can carry to one recipient, decided before any request."""

from __future__ import annotations

from typing import Final

import attrs

from adapters.channels.frame.phone_codes import NUMBER_INVALID, SENDER_FAULT
from adapters.channels.frame.phone_numbers import is_korean
from adapters.channels.sms.content import SmsContent, read_sms_content
from application.ports.channels import Envelope
from domain.messaging.content import Body
from domain.messaging.outcome import CredentialFault, Outcome, Rejected
from domain.messaging.sender_number import korean_sender
from domain.shared.errors import ContentTooLarge, InvalidInput

MOST_SEGMENTS: Final = 5
"""Korean gateways cut a message abroad into five parts at most."""


@attrs.frozen(slots=True)
class Ready:
    """One content as a gateway gets it."""

    content: SmsContent
    sender: str
    to_korea: Rejected | None
    """Why Korean numbers cannot get it."""
    abroad: Rejected | None


class Fitting:
    """The contents of one batch, each looked at once."""

    def __init__(self, sender: str | None, version: int) -> None:
        """`sender`: the credential's own."""
        self._sender = sender
        self._version = version
        self._known: dict[int, Ready | Outcome] = {}

    def of(self, envelope: Envelope) -> Ready | Outcome:
        """The content for this recipient, or why nothing can be sent to it."""
        # The batch holds every content, so an id stays the same content's.
        ready = self._known.get(id(envelope.content))
        if ready is None:
            ready = self._known[id(envelope.content)] = self._prepare(envelope.content)
        if not isinstance(ready, Ready):
            return ready
        if not envelope.token.startswith("+"):
            return Rejected("malformed_number", subscription_code=NUMBER_INVALID)
        return (ready.to_korea if is_korean(envelope.token) else ready.abroad) or ready

    def _prepare(self, body: Body) -> Ready | Outcome:
        read = prepare(body)
        if isinstance(read, Rejected):
            return read
        sender = self._sender
        if read.sender is not None:
            sender = korean_sender(read.sender)
            if sender is None:
                return Rejected("sender_not_korean", message_code=SENDER_FAULT, bug=True)
        if not sender:
            return CredentialFault(
                "no_sender", self._version, details={"field": "sender", "code": SENDER_FAULT}
            )
        return Ready(read, sender, _to_korea(read), _abroad(read))


def prepare(body: Body) -> SmsContent | Rejected:
    """A content read, or why no message of it can be sent."""
    try:
        return read_sms_content(body, field="content")
    except ContentTooLarge as error:
        return Rejected(error.code, details={"field": error.field})
    except InvalidInput as error:
        return Rejected("invalid_content", bug=True, details={"field": error.field})


def _to_korea(content: SmsContent) -> Rejected | None:
    if content.korean.unmappable:
        return Rejected(
            "characters_not_carried", details={"characters": " ".join(content.korean.unmappable[:10])}
        )
    if not content.korean.fits:
        return Rejected(
            ContentTooLarge.code, details={"bytes": content.korean.bytes, "limit": content.korean.limit}
        )
    return None


def _abroad(content: SmsContent) -> Rejected | None:
    if content.title:
        return Rejected("long_message_abroad", details={"field": "title"})
    if content.abroad.count > MOST_SEGMENTS:
        return Rejected(
            ContentTooLarge.code, details={"segments": content.abroad.count, "limit": MOST_SEGMENTS}
        )
    return None
