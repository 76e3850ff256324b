"""How long a text message is: GSM-7 and UCS-2 segments abroad, bytes of CP949 in Korea.

Sources: 3GPP TS 23.038 section 6.2.1 (alphabets); Korean carriers' rules for SMS, LMS and MMS. Python's `euc_kr` codec
writes a syllable outside KS X 1001 as eight bytes and does not complain, therefore bytes are counted in CP949.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Final

import attrs

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Each costs an escape septet besides its own."""

SMS_BYTES: Final = 90
LMS_BYTES: Final = 2_000
TITLE_BYTES: Final = 40

_PLAIN_WAYS: Final = {
    "\u00a0": " ",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2022": "·",
    "\u20a9": "￦",
    "\u200b": "",
    "\u200d": "",
    "\ufe0f": "",
    "\ufeff": "",
}
"""What to write instead of characters that word processors put in by themselves."""


class Alphabet(StrEnum):
    """How a text travels outside Korea."""

    GSM_7 = "gsm-7"
    UCS_2 = "ucs-2"


class SmsKind(StrEnum):
    """What a Korean gateway makes of a text; each kind has its own price."""

    SMS = "sms"
    LMS = "lms"
    MMS = "mms"


@attrs.frozen(slots=True)
class Segments:
    """A text cut as phones put it together again."""

    alphabet: Alphabet
    units: int
    """Septets of GSM-7 (an extension character counts two), or UTF-16 units."""
    count: int
    """Billed one by one."""
    room: int
    """Units that still fit before one more segment is needed."""


@attrs.frozen(slots=True)
class KoreanText:
    """A text as a Korean gateway counts it."""

    kind: SmsKind
    bytes: int
    limit: int
    title_bytes: int
    unmappable: tuple[str, ...] = ()
    """Characters that no Korean gateway carries, each once, in order of appearance."""
    risky: tuple[str, ...] = ()
    """Syllables of CP949 outside KS X 1001: some carriers and phones show them as '?'."""

    @property
    def fits(self) -> bool:
        """Whether a Korean gateway would take it."""
        return self.bytes <= self.limit and self.title_bytes <= TITLE_BYTES and not self.unmappable


def segments(text: str) -> Segments:
    """How many messages this text is abroad: 160 septets or 70 units alone, 153 or 67 each when there are several.

    Neither an extension character nor a surrogate pair is divided, so a segment may end one unit early.
    """
    if all(character in _GSM or character in _GSM_EXTENSION for character in text):
        sizes = [2 if character in _GSM_EXTENSION else 1 for character in text]
        return _cut(Alphabet.GSM_7, sizes, alone=160, several=153)
    sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return _cut(Alphabet.UCS_2, sizes, alone=70, several=67)


def _cut(alphabet: Alphabet, sizes: list[int], *, alone: int, several: int) -> Segments:
    units = sum(sizes)
    if units <= alone:
        return Segments(alphabet, units, 1, alone - units)
    count, used = 1, 0
    for size in sizes:
        if used + size > several:
            count += 1
            used = 0
        used += size
    return Segments(alphabet, units, count, several - used)


def korean_text(text: str, *, title: str = "", wanted: SmsKind | None = None) -> KoreanText:
    """Count a text for a Korean gateway; `wanted` None chooses SMS or LMS by length, and LMS where there is a title."""
    size, title_size = korean_bytes(text), korean_bytes(title)
    kind = wanted or (SmsKind.LMS if title or size > SMS_BYTES else SmsKind.SMS)
    both = title + text
    return KoreanText(
        kind,
        size,
        SMS_BYTES if kind is SmsKind.SMS else LMS_BYTES,
        title_size,
        tuple(dict.fromkeys(character for character in both if not _in_cp949(character))),
        tuple(dict.fromkeys(character for character in both if _outside_ksx1001(character))),
    )


def korean_bytes(text: str) -> int:
    """Bytes of CP949; a character that it lacks counts two, as the one that would replace it."""
    try:
        return len(text.encode("cp949"))
    except UnicodeEncodeError:
        return sum(len(_cp949(character) or b"??") for character in text)


def plain_way(character: str) -> str | None:
    """What to write instead of a character that CP949 lacks ("" leaves it out), or None where nothing is close."""
    known = _PLAIN_WAYS.get(character)
    if known is not None:
        return known
    letters = "".join(
        one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one)
    )
    return letters if letters != character and letters and _in_cp949(letters) else None


def composed(text: str) -> str:
    """Hangul typed on some systems arrives as separate letters, which no gateway knows: put them together (NFC)."""
    return unicodedata.normalize("NFC", text)


def _cp949(character: str) -> bytes | None:
    try:
        return character.encode("cp949")
    except UnicodeEncodeError:
        return None


def _in_cp949(text: str) -> bool:
    return text.isascii() or _cp949(text) is not None


def _outside_ksx1001(character: str) -> bool:
    # KS X 1001 lies where both bytes are at least 0xA1 (its G1 form in EUC-KR).
    code = b"" if character.isascii() else _cp949(character) or b""
    return len(code) == 2 and (code[0] < 0xA1 or code[1] < 0xA1)


def opening(text: str, limit: int = TITLE_BYTES) -> str:
    """The beginning of a text's first line, in at most so many bytes of CP949: the title of a long message without one."""
    taken: list[str] = []
    room = limit
    for character in text.strip().partition("\n")[0]:
        room -= korean_bytes(character)
        if room < 0:
            break
        taken.append(character)
    return "".join(taken).strip()
