"""Languages as devices report them (ko, ko-KR, zh_Hant_TW), compared as RFC 4647 filters basic ranges."""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase
from typing import Final

LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,7}")
_FOLDED: Final = str.maketrans(f"{ascii_uppercase}_", f"{ascii_lowercase}-")


def language_key(language: str) -> str:
    """ASCII letters in lower case, hyphens for underscores."""
    return language.translate(_FOLDED)


def speaks(reported: str, wanted: str) -> bool:
    """`ko` takes ko and ko-KR, never kok; `ko-KR` takes only itself and what is more precise."""
    mine, range_ = language_key(reported), language_key(wanted)
    return mine == range_ or mine.startswith(f"{range_}-")
