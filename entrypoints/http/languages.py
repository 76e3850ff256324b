"""Which of the two languages a request is answered in."""

from __future__ import annotations

from typing import Literal

Language = Literal["ko", "en"]


def language_of(asked: str | None, accepted: str) -> Language:
    """`?lang=` first, then the first of the two languages that Accept-Language names, else English."""
    if asked in ("ko", "en"):
        return "ko" if asked == "ko" else "en"
    for entry in accepted.split(","):
        name = entry.split(";")[0].strip().lower()
        if name.startswith("ko"):
            return "ko"
        if name.startswith("en"):
            return "en"
    return "en"
