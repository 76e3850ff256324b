"""A relay's settings: where it is, how to log in, how hard to drive it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import attrs

from adapters.channels.email.account import BOUNCES, DKIM, WHO, Account
from application.ports.channels import ChannelSettings, CredentialCheck
from application.ports.provider_settings import SettingField, check_fields, summary_of
from domain.shared.errors import InvalidInput

PROVIDER: Final = "smtp"
STARTTLS, TLS, NONE = "starttls", "tls", "none"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?"
_RATE: Final = re.compile(r"(\*|[a-z0-9.-]+)=(\d{1,5}(?:\.\d{1,3})?)")


def read_rates(value: str, field: str) -> str:
    """`naver.com=20,*=50`: mails a second to a domain; raise InvalidInput for anything else."""
    for entry in value.lower().split(","):
        found = _RATE.fullmatch(entry.strip())
        if found is None or float(found[2]) <= 0:
            raise InvalidInput(
                f"{field} is not usable",
                field=field,
                fix="send domain=mails a second: naver.com=20,gmail.com=50,*=100",
            )
    return ",".join(entry.strip() for entry in value.lower().split(","))


SETTINGS: Final = (
    SettingField("host", "the relay's host name", pattern=_HOST, example="smtp.shop.kr"),
    SettingField(
        "port", "587 for STARTTLS, 465 for TLS", required=False, default="587", pattern=r"[1-9]\d{0,4}"
    ),
    SettingField(
        "security",
        "starttls, tls, or none (loopback only)",
        required=False,
        default=STARTTLS,
        choices=(STARTTLS, TLS, NONE),
    ),
    SettingField("username", "the account's name; without it there is no login", required=False),
    SettingField("password", "its password", secret=True, required=False),
    *WHO,
    *DKIM,
    BOUNCES,
    SettingField(
        "ehlo_name",
        "how this host introduces itself; default: the domain of from_address",
        required=False,
        pattern=_HOST,
    ),
    SettingField(
        "connections",
        "connections to the relay per process, 1 to 50",
        required=False,
        default="8",
        pattern=r"[1-9]|[1-4]\d|50",
    ),
    SettingField(
        "messages_per_connection",
        "mails before a connection is replaced, 1 to 10000",
        required=False,
        default="100",
        pattern=r"[1-9]\d{0,3}|10000",
    ),
    SettingField(
        "domain_rates",
        "mails a second to a recipient's domain, * for each other one; default: as fast as the relay takes them",
        required=False,
        longest=4_000,
        example="naver.com=20,*=100",
        check=read_rates,
    ),
)


@attrs.frozen(slots=True)
class SmtpSettings:
    """Checked fields of one credential."""

    host: str
    port: int
    security: str
    username: str | None
    password: str | None = attrs.field(repr=False)
    account: Account
    ehlo_name: str
    connections: int = 8
    messages_per_connection: int = 100
    rates: Mapping[str, float] = attrs.field(factory=dict)

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> SmtpSettings:
        """Raise InvalidInput naming the field that cannot work."""
        account = Account.from_fields(fields)
        port = int(fields.get("port") or 587)
        if not 1 <= port <= 65_535:
            raise InvalidInput("port is no port number", field="port", fix="use 587 or 465")
        security = fields.get("security") or STARTTLS
        if security == NONE and fields["host"] not in LOOPBACK:
            raise InvalidInput(
                "security none would send passwords and mail in the clear",
                field="security",
                fix="use starttls or tls",
            )
        username, password = fields.get("username"), fields.get("password")
        if bool(username) != bool(password):
            missing = "password" if username else "username"
            raise InvalidInput(f"{missing} is missing", field=missing, fix="give both or neither")
        rates = dict(entry.split("=") for entry in (fields.get("domain_rates") or "").split(",") if entry)
        return cls(
            host=fields["host"],
            port=port,
            security=security,
            username=username or None,
            password=password or None,
            account=account,
            ehlo_name=fields.get("ehlo_name") or account.mailbox.domain,
            connections=int(fields.get("connections") or 8),
            messages_per_connection=int(fields.get("messages_per_connection") or 100),
            rates={domain: float(rate) for domain, rate in rates.items()},
        )

    def at(self, settings: ChannelSettings) -> SmtpSettings:
        """The same, at the host that the installation puts in the relay's place (`smtp://127.0.0.1:2525`, smtps, or
        smtp+starttls), where it does."""
        url = settings.provider_urls.get(PROVIDER)
        if not url:
            return self
        parts = urlsplit(url)
        security = {"smtps": TLS, "smtp+starttls": STARTTLS}.get(parts.scheme, NONE)
        return attrs.evolve(self, host=parts.hostname or "", port=parts.port or 25, security=security)

    def rate(self, domain: str) -> float | None:
        """Mails a second to a domain; None: no bound."""
        return self.rates.get(domain, self.rates.get("*"))


def check_smtp_credential(fields: Mapping[str, str]) -> CredentialCheck:
    """The fields to store and a summary without secrets, with the DKIM record that has to be published."""
    checked = check_fields(SETTINGS, fields)
    settings = SmtpSettings.from_fields(checked)
    summary = summary_of(SETTINGS, checked)
    key = settings.account.dkim
    if key is not None:
        summary["dkim_record_name"] = f"{key.selector}._domainkey.{key.domain}"
        summary["dkim_record"] = key.record
    return CredentialCheck(fields=checked, summary=summary)
