"""Text messages are counted as carriers count them, in Korea and abroad."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messaging.sms_text import (
    Alphabet,
    SmsKind,
    composed,
    korean_bytes,
    korean_text,
    opening,
    plain_way,
    segments,
)


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "count", "room"),
    [
        ("", Alphabet.GSM_7, 0, 1, 160),
        ("a" * 160, Alphabet.GSM_7, 160, 1, 0),
        ("a" * 161, Alphabet.GSM_7, 161, 2, 145),
        ("a" * 306, Alphabet.GSM_7, 306, 2, 0),
        ("a" * 307, Alphabet.GSM_7, 307, 3, 152),
        ("€" * 80, Alphabet.GSM_7, 160, 1, 0),
        ("^{}[]~\\|€\f", Alphabet.GSM_7, 20, 1, 140),
        # 153 septets hold 76 euro signs, the 77th begins the next segment
        ("€" * 153, Alphabet.GSM_7, 306, 3, 151),
        ("가" * 70, Alphabet.UCS_2, 70, 1, 0),
        ("가" * 71, Alphabet.UCS_2, 71, 2, 63),
        ("가" * 134, Alphabet.UCS_2, 134, 2, 0),
        ("🙂" * 35, Alphabet.UCS_2, 70, 1, 0),
        # 67 units hold 33 emoji of two units each
        ("🙂" * 67, Alphabet.UCS_2, 134, 3, 65),
        ("naïve", Alphabet.UCS_2, 5, 1, 65),
        ("à la carte", Alphabet.GSM_7, 10, 1, 150),
    ],
)
def test_segments_are_counted_by_the_standard(
    text: str, alphabet: Alphabet, units: int, count: int, room: int
) -> None:
    """3GPP TS 23.038: 160 and 153 septets, 70 and 67 UTF-16 units; nothing is divided over a seam."""
    found = segments(text)
    assert (found.alphabet, found.units, found.count, found.room) == (alphabet, units, count, room)


@given(st.text(max_size=400))
def test_a_text_always_fits_into_its_segments(text: str) -> None:
    """No segment holds more than it may, none is left out, and the room left is what one more would need."""
    found = segments(text)
    alone, several = (160, 153) if found.alphabet is Alphabet.GSM_7 else (70, 67)
    assert 0 <= found.room <= alone
    if found.count == 1:
        assert found.units == alone - found.room
    else:
        wasted = found.count * several - found.room - found.units
        assert found.units > alone
        assert 0 <= wasted < found.count


@pytest.mark.parametrize(
    ("text", "title", "kind", "size"),
    [
        ("가" * 45, "", SmsKind.SMS, 90),
        ("가" * 45 + "a", "", SmsKind.LMS, 91),
        ("a" * 90, "", SmsKind.SMS, 90),
        ("짧은 글", "제목", SmsKind.LMS, 7),
        ("똠방각하", "", SmsKind.SMS, 8),
    ],
)
def test_a_korean_text_becomes_sms_or_lms_by_bytes(text: str, title: str, kind: SmsKind, size: int) -> None:
    """90 bytes are a short message; a title makes a long one of any text."""
    found = korean_text(text, title=title)
    assert (found.kind, found.bytes, found.fits) == (kind, size, True)


def test_a_syllable_outside_the_standard_counts_two_bytes_and_is_named_as_risky() -> None:
    """The codec euc_kr makes eight bytes of it without complaint; carriers count two, and some show '?'."""
    assert len("똠".encode("euc_kr")) == 8
    found = korean_text("똠과 햏, 한글")
    assert (found.bytes, found.risky, found.unmappable) == (13, ("똠", "햏"), ())
    assert found.fits


@given(st.characters(codec="cp949", min_codepoint=0x80))
def test_risky_means_outside_ks_x_1001(character: str) -> None:
    """The independent witness: EUC-KR without its make-up sequences is KS X 1001."""
    witness = len(character.encode("euc_kr", "ignore")) == 2
    assert (korean_text(character).risky == ()) == witness


def test_characters_that_no_korean_gateway_carries_are_named_once_each() -> None:
    """Each in order of appearance, in the title, too; such a text does not fit."""
    found = korean_text("안녕 🙂 – 🙂", title="né")
    assert found.unmappable == ("é", "🙂", "–")
    assert not found.fits


@pytest.mark.parametrize(
    ("text", "title", "wanted", "fits"),
    [
        ("가" * 46, "", SmsKind.SMS, False),
        ("가" * 1000, "", None, True),
        ("가" * 1000 + "a", "", None, False),
        ("글", "가" * 20, SmsKind.LMS, True),
        ("글", "가" * 20 + "a", SmsKind.LMS, False),
        ("가" * 1000, "", SmsKind.MMS, True),
    ],
)
def test_what_is_longer_than_its_kind_does_not_fit(
    text: str, title: str, wanted: SmsKind | None, fits: bool
) -> None:
    """SMS 90 bytes, LMS and MMS 2,000, titles 40."""
    assert korean_text(text, title=title, wanted=wanted).fits is fits


@given(st.text(alphabet=st.characters(codec="cp949"), max_size=60))
def test_bytes_are_those_of_the_codec(text: str) -> None:
    """For whatever it can write at all."""
    assert korean_bytes(text) == len(text.encode("cp949"))


@pytest.mark.parametrize(
    ("character", "instead"),
    [
        ("–", "-"),
        ("é", "e"),
        ("\u00a0", " "),
        ("₩", "￦"),
        ("\u200b", ""),
        ("ﬁ", "fi"),
        ("🙂", None),
        ("ش", None),
    ],
)
def test_a_plain_way_is_offered_where_there_is_one(character: str, instead: str | None) -> None:
    """What a person would type on a Korean phone."""
    assert plain_way(character) == instead


def test_letters_typed_apart_are_put_together() -> None:
    """Some systems send Hangul as separate letters; composed, it is two bytes a syllable."""
    apart = "\u1112\u1161\u11ab"
    assert korean_text(apart).unmappable
    assert korean_bytes(composed(apart)) == 2


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("주문 안내\n본문", "주문 안내"),
        ("\n  주문 안내  \n본문", "주문 안내"),
        ("가" * 30, "가" * 20),
        ("a" + "가" * 30, "a" + "가" * 19),
        ("", ""),
    ],
)
def test_the_opening_of_a_text_is_its_title(text: str, title: str) -> None:
    """The first line, in at most 40 bytes; no syllable is cut."""
    assert opening(text) == title
