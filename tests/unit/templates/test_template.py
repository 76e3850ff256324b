"""A template keeps every version, one of them active, and tells when somebody else was quicker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.shared.errors import Conflict, InvalidInput, NotFound
from domain.templates.difference import Difference, differences
from domain.templates.source import Source
from domain.templates.template import MAX_VERSIONS, RevisionMismatch, Template
from domain.templates.variant import Variant

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def says(text: str) -> Source:
    return Source(default=Variant(body_template=text), default_language="ko")


def new(name: str = "welcome") -> Template:
    template, _ = Template.create(
        id=UUID(int=1),
        application_id=UUID(int=2),
        name=name,
        description="",
        is_active=True,
        source=says("one"),
        now=NOW,
        created_by="key",
    )
    return template


def test_saving_adds_a_version_and_makes_it_active() -> None:
    template = new()
    saved = template.save(says("two"), activate=True, now=LATER, created_by="other")
    assert (saved.version, saved.created_at, saved.created_by) == (2, LATER, "other")
    assert (template.version, template.latest_version) == (2, 2)


def test_a_draft_leaves_the_active_version_alone() -> None:
    template = new()
    assert template.save(says("two"), activate=False, now=LATER, created_by="key").version == 2
    assert (template.version, template.latest_version) == (1, 2)
    assert template.activate(2)
    assert template.version == 2


def test_rolling_back_keeps_the_newer_versions() -> None:
    template = new()
    template.save(says("two"), activate=True, now=LATER, created_by="key")
    assert template.activate(1)
    assert not template.activate(1)
    assert template.save(says("three"), activate=True, now=LATER, created_by="key").version == 3


@pytest.mark.parametrize("version", [0, -1, 2])
def test_a_version_that_was_never_saved_cannot_be_activated(version: int) -> None:
    with pytest.raises(NotFound):
        new().activate(version)


def test_the_revision_tells_whether_somebody_was_quicker() -> None:
    """Whoever names an old revision is refused and told the present one."""
    template = new()
    template.check_open(1)
    template.touch(LATER)
    assert (template.revision, template.updated_at) == (2, LATER)
    template.check_open(None)
    with pytest.raises(RevisionMismatch) as refused:
        template.check_open(1)
    assert refused.value.field == "revision"
    assert "2" in refused.value.message


def test_an_archived_template_cannot_be_changed() -> None:
    """Archiving twice keeps the first time."""
    template = new()
    template.archive(NOW)
    template.archive(LATER)
    assert (template.is_archived, template.archived_at) == (True, NOW)
    with pytest.raises(Conflict):
        template.check_open(None)


def test_renaming_says_whether_anything_is_different() -> None:
    template = new()
    assert not template.rename(name="welcome", description=None, is_active=None)
    assert template.rename(name="hello", description="greets", is_active=False)
    assert (template.name, template.description, template.is_active) == ("hello", "greets", False)


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 101])
def test_a_name_is_one_line(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        new(name)
    assert refused.value.field == "name"


def test_a_description_has_an_end() -> None:
    with pytest.raises(InvalidInput) as refused:
        new().rename(name=None, description="x" * 1_001, is_active=None)
    assert refused.value.field == "description"


def test_versions_have_an_end() -> None:
    template = new()
    template.latest_version = MAX_VERSIONS
    with pytest.raises(Conflict):
        template.save(says("x"), activate=True, now=NOW, created_by="key")


def test_differences_are_told_field_by_field() -> None:
    """Added, removed and changed, at any depth; a list counts as one value."""
    before = Source(
        default=Variant(
            title_template="old", data_template={"a": 1, "b": [1, 2], "gone": None, "deep": {"x": 1}}
        ),
        languages={"en": Variant(body_template="Hello")},
        default_language="ko",
    )
    after = Source(
        default=Variant(
            title_template="new",
            body_template="body",
            data_template={"a": True, "b": [1, 3], "deep": "flat"},
            channels={"sms": {"text": "x"}},
        ),
        default_language="ko",
        strict=True,
    )
    assert differences(before, after) == (
        Difference("body_template", "added", None, "body"),
        Difference("channels.sms.text", "added", None, "x"),
        Difference("data_template.a", "changed", 1, True),
        Difference("data_template.b", "changed", [1, 2], [1, 3]),
        Difference("data_template.deep", "changed", {"x": 1}, "flat"),
        Difference("languages.en.body_template", "removed", "Hello", None),
        Difference("strict", "changed", False, True),
        Difference("title_template", "changed", "old", "new"),
    )
    assert differences(before, before) == ()
