"""Sender numbers have the shapes that the regulator allows, or those that Twilio knows."""

from __future__ import annotations

import pytest

from domain.messaging.sender_number import (
    check_international_sender,
    check_korean_sender,
    check_sender,
    international_sender,
    korean_sender,
)
from domain.shared.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "digits"),
    [
        ("02-2345-6789", "0223456789"),
        ("02-234-5678", "022345678"),
        ("02-1234-5678", None),  # no subscriber number begins with 0 or 1
        ("031-777-1234", "0317771234"),
        ("051-1234-5678", None),
        ("051-2234-5678", "05122345678"),
        ("010-2345-6789", "01023456789"),
        ("070-4321-1234", "07043211234"),
        ("0502-123-4567", "05021234567"),
        ("080-123-4567", "0801234567"),
        ("1588-1234", "15881234"),
        ("1661-1234", "16611234"),
        ("1899-1234", "18991234"),
        ("114", "114"),
        ("+82 10-2345-6789", "01023456789"),
        ("+82 1588-1234", "15881234"),
        ("+82 2 2345 6789", "0223456789"),
        ("02-1588-1234", None),  # a representative number has no area code
        ("011-234-5678", None),
        ("010-123-4567", None),
        ("1234-5678", None),
        ("+14155552671", None),
        ("٠١٠٢٣٤٥٦٧٨٩", None),
        ("", None),
    ],
)
def test_a_korean_sender_number_has_a_registered_shape(given: str, digits: str | None) -> None:
    """Area codes, mobile, 070, 050X, 080, representative and special numbers; without hyphens and country code."""
    assert korean_sender(given) == digits


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ("+14155552671", "+14155552671"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("MG" + "0af9" * 8, "MG" + "0af9" * 8),
        ("Acme Shop", "Acme Shop"),
        ("12345", "12345"),
        ("010-2345-6789", "+821023456789"),
        ("1588-1234", None),
        ("Much too long a name", None),
        ("MG1", "MG1"),
        ("한글", None),
    ],
)
def test_an_international_sender_is_what_twilio_takes(given: str, sender: str | None) -> None:
    """E.164, a Messaging Service, an alphanumeric id, a short code."""
    assert international_sender(given) == sender


def test_a_sender_that_nobody_takes_is_refused_by_field() -> None:
    """The three checks name the field and say what to give."""
    for check in (check_sender, check_korean_sender, check_international_sender):
        with pytest.raises(InvalidInput) as refusal:
            check("0000000000000", field="content.sms.sender")
        assert refusal.value.field == "content.sms.sender"
        assert refusal.value.fix
    assert check_sender("1588-1234", field="x") == "15881234"
    assert check_korean_sender("1588-1234", field="x") == "15881234"
    assert check_international_sender("+14155552671", field="x") == "+14155552671"
