"""Korean or English: `--lang`, else LC_ALL, LC_MESSAGES or LANG (POSIX order), else English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

Language = Literal["ko", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("ko", "en")
VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """The language that the arguments ask for, else the environment's. Help texts need it before parsing."""
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--lang":
            asked = value if equals else next(iter(arguments[place + 1 : place + 2]), "")
            return "ko" if asked.lower().startswith("ko") else "en"
    for variable in VARIABLES:
        if locale := environment.get(variable):
            return "ko" if locale.lower().startswith("ko") else "en"
    return "en"


def without_language(arguments: Sequence[str]) -> list[str]:
    """The arguments without `--lang`, which may stand anywhere, also behind the command's name.

    A value that is no language stays, so that the parser refuses it by name.
    """
    left: list[str] = []
    skip = False
    for place, argument in enumerate(arguments):
        if skip:
            skip = False
            continue
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        if argument == "--lang" and following in LANGUAGES:
            skip = True
            continue
        if argument in {f"--lang={language}" for language in LANGUAGES}:
            continue
        left.append(argument)
    return left
