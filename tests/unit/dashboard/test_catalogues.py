"""Both languages say everything: what pages and codes say in English stands in the Korean catalogue, and nothing else."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from entrypoints.dashboard.wording import FOLDER, wording
from entrypoints.dashboard.words import NAMES, name_of

DASHBOARD = FOLDER.parent


def messages() -> set[str]:
    """Every text that is marked in templates and code."""
    found = extract_from_dir(
        DASHBOARD,
        method_map=[("**.html", "jinja2"), ("**.py", "python")],
        options_map={"**.html": {"encoding": "utf-8", "silent": "false"}},
        keywords={"_": None, "gettext": None, "mark": None, "text": None},
    )
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def test_the_korean_catalogue_is_complete_and_holds_nothing_else() -> None:
    """Each message has a translation; none of them would end an attribute or begin a tag."""
    with (FOLDER / "ko.po").open("rb") as file:
        catalogue = {str(one.id): str(one.string) for one in read_po(file, locale="ko") if one.id}
    said = messages()
    assert len(said) > 250
    assert said - catalogue.keys() == set()
    assert catalogue.keys() - said == set()
    assert [one for one, text in catalogue.items() if not text.strip()] == []
    assert [text for text in (*said, *catalogue.values()) if '"' in text or "<" in text or "%" in text] == []


def test_there_are_no_other_catalogues() -> None:
    """English is what the sources say."""
    assert [path.name for path in sorted(Path(FOLDER).iterdir())] == ["ko.po"]


def test_a_code_that_nobody_named_is_shown_as_it_is() -> None:
    """New codes of the domain never break a page."""
    assert name_of("status", "quarantined") == "quarantined"
    assert all(wording("ko").text(name) != "" for names in NAMES.values() for name in names.values())
