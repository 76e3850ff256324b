"""Language tags (BCP 47, as devices report them) and the order in which a template's languages are tried."""

from __future__ import annotations

import re
from typing import Final

from domain.shared.errors import InvalidInput

COMMON: Final = "en"
"""What is tried before the template's own default: most people whose language is missing read it."""
MAX_TAG: Final = 35
TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
RENAMED: Final = {"iw": "he", "in": "id", "ji": "yi"}
"""Codes that Android still reports and ISO 639 has replaced."""


def canonical(tag: str) -> str | None:
    """`ko_kr` as `ko-KR`, `zh-hant-tw` as `zh-Hant-TW`; None for what is no language tag."""
    if len(tag) > MAX_TAG or not TAG.fullmatch(tag):
        return None
    first, *rest = tag.replace("_", "-").split("-")
    language = first.lower()
    return "-".join((RENAMED.get(language, language), *(_cased(part) for part in rest)))


def check_language(tag: str, *, field: str) -> str:
    """The tag in canonical form; raise InvalidInput for what is no language tag."""
    found = canonical(tag)
    if found is None:
        raise InvalidInput(
            f"{field}: {tag[:MAX_TAG]!r} is not a language tag",
            field=field,
            fix="use a tag such as ko, en or pt-BR",
        )
    return found


def fallbacks(language: str | None, default: str) -> tuple[str, ...]:
    """The tags to try, best first: the device's own, its shorter forms, English, the template's default.

    `ko-KR` with the default `ja` gives `ko-KR`, `ko`, `en`, `ja`.
    """
    own = canonical(language) if language else None
    parts = own.split("-") if own else []
    tried = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return tuple(dict.fromkeys((*tried, COMMON, default)))


def _cased(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()
