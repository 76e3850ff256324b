"""A letter's surroundings for tests: an account, keys, envelopes, and the mail that comes of a content."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from adapters.channels.email.account import Account
from adapters.channels.email.addresses import Mailbox
from adapters.channels.email.content import read_mail_content
from adapters.channels.email.dkim import DkimKey
from adapters.channels.email.letter import Letter, Mail
from adapters.channels.email.marks import Doors
from application.ports.channels import Envelope
from domain.messaging.content import Body
from domain.messaging.links import LinkKeys

APP = UUID("0197a1b2-0000-7000-8000-000000000001")
KEYS = LinkKeys([b"k" * 32])
DOORS = Doors("https://signal.shop.kr")
NOW = 1_795_510_800
RECIPIENT = "kim@example.com"
RSA_KEY = DkimKey("shop.kr", "as1", rsa.generate_private_key(public_exponent=65537, key_size=2048))
ED_KEY = DkimKey("shop.kr", "as2", ed25519.Ed25519PrivateKey.generate())


def account(**changes: Any) -> Account:
    """알림 <no-reply@mail.shop.kr>, with bounces and all tracking."""
    usual: dict[str, Any] = {
        "mailbox": Mailbox("no-reply@mail.shop.kr", "알림"),
        "domains": frozenset({"mail.shop.kr", "shop.kr"}),
        "bounce_domain": "bounce.shop.kr",
    }
    return Account(**{**usual, **changes})


def envelope(recipient: str = RECIPIENT, **changes: Any) -> Envelope:
    """One recipient's."""
    return Envelope(uuid4(), uuid4(), recipient, {}, changes.pop("attempt", 1), **changes)


def letter(content: Body, *, doors: Doors = DOORS, **changes: Any) -> Letter:
    """A content from the account."""
    checked = read_mail_content(content, field="content")
    return Letter(checked, account(**changes), doors, KEYS.signer(APP), APP)


def mail_of(content: Body, to: Envelope | None = None, **changes: Any) -> Mail:
    """The mail of one recipient."""
    return letter(content, **changes).to(to or envelope(), NOW)
