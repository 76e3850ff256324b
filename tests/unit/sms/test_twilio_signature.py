"""Twilio's signature, judged by Twilio's own validator: what it signs we accept, what it refuses we refuse."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from adapters.channels.sms.twilio.signature import algorithm_of, is_signed

TOKEN = "f" * 32
URL = "https://signal.example.com/v1/callbacks/twilio/app/token?ref=0af-1"
TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=20)


@given(st.dictionaries(TEXT.filter(bool), TEXT, max_size=6), st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]))
def test_what_twilio_signs_is_accepted(form: dict[str, str], algorithm: str) -> None:
    """Whatever the parameters, with both algorithms; the validator agrees."""
    oracle = RequestValidator(TOKEN)
    signature = oracle.compute_signature(URL, form, algorithm)
    ours = {name: [value] for name, value in form.items()}
    assert is_signed(TOKEN, URL, ours, b"", signature, algorithm=algorithm)
    assert oracle.validate(URL, form, signature, algorithm)


@given(st.text(max_size=40), st.dictionaries(TEXT.filter(bool), TEXT, max_size=3))
def test_what_twilio_refuses_is_refused(signature: str, form: dict[str, str]) -> None:
    """Any other signature, with the same verdict as the validator's."""
    ours = {name: [value] for name, value in form.items()}
    expected = RequestValidator(TOKEN).validate(URL, form, signature)
    assert is_signed(TOKEN, URL, ours, b"", signature) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://signal.example.com/cb?ref=1",
        "https://signal.example.com:443/cb?ref=1",
        "https://signal.example.com:8443/cb",
        "http://signal.example.com/cb",
        "https://[2001:db8::1]:8443/cb",
    ],
)
def test_the_port_may_be_written_or_not(url: str) -> None:
    """Twilio signs with and without it, depending on where the callback comes from."""
    form = {"MessageSid": "SM1"}
    oracle = RequestValidator(TOKEN)
    signature = oracle.compute_signature(url, form)
    assert is_signed(TOKEN, url, {"MessageSid": ["SM1"]}, b"", signature)


def test_repeated_parameters_are_signed_sorted_and_once() -> None:
    """As a multi-dictionary has them."""

    class Multi(dict[str, list[str]]):
        def getall(self, name: str) -> list[str]:
            return self[name]

    form = Multi(MediaUrl=["b", "a", "b"], Body=["x"])
    signature = RequestValidator(TOKEN).compute_signature(URL, form)
    assert is_signed(TOKEN, URL, form, b"", signature)


@pytest.mark.parametrize(
    ("url", "form", "secret"),
    [
        (URL + "&more=1", {"MessageSid": "SM1"}, TOKEN),
        (URL.replace("https", "http"), {"MessageSid": "SM1"}, TOKEN),
        (URL, {"MessageSid": "SM2"}, TOKEN),
        (URL, {"MessageSid": "SM1", "MessageStatus": "delivered"}, TOKEN),
        (URL, {}, TOKEN),
        (URL, {"MessageSid": "SM1"}, "e" * 32),
    ],
)
def test_whatever_is_changed_breaks_the_signature(url: str, form: dict[str, str], secret: str) -> None:
    """Address, query, parameters, token."""
    signature = RequestValidator(TOKEN).compute_signature(URL, {"MessageSid": "SM1"})
    changed = {name: [value] for name, value in form.items()}
    assert not is_signed(secret, url, changed, urlencode(form).encode(), signature)


def test_a_json_body_is_bound_by_its_hash_in_the_address() -> None:
    """Only the address is signed then."""
    body = b'{"a": 1}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    assert RequestValidator(TOKEN).validate(url, body.decode(), signature)
    assert is_signed(TOKEN, url, {}, body, signature)
    assert not is_signed(TOKEN, url, {}, b'{"a": 2}', signature)


@pytest.mark.parametrize(
    ("header", "algorithm"),
    [
        ("", "HMAC_SHA1"),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", "HMAC_SHA256"),
        ("algorithm=hmac_sha256", "HMAC_SHA256"),
        ("key=1", "HMAC_SHA1"),
    ],
)
def test_the_settings_header_names_the_algorithm(header: str, algorithm: str) -> None:
    """Without one it is the Auth Token's."""
    assert algorithm_of(header) == algorithm


def test_an_algorithm_that_nobody_knows_is_refused() -> None:
    """Instead of falling back to a weaker one."""
    signature = RequestValidator(TOKEN).compute_signature(URL, {})
    assert not is_signed(TOKEN, URL, {}, b"", signature, algorithm="NONE")
