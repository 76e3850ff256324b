"""Both languages say the same, and the language is chosen as people expect."""

from __future__ import annotations

from collections import Counter
from string import Formatter

import pytest

from bootstrap.demo.audit import CHECKS
from bootstrap.demo.campaign import Outcome, campaign_checks
from bootstrap.demo.channels.audit import CHECKS as CHANNEL_CHECKS
from entrypoints.cli.analytics_texts import ANALYTICS_TEXTS
from entrypoints.cli.campaign_texts import CAMPAIGN_TEXTS
from entrypoints.cli.channel_texts import CHANNEL_TEXTS
from entrypoints.cli.demo_report import BY_CHANNEL, COUNTERS, FIGURES
from entrypoints.cli.demo_screen import SHOWN
from entrypoints.cli.demo_texts import DEMO_TEXTS
from entrypoints.cli.export_texts import EXPORT_TEXTS
from entrypoints.cli.help_texts import HELP_TEXTS
from entrypoints.cli.language import Language, language_of, without_language
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import TEXTS


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    """A value that one language shows is not missing in the other."""
    assert set(TEXTS[key]) == {"en", "ko"}
    assert all(TEXTS[key].values())
    assert _placeholders(TEXTS[key]["en"]) == _placeholders(TEXTS[key]["ko"])


def test_no_key_stands_twice() -> None:
    """Texts of one room never hide those of another."""
    rooms = (CAMPAIGN_TEXTS, CHANNEL_TEXTS, ANALYTICS_TEXTS, EXPORT_TEXTS, HELP_TEXTS, DEMO_TEXTS)
    assert [key for key, n in Counter(key for room in rooms for key in room).items() if n > 1] == []


def test_every_check_and_figure_has_a_text() -> None:
    """The final table has no bare names in it."""
    of_campaigns = campaign_checks(Outcome({}, {}, {}, True))
    wanted = {f"check.{name}" for name in (*CHECKS, *CHANNEL_CHECKS, *of_campaigns, "in_time")}
    wanted |= {f"figure.{name}" for name in (*FIGURES, *COUNTERS, *SHOWN, *BY_CHANNEL)}
    assert wanted <= set(TEXTS)


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {}, "en"),
        ([], {"LANG": "ko_KR.UTF-8"}, "ko"),
        ([], {"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ([], {"LANG": "C", "LC_MESSAGES": "ko_KR"}, "ko"),
        (["demo", "--lang", "ko"], {"LANG": "en_US.UTF-8"}, "ko"),
        (["--lang=en", "demo"], {"LANG": "ko_KR.UTF-8"}, "en"),
    ],
)
def test_the_argument_wins_over_the_environment(
    arguments: list[str], environment: dict[str, str], expected: Language
) -> None:
    """LC_ALL before LC_MESSAGES before LANG, as POSIX orders them."""
    assert language_of(arguments, environment) == expected


def test_the_language_may_stand_anywhere() -> None:
    """It is taken out before parsing; a value that is no language stays, to be refused by name."""
    assert without_language(["demo", "--lang", "ko", "--json"]) == ["demo", "--json"]
    assert without_language(["--lang=en", "up"]) == ["up"]
    assert without_language(["--lang", "fr", "up"]) == ["--lang", "fr", "up"]


def test_a_terminal_speaks_its_language() -> None:
    """The text in the reader's language with its values."""
    assert Terminal("ko").text("demo.table", recipients=3) == "수신자 3명"
    assert Terminal("en").text("demo.table", recipients=3) == "3 recipients"
