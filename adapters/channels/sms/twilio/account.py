"""A Twilio account: the fields that an operator enters."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

import attrs

from application.ports.channels import CredentialCheck
from application.ports.provider_settings import SettingField, check_fields, summary_of
from domain.messaging.sender_number import check_international_sender
from domain.shared.errors import InvalidInput

PROVIDER: Final = "twilio"
USUAL_URL: Final = "https://api.twilio.com"

SETTINGS: Final = (
    SettingField(
        "account_sid",
        "the Account SID of the console",
        pattern=r"AC[0-9a-fA-F]{32}",
        example="AC and 32 digits",
    ),
    SettingField(
        "auth_token",
        "the Auth Token, which signs Twilio's callbacks",
        secret=True,
        pattern=r"[0-9a-zA-Z]{16,64}",
    ),
    SettingField(
        "sender",
        "a number, a Messaging Service or an alphanumeric id to send from",
        check=lambda value, field: check_international_sender(value, field=field),
        example="+14155552671",
    ),
    SettingField(
        "api_key_sid",
        "an API Key, if requests are not to use the Auth Token",
        required=False,
        pattern=r"SK[0-9a-fA-F]{32}",
        example="SK and 32 digits",
    ),
    SettingField(
        "api_key_secret",
        "the secret of that API Key",
        secret=True,
        required=False,
        pattern=r"[0-9a-zA-Z]{16,64}",
    ),
    SettingField(
        "webhook_shared_key",
        "the secret of a webhook Shared Key, if callbacks are signed with one",
        secret=True,
        required=False,
        longest=200,
    ),
)


def check_twilio_credential(fields: Mapping[str, str]) -> CredentialCheck:
    """Raise InvalidInput naming the field; an API Key needs its secret and the other way round."""
    checked = check_fields(SETTINGS, fields)
    for one, other in (("api_key_sid", "api_key_secret"), ("api_key_secret", "api_key_sid")):
        if one in checked and other not in checked:
            raise InvalidInput(f"{other} is missing", field=other, fix=f"give it together with {one}")
    return CredentialCheck(fields=checked, summary=summary_of(SETTINGS, checked))


@attrs.frozen(slots=True)
class TwilioAccount:
    """Checked fields of one credential."""

    sid: str
    sender: str
    authorization: str = attrs.field(repr=False)

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> TwilioAccount:
        """Raise KeyError when what was stored is not of this provider."""
        user = fields.get("api_key_sid") or fields["account_sid"]
        password = fields.get("api_key_secret") or fields["auth_token"]
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        return cls(fields["account_sid"], fields["sender"], f"Basic {basic}")

    @property
    def messages(self) -> str:
        """The path of its messages."""
        return f"/2010-04-01/Accounts/{self.sid}/Messages.json"
