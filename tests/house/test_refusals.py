"""Whatever refuses somebody has a Korean text: each message, fix and purpose that the code can say, and nothing else."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from entrypoints.http.problem import TITLES
from entrypoints.refusals.korean import SOURCE
from tests.house.said import Said, shape
from tests.house.tree import files, text

PACKAGES = ("domain", "application", "adapters", "entrypoints", "bootstrap")
FOR_DEVELOPERS = ("entrypoints/simulator", "bootstrap/demo", "bootstrap/bench", "bootstrap/sdk_bench")
UNREAD = {
    ("adapters/templating/text.py", "message.replace(theirs, ours)"),
    ("bootstrap/commands/api_calls.py", "problem"),
    ("bootstrap/commands/exports.py", "found.failure"),
    ("bootstrap/commands/exports.py", "found[0].failure"),
    ("bootstrap/commands/failures.py", "'\\n'.join(lines)"),
    ("bootstrap/commands/failures.py", "redact(str(error))"),
    ("bootstrap/commands/failures.py", "redact(text)"),
    ("entrypoints/cli/commands.py", "error.format_message()"),
    ("entrypoints/http/decoding.py", "message"),
    ("entrypoints/nats/handler.py", "redact(poison.detail.encode()).decode(errors='replace')"),
}
"""What a library says, or what the API has said: no text of ours begins there."""
SHOWN = re.compile(r"\{\{[^{}]*\.(?:message|fix|detail|purpose)\b[^{}]*\}\}")


@cache
def said() -> Said:
    return Said(*PACKAGES, without=FOR_DEVELOPERS)


def says_something(message: str) -> bool:
    return any(character.isalnum() for character in shape(message))


@cache
def catalogue() -> dict[str, bool]:
    """English entry → whether a comment names the library that says it."""
    with Path(SOURCE).open("rb") as file:
        return {str(one.id): bool(one.auto_comments) for one in read_po(file, locale="ko") if one.id}


def test_every_message_has_a_korean_text() -> None:
    """Placeholders may be called otherwise in the catalogue; the words around them are the same."""
    wanted = said().found | dict.fromkeys(TITLES.values(), "entrypoints/http/problem.py")
    known = {shape(one) for one in catalogue()}
    missing = [
        f"{place}: {one}" for one, place in wanted.items() if says_something(one) and shape(one) not in known
    ]
    assert len(wanted) > 1_000
    assert not missing, "add these to entrypoints/refusals/ko.po"


def test_the_catalogue_holds_nothing_that_is_no_longer_said() -> None:
    """Except what libraries say, under a comment that names them, and how messages are put together."""
    shapes = {shape(one) for one in said().found} | {"Error", *TITLES.values()}
    stale = [
        one
        for one, foreign in catalogue().items()
        if not foreign and says_something(one) and shape(one) not in shapes
    ]
    assert not stale


def test_the_reader_follows_every_message_to_its_words() -> None:
    """An error whose text is made in a way that nobody can read is named here."""
    assert said().unread - UNREAD == set()


def test_every_page_shows_refusals_in_the_language_of_its_reader() -> None:
    """Messages, fixes, details and purposes pass the filter; a mapping of an alert's details is no sentence."""
    pages = [
        one for one in files() if one.suffix == ".html" and one.parts[:2] == ("entrypoints", "dashboard")
    ]
    shown = [(page, found) for page in pages for found in SHOWN.findall(text(page))]
    assert len(shown) > 10
    assert [one for one in shown if "|refusal" not in one[1] and "|pretty_json" not in one[1]] == []
