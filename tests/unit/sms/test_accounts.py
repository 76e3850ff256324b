"""Requests are signed as the vendors' own SDKs sign, and credentials that cannot work are refused by field."""

from __future__ import annotations

import base64
import re

import pytest
from solapi.lib.authenticator import Authenticator

from adapters.channels.frame.solapi.account import SolapiAccount
from adapters.channels.sms.twilio.account import TwilioAccount, check_twilio_credential
from domain.shared.errors import InvalidInput

TWILIO = {"account_sid": "AC" + "0" * 32, "auth_token": "t" * 32, "sender": "+14155552671"}
API_KEY = {"api_key_sid": "SK" + "1" * 32, "api_key_secret": "s" * 32}


def test_solapi_would_sign_the_same_way() -> None:
    """Its SDK is asked for the signature of our date and salt; a salt is never used twice."""
    account = SolapiAccount("KEY0123456", b"a-secret", None, None)
    headers = [account.authorization(now=lambda: 1_753_300_000.5) for _ in range(2)]
    assert headers[0] != headers[1]
    found = re.fullmatch(
        r"HMAC-SHA256 apiKey=KEY0123456, date=(\S+), salt=(\S+), signature=(\S+)", headers[0]
    )
    assert found is not None
    date, salt, signature = found.groups()
    assert date == "2025-07-23T19:46:40.500+00:00"
    assert signature == Authenticator.get_signature("a-secret", date + salt)


def test_twilio_is_asked_with_the_api_key_where_there_is_one() -> None:
    """Else with the Auth Token; the account stays the same."""
    for fields, pair in (
        (TWILIO, f"{TWILIO['account_sid']}:{TWILIO['auth_token']}"),
        ({**TWILIO, **API_KEY}, f"{API_KEY['api_key_sid']}:{API_KEY['api_key_secret']}"),
    ):
        account = TwilioAccount.from_fields(check_twilio_credential(fields).fields)
        assert account.authorization == "Basic " + base64.b64encode(pair.encode()).decode()
        assert account.messages == f"/2010-04-01/Accounts/{TWILIO['account_sid']}/Messages.json"
        assert pair not in repr(account)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"account_sid": "AC1"}, "account_sid"),
        ({"sender": "0212345678"}, "sender"),
        ({"api_key_sid": API_KEY["api_key_sid"]}, "api_key_secret"),
        ({"api_key_secret": API_KEY["api_key_secret"]}, "api_key_sid"),
        ({"token": "x"}, "token"),
    ],
)
def test_a_twilio_credential_that_cannot_work_is_refused(fields: dict[str, str], field: str) -> None:
    """By field, with something to do."""
    with pytest.raises(InvalidInput) as refused:
        check_twilio_credential({**TWILIO, **fields})
    assert refused.value.field == field
    assert refused.value.fix
