"""Both languages: gettext catalogues read from their sources when the process starts, numbers and times as people write them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import NullTranslations, Translations
from babel.units import format_unit

Language = Literal["ko", "en"]
LANGUAGES: Final[Mapping[Language, str]] = {"ko": "한국어", "en": "English"}
FOLDER: Final = Path(__file__).with_name("locale")

UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@cache
def catalogue(language: Language) -> NullTranslations:
    """The texts of a language; English is what the sources are written in."""
    source = FOLDER / f"{language}.po"
    if not source.exists():
        return NullTranslations()
    with source.open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled)


class Wording:
    """How one reader is spoken to: language, and the zone in which times are told."""

    def __init__(self, language: Language, zone: str = "UTC") -> None:
        self.language: Language = language
        self.zone = zone
        self._locale = Locale.parse(language)
        self._zone = ZoneInfo(zone)
        self._catalogue = catalogue(language)

    def text(self, message: str) -> str:
        return self._catalogue.gettext(message)

    def number(self, value: int | float | Decimal) -> str:
        return str(format_decimal(value, locale=self._locale))

    def share(self, part: int, whole: int) -> str:
        """A percentage with one decimal; a dash where there is no whole."""
        if not whole:
            return "–"
        return str(format_percent(part / whole, format="#,##0.0%", locale=self._locale))

    def rate(self, value: float | None) -> str:
        """A share between 0 and 1 as a percentage with one decimal; a dash for none."""
        return "–" if value is None else str(format_percent(value, format="#,##0.0%", locale=self._locale))

    def duration(self, seconds: float | None) -> str:
        """In the largest unit that it fills, with at most one decimal; a dash for none."""
        if seconds is None:
            return "–"
        unit, size = next(((name, size) for name, size in UNITS if seconds >= size), UNITS[-1])
        return str(
            format_unit(round(seconds / size, 1), f"duration-{unit}", length="short", locale=self._locale)
        )

    def country(self, code: str) -> str:
        return str(self._locale.territories.get(code, code))

    def bucket(self, at: datetime, granularity: str, zone: str, *, whole: bool = True) -> str:
        """An hour, day or month of a zone; `whole`: with its year."""
        day, month = ("d MMM yyyy", "MMM yyyy") if self.language == "en" else ("yyyy. M. d.", "yyyy. M.")
        if not whole:
            day = "d MMM" if self.language == "en" else "M. d."
        form = {"hour": f"{day} HH:mm", "day": day, "month": month}[granularity]
        return str(format_datetime(at.astimezone(ZoneInfo(zone)), form, locale=self._locale))

    def money(self, amount: Decimal, currency: str) -> str:
        return str(format_currency(amount, currency, locale=self._locale, decimal_quantization=False))

    def moment(self, value: datetime | None) -> str:
        """To the second, in the reader's zone; a dash for never."""
        if value is None:
            return "–"
        local = value.astimezone(self._zone)
        form = "yyyy. MM. dd. HH:mm:ss" if self.language == "ko" else "d MMM yyyy, HH:mm:ss"
        return str(format_datetime(local, form, locale=self._locale))


@cache
def wording(language: Language, zone: str = "UTC") -> Wording:
    """One per language and zone."""
    return Wording(language, zone)
