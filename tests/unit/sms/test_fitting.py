"""Before any request: which recipient can get which text from a Korean gateway, and from which sender."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from adapters.channels.sms.fitting import Fitting, Ready
from application.ports.channels import Envelope
from domain.messaging.outcome import CredentialFault, Rejected

KOREAN, ABROAD = "+821012345678", "+14155552671"


def fit(to: str, content: dict[str, Any], sender: str | None = "0212345678") -> Any:
    """One envelope."""
    id_ = uuid4()
    return Fitting(sender, 3).of(Envelope(id_, id_, to, content, 1))


def test_a_text_goes_out_with_the_credentials_sender_unless_it_has_its_own() -> None:
    """The content's own comes first."""
    assert fit(KOREAN, {"text": "안녕"}).sender == "0212345678"
    assert fit(KOREAN, {"text": "안녕", "sender": "1588-1234"}).sender == "15881234"
    assert fit(KOREAN, {"text": "안녕", "sender": "1588-1234"}, None).sender == "15881234"


def test_without_any_sender_the_credential_is_at_fault() -> None:
    """Every message would suffer the same."""
    found = fit(KOREAN, {"text": "안녕"}, None)
    assert isinstance(found, CredentialFault)
    assert (found.credential_version, found.details) == (3, {"field": "sender", "code": -55})


@pytest.mark.parametrize(
    ("to", "content", "reason", "subscription_code"),
    [
        (KOREAN, {"text": "안녕 🙂", "alphabet": "unicode"}, "characters_not_carried", None),
        (KOREAN, {"text": "가" * 1_001, "alphabet": "unicode"}, "content_too_large", None),
        (ABROAD, {"text": "안녕", "title": "제목"}, "long_message_abroad", None),
        (ABROAD, {"text": "가" * 336}, "content_too_large", None),
        ("010-1234-5678", {"text": "안녕"}, "malformed_number", -50),
        (KOREAN, {"text": ""}, "invalid_content", None),
    ],
)
def test_what_cannot_be_carried_is_rejected(
    to: str, content: dict[str, Any], reason: str, subscription_code: int | None
) -> None:
    """That message alone; nothing was asked and nothing costs."""
    found = fit(to, content)
    assert isinstance(found, Rejected)
    assert (found.reason, found.subscription_code) == (reason, subscription_code)


def test_a_sender_from_abroad_is_the_messages_own_fault() -> None:
    """-55 for the message; the channel goes on."""
    found = fit(KOREAN, {"text": "hi", "sender": "+14155552671"})
    assert isinstance(found, Rejected)
    assert (found.message_code, found.bug) == (-55, True)


def test_a_content_is_looked_at_once_for_all_its_recipients() -> None:
    """The same value for each, so that one request carries them."""
    content = {"text": "안녕"}
    fitting = Fitting("0212345678", 1)
    found = [fitting.of(Envelope(uuid4(), uuid4(), f"+8210{n:08d}", content, 1)) for n in range(3)]
    assert isinstance(found[0], Ready)
    assert all(one is found[0] for one in found)
