"""What an operator enters for a relay or for SES: stored, shown without secrets, or refused by field."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from adapters.channels.email import plugin
from adapters.channels.email.smtp.settings import SmtpSettings
from application.ports.channels import ChannelSettings, CredentialCheck
from domain.shared.errors import InvalidInput

PEM = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*PEM).decode()
ED = ed25519.Ed25519PrivateKey.generate().private_bytes(*PEM).decode()
RELAY = {"host": "smtp.shop.kr", "from_address": "no-reply@shop.kr"}
SES = {
    "region": "ap-northeast-2",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "from_address": "no-reply@shop.kr",
}


async def check(provider: str, fields: dict[str, str]) -> CredentialCheck:
    """What the provider makes of the fields."""
    return await plugin.providers[provider].check_credential(fields)


async def test_a_relays_defaults_are_stored() -> None:
    """587 with STARTTLS, 8 connections of 100 mails, everything counted."""
    checked = await check("smtp", RELAY)
    settings = SmtpSettings.from_fields(checked.fields)
    assert (settings.port, settings.security, settings.connections) == (587, "starttls", 8)
    assert settings.messages_per_connection == 100
    assert settings.ehlo_name == "shop.kr"
    assert (settings.account.track_opens, settings.account.track_clicks) == (True, True)


async def test_secrets_are_stored_and_never_shown() -> None:
    """Neither in the summary nor in any repr."""
    fields = {
        **RELAY,
        "username": "shop",
        "password": "open sesame",
        "dkim_selector": "as1",
        "dkim_private_key": KEY,
    }
    checked = await check("smtp", fields)
    assert checked.fields["password"] == "open sesame"
    shown = f"{checked.summary} {checked!r} {SmtpSettings.from_fields(checked.fields)!r}"
    assert "sesame" not in shown
    assert "PRIVATE KEY" not in shown
    checked = await check("ses", SES)
    assert "wJalr" not in f"{checked.summary} {checked!r}"


@pytest.mark.parametrize("key", [KEY, ED], ids=["rsa", "ed25519"])
async def test_the_summary_says_what_to_publish(key: str) -> None:
    """The DKIM record, with the public key only."""
    checked = await check("smtp", {**RELAY, "dkim_selector": "as1", "dkim_private_key": key})
    assert checked.summary["dkim_record_name"] == "as1._domainkey.shop.kr"
    assert checked.summary["dkim_record"].startswith("v=DKIM1; k=")
    assert "PRIVATE" not in checked.summary["dkim_record"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "smtp shop kr"}, "host"),
        ({"from_address": "nobody"}, "from_address"),
        ({"from_address": "a@shop.kr\r\nBcc: x"}, "from_address"),
        ({"from_name": "a\nb"}, "from_name"),
        ({"port": "0"}, "port"),
        ({"port": "99999"}, "port"),
        ({"security": "ssl"}, "security"),
        ({"security": "none"}, "security"),
        ({"username": "shop"}, "password"),
        ({"password": "x"}, "username"),
        ({"sender_domains": "shop.kr,not a domain"}, "sender_domains"),
        ({"bounce_domain": "bounce"}, "bounce_domain"),
        ({"tracking": "some"}, "tracking"),
        ({"connections": "51"}, "connections"),
        ({"messages_per_connection": "0"}, "messages_per_connection"),
        ({"domain_rates": "naver.com"}, "domain_rates"),
        ({"domain_rates": "naver.com=0"}, "domain_rates"),
        ({"dkim_selector": "as1"}, "dkim_private_key"),
        ({"dkim_private_key": KEY}, "dkim_selector"),
        ({"dkim_selector": "as1", "dkim_private_key": "x"}, "dkim_private_key"),
        ({"dkim_selector": "-", "dkim_private_key": KEY}, "dkim_selector"),
        ({"dkim_domain": "bank.kr", "dkim_selector": "as1", "dkim_private_key": KEY}, "dkim_domain"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_relay_that_cannot_work_is_refused_by_field(fields: dict[str, str], field: str) -> None:
    """With a fix."""
    with pytest.raises(InvalidInput) as refused:
        await check("smtp", {**RELAY, **fields})
    assert refused.value.field == field
    assert refused.value.fix


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"region": "Seoul"}, "region"),
        ({"access_key_id": "short"}, "access_key_id"),
        ({"secret_access_key": ""}, "secret_access_key"),
        ({"topic_arn": "arn:aws:s3:::bucket"}, "topic_arn"),
        ({"configuration_set": "a b"}, "configuration_set"),
        ({"bulk": "maybe"}, "bulk"),
        ({"send_rate": "fast"}, "send_rate"),
        ({"converted_by": "luck"}, "converted_by"),
    ],
)
async def test_an_ses_account_that_cannot_work_is_refused_by_field(
    fields: dict[str, str], field: str
) -> None:
    """With a fix."""
    with pytest.raises(InvalidInput) as refused:
        await check("ses", {**SES, **fields})
    assert refused.value.field == field


async def test_rates_are_per_domain_with_a_default() -> None:
    """`*` is for every domain that is not named."""
    checked = await check("smtp", {**RELAY, "domain_rates": "Naver.com=20, *=100"})
    settings = SmtpSettings.from_fields(checked.fields)
    assert [settings.rate(one) for one in ("naver.com", "gmail.com")] == [20.0, 100.0]
    assert SmtpSettings.from_fields(RELAY).rate("naver.com") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "none")),
        ("smtp+starttls://127.0.0.1:2525", ("127.0.0.1", 2525, "starttls")),
        ("smtps://127.0.0.1:2465", ("127.0.0.1", 2465, "tls")),
    ],
)
def test_an_installation_may_put_a_stand_in_where_the_relay_is(
    url: str, expected: tuple[str, int, str]
) -> None:
    """For development and tests; login and everything else stay the credential's."""
    settings = SmtpSettings.from_fields(RELAY).at(ChannelSettings(provider_urls={"smtp": url}))
    assert (settings.host, settings.port, settings.security) == expected


def test_what_the_providers_can_do_is_what_the_plug_in_says() -> None:
    """Mail is seen twice, so it is claimed; bounces and events come back by callbacks."""
    for provider in plugin.providers.values():
        assert provider.capabilities.claim_before_send
        assert provider.capabilities.callbacks
        assert provider.callbacks(ChannelSettings()) is not None
        assert all(field.purpose for field in provider.settings)
