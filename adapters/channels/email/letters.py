"""The letters of one batch: each content is prepared once, however many envelopes carry it."""

from __future__ import annotations

import time
from uuid import UUID

from adapters.channels.email.content import read_mail_content
from adapters.channels.email.letter import LARGEST_MAIL, Letter, Mail, Sender
from adapters.channels.email.marks import Doors
from application.ports.channels import Envelope
from domain.messaging.content import Body
from domain.messaging.links import LinkKeys
from domain.messaging.outcome import Rejected
from domain.shared.errors import InvalidInput


class Letters:
    """Made per batch; the batch holds every content, so an id stays the same content's."""

    def __init__(self, sender: Sender, doors: Doors, keys: LinkKeys, application_id: UUID) -> None:
        self._sender = sender
        self._doors = doors
        self._application_id = application_id
        self._signer = keys.signer(application_id)
        self._known: dict[int, Letter | Rejected] = {}

    def of(self, content: Body) -> Letter | Rejected:
        """The letter of a content, or why no mail of it can be sent."""
        known = self._known.get(id(content))
        if known is None:
            known = self._known[id(content)] = self._prepare(content)
        return known

    def mail(self, envelope: Envelope) -> Mail | Rejected:
        """One recipient's mail."""
        letter = self.of(envelope.content)
        if isinstance(letter, Rejected):
            return letter
        mail = letter.to(envelope, int(time.time()))
        if len(mail.content) > LARGEST_MAIL:
            return Rejected("message_too_large", bug=True, details={"size": len(mail.content)})
        return mail

    def _prepare(self, content: Body) -> Letter | Rejected:
        try:
            checked = read_mail_content(content, field="content")
            return Letter(checked, self._sender, self._doors, self._signer, self._application_id)
        except InvalidInput as error:
            return Rejected("invalid_content", bug=True, details={"field": error.field})
