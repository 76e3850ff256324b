"""The accounts that the demo's application has with every vendor, and what the simulator plays on them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any, Final

import attrs

from bootstrap.demo.application import NewApplication, create_application
from bootstrap.demo.channels.script import EMAIL, KAKAO, SMS, TROUBLES
from bootstrap.demo.json_client import JsonClient
from bootstrap.demo.run import behaviour as push_behaviour
from domain.shared.channels import SubscriptionType

SES, SOLAPI, NHN = "ses", "solapi", "nhn_alimtalk"
PROVIDER_OF: Final[Mapping[SubscriptionType, str]] = {EMAIL: SES, SMS: SOLAPI, KAKAO: NHN}
"""Whom each type goes through: a vendor of its own, so that one number can fare differently on two channels."""
TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:automata-signal-simulator"
SIGNATURE: Final = "simulated-signature"
TEMPLATE: Final = {
    "provider": NHN,
    "code": "ORDER01",
    "name": "주문 출발",
    "content": "#{name}님, 주문 #{no}이 출발했습니다.",
}
REPORT_DELAY_MS: Final = 300
REPORTED: Final = {"3019": "report", "3020": "report", "3016": "report", "3032": "report", "1060": "submit"}
"""When each code of the script is said: at once, or in a report."""


@attrs.frozen
class Accounts:
    """The application, and where each vendor calls it."""

    application: NewApplication
    callbacks: Mapping[str, str]
    """Vendor → address."""
    keys: Mapping[str, Any] = attrs.field(repr=False)
    """What the simulator checks signatures with."""


def _fields() -> dict[str, dict[str, str]]:
    return {
        SES: {
            "region": "us-east-1",
            "access_key_id": "AKIA" + secrets.token_hex(8).upper(),
            "secret_access_key": secrets.token_hex(20),
            "from_address": "no-reply@mail.shop.kr",
            "from_name": "데모",
            "configuration_set": "as-events",
            "topic_arn": TOPIC,
            "send_rate": "2000",
        },
        SOLAPI: {
            "api_key": "NCS" + secrets.token_hex(7).upper(),
            "api_secret": secrets.token_hex(16).upper(),
            "sender": "0223456789",
        },
        NHN: {
            "app_key": secrets.token_hex(8),
            "secret_key": secrets.token_hex(8),
            "sender_key": secrets.token_hex(20),
            "webhook_signature": SIGNATURE,
        },
    }


async def open_accounts(
    operator: JsonClient, api_url: str, name: str, types: Collection[SubscriptionType]
) -> Accounts:
    """An application with a credential for each of the types. Raise CallFailed with the API's own words."""
    application = await create_application(operator, name)
    path = f"/v1/applications/{application.application_id}"
    given, callbacks = _fields(), {}
    for type_, provider in PROVIDER_OF.items():
        if type_ in types:
            body = {"fields": given[provider]}
            stored = (await operator.call("PUT", f"{path}/credentials/{provider}", body)).body
            callbacks[provider] = api_url + stored["summary"]["callback_path"]
    push = {} if application.credentials is None else application.credentials.public_keys()
    ses, solapi, nhn = given[SES], given[SOLAPI], given[NHN]
    keys = {
        **push,
        "aws": [{name: ses[name] for name in ("access_key_id", "secret_access_key")}],
        "solapi": [{"key": solapi["api_key"], "secret": solapi["api_secret"]}],
        "nhn": [{"key": nhn["app_key"], "secret": nhn["secret_key"]}],
    }
    return Accounts(application, callbacks, keys)


def behaviour(run: str, api_url: str, accounts: Accounts) -> dict[str, Any]:
    """The script that the simulator plays: addresses fare as their beginning says, and everything is reported."""
    troubles = [one for one in TROUBLES if one is not None and one.fate.outcome]
    reports = [
        {"prefix": f"{one.fate.prefix}-{run}-", "kinds": ["delivery", "click"] if one.fate.charged and
         one.fate.outcome == "click" else [one.fate.outcome]}
        for one in troubles
        if one.type is EMAIL
    ]  # fmt: skip
    rules = [
        {
            "provider": PROVIDER_OF[one.type],
            "to_prefix": f"+8210{one.fate.prefix}",
            "outcome": one.fate.outcome,
            "step": REPORTED[one.fate.outcome],
        }
        for one in troubles
        if one.type in (SMS, KAKAO)
    ]
    webhooks = {name: url for name, url in accounts.callbacks.items() if name != SES}
    mail = {"ses_rate": 2_000.0}
    if SES in accounts.callbacks:
        sns = {"sns_url": accounts.callbacks[SES], "delay_ms": REPORT_DELAY_MS, "rules": reports}
        mail["reports"] = sns  # type: ignore[assignment]
    return {
        **push_behaviour(run, api_url),
        "mail": mail,
        "texts": {
            "rules": rules,
            "reports": {
                "delay_ms": REPORT_DELAY_MS,
                "webhooks": webhooks,
                "nhn_signature": SIGNATURE,
            },
            "templates": [TEMPLATE],
        },
    }
