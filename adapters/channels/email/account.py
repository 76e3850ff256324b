"""What every account that sends mail has, whoever carries it: in whose name it may write, and what it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from adapters.channels.email.addresses import Mailbox, checked_address, header_text
from adapters.channels.email.dkim import DkimKey, load_dkim_key
from application.ports.provider_settings import SettingField
from domain.shared.errors import InvalidInput

TRACKING: Final = ("all", "opens", "clicks", "none")
_DOMAIN: Final = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_SELECTOR: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?")


def _address(value: str, field: str) -> str:
    return checked_address(value, field)


def _name(value: str, field: str) -> str:
    return header_text(value, field, 120)


def domain(value: str, field: str) -> str:
    """The domain in lower case; raise InvalidInput when it is none."""
    lower = value.strip().lower()
    if not _DOMAIN.fullmatch(lower):
        raise InvalidInput(f"{field} is no domain name", field=field, fix="send one such as mail.shop.kr")
    return lower


def _domains(value: str, field: str) -> str:
    return ",".join(domain(one, field) for one in value.split(","))


def _key(value: str, field: str) -> str:
    load_dkim_key(value, field=field)
    return value


WHO: Final = (
    SettingField(
        "from_address", "the address that mail comes from", example="no-reply@shop.kr", check=_address
    ),
    SettingField("from_name", "the name beside it", required=False, example="알림", check=_name),
    SettingField(
        "sender_domains",
        "the verified domains that a message's own `from` may use, separated by commas; default: from_address's",
        required=False,
        longest=2_000,
        example="shop.kr,mail.shop.kr",
        check=_domains,
    ),
    SettingField(
        "tracking",
        "what is counted unless a message says less: all, opens, clicks or none",
        required=False,
        default="all",
        choices=TRACKING,
    ),
)
"""The fields that all providers share."""
DKIM: Final = (
    SettingField("dkim_domain", "the domain that signs", required=False, example="shop.kr", check=domain),
    SettingField(
        "dkim_selector",
        "where its public key is: <selector>._domainkey.<domain>",
        required=False,
        example="as1",
    ),
    SettingField(
        "dkim_private_key",
        "its private key: PEM, RSA of 2048 bits or Ed25519",
        secret=True,
        required=False,
        longest=10_000,
        multiline=True,
        check=_key,
    ),
)
"""The fields of who signs for itself; SES signs by itself."""
BOUNCES: Final = SettingField(
    "bounce_domain",
    "the domain whose mail is handed to the callback URL; without it bounces go to from_address unread",
    required=False,
    example="bounce.shop.kr",
    check=domain,
)


@attrs.frozen(slots=True)
class Account:
    """Implements `letter.Sender` from a credential's checked fields."""

    mailbox: Mailbox
    domains: frozenset[str]
    bounce_domain: str | None = None
    track_opens: bool = True
    track_clicks: bool = True
    dkim: DkimKey | None = None

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Account:
        """Raise InvalidInput naming the field that cannot work."""
        address = checked_address(fields.get("from_address", ""), "from_address")
        mailbox = Mailbox(address, fields.get("from_name", ""))
        named = fields.get("sender_domains", "")
        domains = {mailbox.domain, *(one for one in named.split(",") if one)}
        tracking = fields.get("tracking") or "all"
        return cls(
            mailbox=mailbox,
            domains=frozenset(domains),
            bounce_domain=fields.get("bounce_domain") or None,
            track_opens=tracking in ("all", "opens"),
            track_clicks=tracking in ("all", "clicks"),
            dkim=_dkim(fields, mailbox),
        )


def _dkim(fields: Mapping[str, str], mailbox: Mailbox) -> DkimKey | None:
    given = [name for name in ("dkim_domain", "dkim_selector", "dkim_private_key") if fields.get(name)]
    if not given:
        return None
    for name in ("dkim_selector", "dkim_private_key"):
        if name not in given:
            raise InvalidInput(
                f"{name} is missing", field=name, fix="give dkim_selector and dkim_private_key, or neither"
            )
    signing = fields.get("dkim_domain") or mailbox.domain
    if not (mailbox.domain == signing or mailbox.domain.endswith(f".{signing}")):
        raise InvalidInput(
            f"{signing} cannot sign for {mailbox.domain}",
            field="dkim_domain",
            fix="use the domain of from_address or one above it: DMARC wants them aligned",
        )
    selector = fields["dkim_selector"]
    if not _SELECTOR.fullmatch(selector):
        raise InvalidInput("dkim_selector is not usable", field="dkim_selector", fix="use letters and digits")
    return DkimKey(signing, selector, load_dkim_key(fields["dkim_private_key"], field="dkim_private_key"))
