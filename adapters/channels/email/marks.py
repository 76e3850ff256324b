"""Puts our links into a mail: the way out, the redirects that count clicks, the pixel that counts openings.

The html is not parsed and written again, only cut at the places where a link goes, so what a designer made stays as it is.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

import attrs

from adapters.channels.email.gaps import Gap, Segment
from domain.messaging.links import LONGEST_TARGET, MAC_BYTES, TOKEN_LENGTH

UNSUBSCRIBE_MARK: Final = "%unsubscribe_url%"
"""What a designer writes where the way out goes."""
UNSUBSCRIBE: Final = 0
OPEN: Final = 1
FIRST_CLICK: Final = 2
"""Numbers of the values that a recipient's gaps are filled with."""
MOST_CLICKS: Final = 200
"""Links of one mail that are counted; what follows is left as it is."""

_CLICK_HEAD: Final = 1 + 4 + 3 * 16 + 2
_HREF: Final = re.compile(
    r"(<(?:a|area)\b[^>]*?\bhref\s*=\s*)([\"'])(https?://[^\"'<>]+)\2|" + re.escape(UNSUBSCRIBE_MARK),
    re.IGNORECASE,
)
_BODY_END: Final = re.compile(r"</body\s*>", re.IGNORECASE)


@attrs.frozen(slots=True)
class Doors:
    """Where our links lead; empty: there is no public address, so there are none."""

    public_url: str = ""

    @property
    def unsubscribe(self) -> str:
        return f"{self.public_url}/u/"

    @property
    def open(self) -> str:
        return f"{self.public_url}/o/"

    @property
    def click(self) -> str:
        return f"{self.public_url}/c/"


@attrs.frozen(slots=True)
class Marked:
    """A body in segments, and the targets of its counted links in order of their numbers."""

    segments: tuple[Segment, ...]
    targets: tuple[bytes, ...] = ()


def mark_text(text: str, doors: Doors) -> Marked:
    """The way out where it is marked; without a public address the mark goes."""
    if UNSUBSCRIBE_MARK not in text:
        return Marked((text,))
    if not doors.public_url:
        return Marked((text.replace(UNSUBSCRIBE_MARK, ""),))
    segments: list[Segment] = []
    for index, part in enumerate(text.split(UNSUBSCRIBE_MARK)):
        if index:
            segments += [doors.unsubscribe, Gap(UNSUBSCRIBE, TOKEN_LENGTH)]
        segments.append(part)
    return Marked(_merged(segments))


def mark_html(html: str, doors: Doors, *, clicks: bool, opens: bool) -> Marked:
    """The way out, redirects in place of http and https addresses, the pixel before the body ends."""
    if not doors.public_url:
        return Marked((html.replace(UNSUBSCRIBE_MARK, ""),))
    segments: list[Segment] = []
    targets: list[bytes] = []
    at = 0
    for found in _HREF.finditer(html):
        if found[3] is None:
            segments += [html[at : found.start()], doors.unsubscribe, Gap(UNSUBSCRIBE, TOKEN_LENGTH)]
            at = found.end()
            continue
        target = unescape(found[3]).strip().encode()
        if not clicks or len(targets) >= MOST_CLICKS or not _is_countable(target, found[3]):
            continue
        gap = Gap(FIRST_CLICK + len(targets), click_length(target))
        segments += [html[at : found.start(3)], doors.click, gap]
        targets.append(target)
        at = found.end(3)
    segments.append(html[at:])
    if opens:
        segments = _with_pixel(segments, doors)
    return Marked(_merged(segments), tuple(targets))


def click_length(target: bytes) -> int:
    """Characters of the token of a click on this target."""
    size = _CLICK_HEAD + len(target) + MAC_BYTES
    return -(-size * 8 // 6)


def _is_countable(target: bytes, written: str) -> bool:
    if UNSUBSCRIBE_MARK in written or len(target) > LONGEST_TARGET:
        return False
    return not any(byte < 0x21 for byte in target)


def _with_pixel(segments: list[Segment], doors: Doors) -> list[Segment]:
    pixel: list[Segment] = [
        f'<img src="{doors.open}',
        Gap(OPEN, TOKEN_LENGTH),
        '.gif" width="1" height="1" alt="" style="display:block;border:0">',
    ]
    last = segments[-1]
    assert isinstance(last, str)
    ends = list(_BODY_END.finditer(last))
    if not ends:
        return [*segments, *pixel]
    at = ends[-1].start()
    return [*segments[:-1], last[:at], *pixel, last[at:]]


def _merged(segments: list[Segment]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    for one in segments:
        if isinstance(one, str) and found and isinstance(found[-1], str):
            found[-1] += one
        elif one:
            found.append(one)
    return tuple(found)
