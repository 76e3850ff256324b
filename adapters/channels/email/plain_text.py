"""A text for mails that come as html only: links keep their addresses, blocks become lines."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_DROPPED: Final = re.compile(r"<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_LINK: Final = re.compile(
    r"<a\b[^>]*?\bhref\s*=\s*([\"'])(.*?)\1[^>]*>(.*?)</a\s*>", re.DOTALL | re.IGNORECASE
)
_IMAGE: Final = re.compile(r"<img\b[^>]*?\balt\s*=\s*([\"'])(.*?)\1[^>]*>", re.DOTALL | re.IGNORECASE)
_ITEM: Final = re.compile(r"<li\b[^>]*>", re.IGNORECASE)
_PARAGRAPH: Final = re.compile(
    r"</?(?:p|h[1-6]|ul|ol|table|blockquote|section|article|header|footer|hr)\b[^>]*>", re.IGNORECASE
)
_LINE: Final = re.compile(r"<br\b[^>]*>|</?(?:div|tr|dt|dd|center)\b[^>]*>", re.IGNORECASE)
_CELL: Final = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*>")
_SPACES: Final = re.compile(r"[ \t\r\n\f\xa0]+")
_BREAK: Final = "\x00"
_AROUND_BREAKS: Final = re.compile(r" *\x00 *")
_MANY_BREAKS: Final = re.compile(r"\x00{3,}")


def text_of(html: str) -> str:
    """What a person would read of the html, as text; never empty lines in a row, never raises."""
    text = _DROPPED.sub(" ", html.replace(_BREAK, ""))
    text = _SPACES.sub(" ", text)
    text = _LINK.sub(_link, text)
    text = _IMAGE.sub(lambda found: f" {found[2]} ", text)
    text = _ITEM.sub(f"{_BREAK}- ", text)
    text = _PARAGRAPH.sub(_BREAK * 2, text)
    text = _LINE.sub(_BREAK, text)
    text = _CELL.sub(" ", text)
    text = unescape(_TAG.sub("", text)).replace("\xa0", " ")
    text = _AROUND_BREAKS.sub(_BREAK, re.sub(" {2,}", " ", text))
    text = _MANY_BREAKS.sub(_BREAK * 2, text).strip(f"{_BREAK} ")
    return text.replace(_BREAK, "\n")


def _link(found: re.Match[str]) -> str:
    """`words (address)`, or the address alone where it says nothing else."""
    address, words = found[2].strip(), _TAG.sub("", found[3]).strip()
    if not address or address.startswith(("#", "javascript:")) or address == words:
        return f" {words} " if words else " "
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    return f" {words} ({shown}) " if words and words != shown else f" {shown} "
