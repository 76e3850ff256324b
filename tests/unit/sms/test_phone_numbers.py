"""Phone numbers are accepted when a text can reach them, and take the form that each gateway wants."""

from __future__ import annotations

import pytest

from adapters.channels.frame.phone_numbers import (
    check_mobile,
    country_code,
    from_digits,
    is_korean,
    national_digits,
)
from domain.shared.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("+821012345678", "+821012345678"),
        ("010-1234-5678", "+821012345678"),
        ("+1 415-555-2671", "+14155552671"),
        ("+447400123456", "+447400123456"),
        ("+819012345678", "+819012345678"),
    ],
)
def test_numbers_that_receive_texts_are_stored_as_e164(given: str, stored: str) -> None:
    """Korean ones may come as they are dialled."""
    assert check_mobile(given, field="token") == stored


@pytest.mark.parametrize(
    "number",
    [
        "+82101234567",  # 010 and seven digits: given up
        "+82111234567",  # 011: given up
        "+82212345678",  # a landline in Seoul
        "+827012345678",  # internet telephony
        "+8215881234",  # a representative number
        "+8250212345678",  # a personal number
        "+82801234567",  # toll-free
        "+442079460000",  # a landline in London
        "+999123456789",
        "+821012345678;ext=5",
        "abc",
        "",
        "+8210123456789",
    ],
)
def test_numbers_that_no_text_reaches_are_refused_by_field(number: str) -> None:
    """Landlines, 050, 070, 080, 15xx, numbers that do not exist."""
    with pytest.raises(InvalidInput) as refusal:
        check_mobile(number, field="token")
    assert refusal.value.field == "token"
    assert refusal.value.fix


@pytest.mark.parametrize(
    ("number", "code", "national", "korean"),
    [
        ("+821012345678", "82", "01012345678", True),
        ("+14155552671", "1", "4155552671", False),
        ("+819012345678", "81", "9012345678", False),
        ("+85261234567", "852", "61234567", False),
        ("+79161234567", "7", "9161234567", False),
    ],
)
def test_a_stored_number_is_taken_apart_for_the_gateways(
    number: str, code: str, national: str, korean: bool
) -> None:
    """Country code and national digits; in Korea with the leading 0."""
    assert (country_code(number), national_digits(number), is_korean(number)) == (code, national, korean)


@pytest.mark.parametrize(
    ("digits", "country", "number"),
    [
        ("01012345678", "82", "+821012345678"),
        ("821012345678", "82", "+821012345678"),
        ("010-1234-5678", "82", "+821012345678"),
        ("+14155552671", "82", "+14155552671"),
        ("4155552671", "1", "+14155552671"),
        ("14155552671", "1", "+14155552671"),
    ],
)
def test_what_a_gateway_reports_becomes_e164_again(digits: str, country: str, number: str) -> None:
    """So that the subscription is found by it."""
    assert from_digits(digits, country) == number
