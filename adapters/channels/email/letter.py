"""A content made ready to be sent to many: everything that is the same for all of them is encoded and signed for once.

`Letter` is that; `Letter.to` makes one recipient's `Mail` of it. Fields, in the order of RFC 5322 and what mailbox providers
ask for: From, To, Subject, Date, Message-ID, Reply-To, List-Unsubscribe with one-click (RFC 2369, RFC 8058), Feedback-ID, our
own X-AS-Message-Id, which a bounce brings back signed.
"""

from __future__ import annotations

import hashlib
from email.utils import formatdate
from functools import lru_cache
from typing import Final, Protocol
from uuid import UUID

import attrs

from adapters.channels.email import marks, mime
from adapters.channels.email.addresses import Mailbox, unstructured
from adapters.channels.email.content import MailContent
from adapters.channels.email.dkim import DkimKey, DkimSigner, Field
from adapters.channels.email.gaps import Piece, Window
from adapters.channels.email.marks import Doors
from adapters.channels.email.plain_text import text_of
from application.ports.channels import Envelope
from domain.messaging.links import LinkSigner, Purpose
from domain.shared.errors import InvalidInput

ONE_CLICK: Final = "List-Unsubscribe=One-Click"
BOUNCE_PREFIX: Final = "b+"
UNSUBSCRIBE_PREFIX: Final = "u+"
REF_HEADER: Final = "X-AS-Message-Id"
LARGEST_MAIL: Final = 10_000_000
"""Bytes of a whole mail, encoded: more than a content of 1 MiB can make, less than any relay's usual limit."""


class Sender(Protocol):
    """What a mail needs to know of the account that it is sent with."""

    @property
    def mailbox(self) -> Mailbox:
        """From, unless the content names another."""
        ...

    @property
    def domains(self) -> frozenset[str]:
        """Those that may stand behind the @ of From."""
        ...

    @property
    def bounce_domain(self) -> str | None:
        """Where VERP addresses are received; None: there are none."""
        ...

    @property
    def track_opens(self) -> bool: ...

    @property
    def track_clicks(self) -> bool: ...

    @property
    def dkim(self) -> DkimKey | None: ...


@attrs.define(slots=True)
class Mail:
    """One recipient's mail, complete. Mutable only to be cheap: nobody changes one."""

    return_path: str
    """The envelope's sender (RFC 5321)."""
    recipient: str
    content: bytes = attrs.field(repr=False)
    """Lines end in CRLF, none starts with a dot."""


