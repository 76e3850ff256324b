"""Signed links: what was signed is read back, anything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messaging.links import (
    LIFETIME,
    REF_LENGTH,
    TOKEN_LENGTH,
    LinkKeys,
    LinkRefused,
    LinkSigner,
    Purpose,
)

KEY, OLDER, OTHER = b"k" * 32, b"o" * 32, b"x" * 32
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
APP, MESSAGE, SUBSCRIPTION = uuid4(), uuid4(), uuid4()
KEYS = LinkKeys([KEY, OLDER])
SIGNER = LinkSigner(KEY, APP)


def test_a_token_says_whom_it_was_signed_for() -> None:
    """Application, message and subscription come back; its length is the same for everybody."""
    token = SIGNER.token(Purpose.UNSUBSCRIBE, MESSAGE, SUBSCRIPTION, EPOCH)
    link = KEYS.read(token, Purpose.UNSUBSCRIBE, NOW)
    assert (link.application_id, link.message_id, link.subscription_id) == (APP, MESSAGE, SUBSCRIPTION)
    assert (len(token), link.issued_at) == (TOKEN_LENGTH, NOW)


def test_a_click_carries_its_target() -> None:
    """The address that was signed, with its number."""
    token = SIGNER.click(MESSAGE, SUBSCRIPTION, EPOCH, 3, "https://shop.kr/주문?a=1&b=2".encode())
    link = KEYS.read(token, Purpose.CLICK, NOW)
    assert (link.index, link.target) == (3, "https://shop.kr/주문?a=1&b=2")


@pytest.mark.parametrize("purpose", [Purpose.OPEN, Purpose.CLICK])
def test_a_token_is_good_for_one_purpose_only(purpose: Purpose) -> None:
    """An unsubscribe link opens nothing and redirects nowhere."""
    token = SIGNER.token(Purpose.UNSUBSCRIBE, MESSAGE, SUBSCRIPTION, EPOCH)
    with pytest.raises(LinkRefused):
        KEYS.read(token, purpose, NOW)


def test_a_token_expires() -> None:
    """It holds until the last second of its lifetime."""
    token = SIGNER.token(Purpose.OPEN, MESSAGE, SUBSCRIPTION, EPOCH)
    end = NOW + timedelta(seconds=LIFETIME[Purpose.OPEN])
    assert KEYS.read(token, Purpose.OPEN, end - timedelta(seconds=1))
    with pytest.raises(LinkRefused):
        KEYS.read(token, Purpose.OPEN, end)


def test_older_keys_still_read_and_strange_keys_do_not() -> None:
    """Rotating keys breaks no link in old mail; removing a key does."""
    token = LinkSigner(OLDER, APP).token(Purpose.UNSUBSCRIBE, MESSAGE, SUBSCRIPTION, EPOCH)
    assert KEYS.read(token, Purpose.UNSUBSCRIBE, NOW).message_id == MESSAGE
    with pytest.raises(LinkRefused):
        LinkKeys([OTHER]).read(token, Purpose.UNSUBSCRIBE, NOW)


@given(st.integers(0, TOKEN_LENGTH - 1), st.sampled_from("ABCabc019-_"))
def test_no_other_spelling_of_a_token_is_accepted(place: int, letter: str) -> None:
    """Whichever character is changed."""
    token = SIGNER.token(Purpose.UNSUBSCRIBE, MESSAGE, SUBSCRIPTION, EPOCH)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(LinkRefused):
            KEYS.read(changed, Purpose.UNSUBSCRIBE, NOW)


@given(st.text(max_size=200))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    """Whatever somebody types behind the address."""
    for purpose in Purpose:
        with pytest.raises(LinkRefused):
            KEYS.read(text, purpose, NOW)
        with pytest.raises(LinkRefused):
            KEYS.read_ref(text, purpose, APP)


def test_another_applications_token_reads_as_that_applications() -> None:
    """The application cannot be exchanged without breaking the signature."""
    other = uuid4()
    token = LinkSigner(KEY, other).token(Purpose.UNSUBSCRIBE, MESSAGE, SUBSCRIPTION, EPOCH)
    assert KEYS.read(token, Purpose.UNSUBSCRIBE, NOW).application_id == other


def test_a_reference_survives_folded_case_and_names_its_message() -> None:
    """Mail systems may change the case of an address."""
    ref = SIGNER.ref(Purpose.BOUNCE, MESSAGE, 2)
    assert len(ref) == REF_LENGTH
    assert ref == ref.lower()
    assert KEYS.read_ref(ref.upper(), Purpose.BOUNCE, APP) == MESSAGE


@pytest.mark.parametrize(
    ("purpose", "application"),
    [(Purpose.UNSUBSCRIBE_MAIL, APP), (Purpose.BOUNCE, UUID(int=0))],
    ids=["another purpose", "another application"],
)
def test_a_reference_for_something_else_is_refused(purpose: Purpose, application: UUID) -> None:
    """A bounce's address unsubscribes nobody, and is no other application's."""
    with pytest.raises(LinkRefused):
        KEYS.read_ref(SIGNER.ref(Purpose.BOUNCE, MESSAGE, 1), purpose, application)