class Letter:
    """One content, from one account."""

    def __init__(
        self, content: MailContent, sender: Sender, doors: Doors, signer: LinkSigner, application_id: UUID
    ) -> None:
        """Raise InvalidInput when the account may not send in the name that the content asks for."""
        mailbox = content.sender or sender.mailbox
        if mailbox.domain not in sender.domains:
            raise InvalidInput(
                f"{mailbox.domain} is not a verified sender domain",
                field="content.from",
                fix=f"use an address of {', '.join(sorted(sender.domains))}",
            )
        self._sender = sender
        self._signer = signer
        self._domain = mailbox.domain
        self._from = mailbox.address
        plain, html = _bodies(content, sender, doors)
        self._targets = () if html is None else html.targets
        gaps = {*_gaps(plain), *(() if html is None else _gaps(html))}
        self._has_pixel = marks.OPEN in gaps
        self._unsubscribe = doors.unsubscribe if content.list_unsubscribe and doors.public_url else ""
        self._needs_token = bool(self._unsubscribe) or marks.UNSUBSCRIBE in gaps
        self._mailto = sender.bounce_domain if content.list_unsubscribe else None
        root = mime.whole(plain.segments, None if html is None else html.segments, content.attachments)
        fixed = _fixed_fields(content, mailbox, application_id, bool(self._unsubscribe))
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in (*fixed, *root.fields)) + "\r\n"
        self._pieces = root.pieces
        self._varies = any(isinstance(piece, Window) for piece in root.pieces)
        self._prepared = _prepared(root.pieces)
        varying = ["To", "Date", "Message-ID", *self._way_out_names()]
        self._dkim = None if sender.dkim is None else DkimSigner(sender.dkim, (*fixed, *root.fields), varying)

    @property
    def targets(self) -> tuple[bytes, ...]:
        """The addresses behind its counted links."""
        return self._targets

    def to(self, envelope: Envelope, now: int) -> Mail:
        """The mail of one recipient, dated `now` (seconds since the epoch)."""
        message_id, subscription_id = envelope.message_id, envelope.subscription_id
        signer, bounces = self._signer, self._sender.bounce_domain
        token = ""
        if self._needs_token:
            token = signer.token(Purpose.UNSUBSCRIBE, message_id, subscription_id, now)
        ref = signer.ref(Purpose.BOUNCE, message_id, envelope.attempt)
        varying = {
            "To": envelope.token,
            "Date": mail_date(now),
            "Message-ID": f"<{message_id}@{self._domain}>",
        }
        way_out = self._way_out(envelope, token)
        if way_out:
            varying["List-Unsubscribe"] = way_out
        body = self._body(token, message_id, subscription_id, now)
        head = "".join([f"{name}: {value}\r\n" for name, value in varying.items()])
        head += f"{REF_HEADER}: {ref}\r\n{self._fixed}"
        if self._dkim is not None:
            head = self._dkim.field(varying, self._digest(body), now) + head
        content = b"".join([head.encode("ascii"), *body])
        return_path = self._from if bounces is None else f"{BOUNCE_PREFIX}{ref}@{bounces}"
        return Mail(return_path, envelope.token, content)

    def _way_out_names(self) -> list[str]:
        return ["List-Unsubscribe"] if self._unsubscribe or self._mailto else []

    def _way_out(self, envelope: Envelope, token: str) -> str:
        ways = []
        if self._unsubscribe:
            ways.append(f"<{self._unsubscribe}{token}>")
        if self._mailto:
            ref = self._signer.ref(Purpose.UNSUBSCRIBE_MAIL, envelope.message_id, envelope.attempt)
            ways.append(f"<mailto:{UNSUBSCRIBE_PREFIX}{ref}@{self._mailto}?subject=unsubscribe>")
        return ",\r\n ".join(ways)

    def _body(self, token: str, message_id: UUID, subscription_id: UUID, now: int) -> list[bytes]:
        if not self._varies:
            return [piece for piece in self._pieces if isinstance(piece, bytes)]
        values = [token.encode(), b""]
        if self._has_pixel:
            values[1] = self._signer.token(Purpose.OPEN, message_id, subscription_id, now).encode()
        for index, target in enumerate(self._targets):
            values.append(self._signer.click(message_id, subscription_id, now, index, target).encode())
        return [piece if isinstance(piece, bytes) else piece.fill(values) for piece in self._pieces]

    def _digest(self, body: list[bytes]) -> bytes:
        """SHA-256 of the body; what all recipients share in front was hashed once."""
        hashed = self._prepared.copy()
        for piece in body[1:]:
            hashed.update(piece)
        return hashed.digest()


@lru_cache(maxsize=8)
def mail_date(now: int) -> str:
    """RFC 5322's date, in UTC; formatted once a second."""
    return formatdate(now, usegmt=False, localtime=False).replace("-0000", "+0000")


def _bodies(content: MailContent, sender: Sender, doors: Doors) -> tuple[marks.Marked, marks.Marked | None]:
    plain = marks.mark_text(content.text or text_of(content.html or "") or " ", doors)
    if content.html is None:
        return plain, None
    opens = sender.track_opens if content.track_opens is None else content.track_opens and sender.track_opens
    clicks = (
        sender.track_clicks if content.track_clicks is None else content.track_clicks and sender.track_clicks
    )
    return plain, marks.mark_html(content.html, doors, clicks=clicks, opens=opens)


def _gaps(marked: marks.Marked) -> set[int]:
    return {one.id for one in marked.segments if not isinstance(one, str)}


def _fixed_fields(
    content: MailContent, mailbox: Mailbox, application_id: UUID, one_click: bool
) -> tuple[Field, ...]:
    fields: list[Field] = [
        ("From", mailbox.header()),
        ("Subject", unstructured(content.subject)),
        ("MIME-Version", "1.0"),
    ]
    if content.reply_to:
        fields.append(("Reply-To", ",\r\n ".join(one.header() for one in content.reply_to)))
    if one_click:
        fields.append(("List-Unsubscribe-Post", ONE_CLICK))
    application = application_id.hex[:12]
    fields.append(("Feedback-ID", f"{content.feedback_id}:{application}:automata:as{application[:10]}"))
    fields += [(name, unstructured(value)) for name, value in content.headers]
    return tuple(fields)


def _prepared(pieces: tuple[Piece, ...]) -> hashlib._Hash:
    first = pieces[0] if pieces else b""
    return hashlib.sha256(first if isinstance(first, bytes) else b"")
