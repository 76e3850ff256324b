"""Templates in PostgreSQL: versions are only added, names are unique among those in use, the quicker one wins."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from application.templates.commands import (
    CompareVersionsCommand,
    ListTemplatesCommand,
    ListVersionsCommand,
    ReadVersionCommand,
    SourceGiven,
)
from application.templates.compare_versions import CompareVersions
from application.templates.list_templates import ListTemplates
from application.templates.list_versions import ListVersions
from application.templates.read_version import ReadVersion
from domain.shared.errors import AlreadyExists, Conflict, InvalidInput, NotFound, TemplateInvalid
from domain.templates.template import RevisionMismatch
from domain.templates.variant import Variant
from tests.integration.templates.workshop import Workshop

DATA: dict[str, Any] = {"z": 1, "a": [1.5, None, {"deep": "{{ x }}"}], "t": True}


async def test_a_template_is_read_as_it_was_saved(workshop: Workshop) -> None:
    source = SourceGiven(
        default=Variant(
            title_template="안녕 {{ name }}", data_template=DATA, channels={"sms": {"text": "{{ name }}"}}
        ),
        languages={"en-us": Variant(body_template="Hi")},
        strict=True,
    )
    made, version = await workshop.create(source=source)
    assert await workshop.read(made) == (made, version)
    assert (made.version, made.revision, version.created_by) == (1, 1, "key-1")
    assert version.source.languages["en-US"].body_template == "Hi"
    assert version.source.strict


async def test_a_changed_content_is_a_new_version_and_the_old_one_stays(workshop: Workshop) -> None:
    """What is left out is taken from the active version."""
    made, first = await workshop.create(title_template="one", body_template="body")
    workshop.clock.turn(hours=1)
    changed, second = await workshop.update(made, title_template="two")
    assert (changed.version, changed.latest_version, changed.revision) == (2, 2, 2)
    assert changed.updated_at == workshop.clock.now()
    assert (second.source.default.title_template, second.source.default.body_template) == ("two", "body")
    assert (second.created_by, second.created_at) == ("key-2", workshop.clock.now())
    read = ReadVersion(templates=workshop.templates)
    assert (
        await read(ReadVersionCommand(application_id=workshop.app, template_id=made.id, version=1)) == first
    )


async def test_a_change_of_nothing_in_the_content_makes_no_version(workshop: Workshop) -> None:
    """A new name or description is a change of the template, not of what it says."""
    made, _ = await workshop.create(body_template="body")
    renamed, _ = await workshop.update(made, name="hello", description="greets", body_template="body")
    assert (renamed.name, renamed.version, renamed.revision) == ("hello", 1, 2)
    same, _ = await workshop.update(renamed, body_template="body")
    assert same == renamed
    assert await workshop.count("message_template_version") == 1


async def test_the_default_language_is_the_applications_unless_named(workshop: Workshop) -> None:
    """As it is when the template is saved; a version never changes."""
    korean, version = await workshop.create(body_template="x")
    assert version.source.default_language == "ko"
    await workshop.applications.change(
        workshop.app, lambda app: app.update(workshop.clock.now(), settings={"default_language": "ja"})
    )
    assert (await workshop.create("second", body_template="x"))[1].source.default_language == "ja"
    named = SourceGiven(default=Variant(body_template="x"), default_language="fr_fr")
    assert (await workshop.create("third", source=named))[1].source.default_language == "fr-FR"
    assert (await workshop.read(korean))[1].source.default_language == "ko"


async def test_a_draft_is_saved_and_goes_live_later(workshop: Workshop) -> None:
    """And an older version comes back the same way."""
    made, _ = await workshop.create(body_template="one")
    drafted, active = await workshop.update(made, body_template="two", activate=False)
    assert (drafted.version, drafted.latest_version, active.source.default.body_template) == (1, 2, "one")
    live, active = await workshop.activate(drafted, 2)
    assert (live.version, live.revision, active.source.default.body_template) == (2, 3, "two")
    back, active = await workshop.activate(live, 1, revision=3)
    assert (back.version, back.latest_version, active.source.default.body_template) == (1, 2, "one")
    assert (await workshop.activate(back, 1))[0].revision == back.revision
    for version in (3, 10_000):
        with pytest.raises(NotFound):
            await workshop.activate(back, version)
    with pytest.raises(RevisionMismatch):
        await workshop.activate(back, 2, revision=1)


async def test_of_two_who_change_at_once_one_is_told(workshop: Workshop) -> None:
    """Both read revision 1; the second to arrive is refused, and its content is not saved."""
    made, _ = await workshop.create(body_template="one")
    answers = await asyncio.gather(
        *(workshop.update(made, body_template=f"by {who}") for who in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, RevisionMismatch) for one in answers) == 4
    now, _ = await workshop.read(made)
    assert (now.version, now.revision) == (2, 2)
    assert await workshop.count("message_template_version") == 2


async def test_a_name_is_unique_among_those_in_use(workshop: Workshop) -> None:
    """Another application may use it, and so may its successor once it is archived."""
    made, _ = await workshop.create("welcome")
    with pytest.raises(AlreadyExists) as refused:
        await workshop.create("welcome")
    assert refused.value.field == "name"
    other, _ = await workshop.create("other")
    with pytest.raises(AlreadyExists):
        await workshop.update(other, name="welcome", body_template="changed")
    assert (await workshop.read(other))[0] == other
    await workshop.create("welcome", app=await workshop.new_app())
    await workshop.archive(made)
    await workshop.create("welcome")
    assert await workshop.count("message_template_version") == 4


async def test_many_who_create_one_name_make_one_template(workshop: Workshop) -> None:
    answers = await asyncio.gather(*(workshop.create("same") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, AlreadyExists) for one in answers) == 4
    assert await workshop.count("message_template") == 1


async def test_an_archived_template_is_read_but_not_changed(workshop: Workshop) -> None:
    made, _ = await workshop.create()
    await workshop.archive(made)
    await workshop.archive(made)
    archived, version = await workshop.read(made)
    assert (archived.is_archived, archived.revision) == (True, 2)
    for refused in (
        workshop.update(archived, body_template="x"),
        workshop.activate(archived, 1),
    ):
        with pytest.raises(Conflict):
            await refused
    assert await workshop.read(made) == (archived, version)


async def test_bad_sources_are_refused_and_leave_nothing(workshop: Workshop) -> None:
    """Neither a template nor a version nor a revision."""
    for wrong in ({"body_template": "{{ a"}, {"channels": {"push": {"titel": "x"}}}, {}):
        with pytest.raises(InvalidInput):
            await workshop.create("bad", source=SourceGiven(default=Variant(**wrong)))
    assert await workshop.count("message_template") == 0
    made, version = await workshop.create()
    for wrong in ({"body_template": "{% if %}"}, {"body_template": None}, {"default_language": "?"}):
        with pytest.raises(InvalidInput):
            await workshop.update(made, name="renamed", **wrong)
    assert await workshop.read(made) == (made, version)


@pytest.mark.parametrize(
    ("given", "field", "line"),
    [
        (Variant(title_template="a\n{{ b"), "title_template", 2),
        (Variant(body_template="{{ a | nope }}"), "body_template", 1),
        (Variant(data_template={"a": {"b": ["x", "{% if %}"]}}), "data_template.a.b[1]", 1),
        (Variant(channels={"email": {"html": "<p>\n\n{{ first name }}"}}), "channels.email.html", 3),
        (Variant(channels={"push": {"subtitle": "{{"}, "sms": {"text": "x"}}), "channels.push.subtitle", 1),
    ],
)
async def test_mistakes_are_placed_in_the_callers_own_words(
    workshop: Workshop, given: Variant, field: str, line: int
) -> None:
    """Title, body and data under the specification's names; in another language, below its tag."""
    for prefix, source in (
        ("", SourceGiven(default=given)),
        ("languages.en.", SourceGiven(default=Variant(body_template="x"), languages={"en": given})),
    ):
        with pytest.raises(TemplateInvalid) as refused:
            await workshop.create(source=source)
        assert refused.value.field == prefix + field
        assert refused.value.message.startswith(f"{prefix}{field}: ")
        assert refused.value.line == line


async def test_pages_of_templates_and_of_versions(workshop: Workshop) -> None:
    """In the order of creation, and newest first; archived ones only when asked for."""
    made = [(await workshop.create(f"t{number}"))[0] for number in range(5)]
    await workshop.archive(made[1])
    listing = ListTemplates(templates=workshop.templates)
    first = await listing(ListTemplatesCommand(application_id=workshop.app, limit=3))
    rest = await listing(ListTemplatesCommand(application_id=workshop.app, cursor=first.next_cursor))
    assert [one.name for one in (*first.items, *rest.items)] == ["t0", "t2", "t3", "t4"]
    everything = await listing(ListTemplatesCommand(application_id=workshop.app, include_archived=True))
    assert len(everything.items) == 5
    template = made[0]
    for number in range(4):
        template, _ = await workshop.update(template, body_template=f"version {number}")
    versions = ListVersions(templates=workshop.templates)
    page = await versions(ListVersionsCommand(application_id=workshop.app, template_id=template.id, limit=3))
    last = await versions(
        ListVersionsCommand(
            application_id=workshop.app, template_id=template.id, cursor=page.next_cursor, limit=3
        )
    )
    assert [one.version for one in (*page.items, *last.items)] == [5, 4, 3, 2, 1]
    assert last.next_cursor is None
    with pytest.raises(InvalidInput):
        await versions(
            ListVersionsCommand(application_id=workshop.app, template_id=template.id, cursor="AAAA")
        )


async def test_versions_are_compared_with_the_one_before_or_any_other(workshop: Workshop) -> None:
    made, _ = await workshop.create(title_template="one", body_template="body")
    second, _ = await workshop.update(made, title_template="two")
    await workshop.update(second, title_template="three", body_template=None)
    compare = CompareVersions(templates=workshop.templates)

    async def fields(version: int, against: int | None = None) -> list[str]:
        found = await compare(
            CompareVersionsCommand(
                application_id=workshop.app, template_id=made.id, version=version, against=against
            )
        )
        return [f"{one.kind} {one.field}" for one in found.differences]

    assert await fields(1) == ["added body_template", "added title_template"]
    assert await fields(2) == ["changed title_template"]
    assert await fields(3) == ["removed body_template", "changed title_template"]
    assert await fields(1, 3) == ["added body_template", "changed title_template"]
    assert await fields(2, 2) == []
    with pytest.raises(NotFound):
        await fields(4)


async def test_another_applications_templates_do_not_exist(workshop: Workshop) -> None:
    """For every call that names one."""
    made, _ = await workshop.create()
    stranger = await workshop.new_app()
    templates = workshop.templates
    for refused in (
        templates.get(stranger, made.id),
        templates.version(stranger, made.id, 1),
        templates.versions(stranger, made.id, before=None, limit=1),
        workshop.update(made, app=stranger, body_template="theirs"),
        workshop.create(app=uuid4()),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await templates.pinned(stranger, made.id, None) is None
    assert await templates.list(stranger, include_archived=True, after=None, limit=9) == []


async def test_the_database_itself_keeps_names_and_versions_apart(workshop: Workshop) -> None:
    """A second version 1, or a second template of the name, is refused by the tables."""
    made, _ = await workshop.create()
    statements = [
        "INSERT INTO message_template_version SELECT * FROM message_template_version",
        "INSERT INTO message_template SELECT gen_random_uuid(), application_id, name, description, is_active,"
        " version, latest_version, revision, created_at, updated_at, is_archived, archived_at FROM message_template",
        "UPDATE message_template SET version = 2",
    ]
    for statement in statements:
        with pytest.raises(Exception, match=r"unique|check") as refused:
            async with workshop.engine.begin() as connection:
                await connection.execute(text(statement))
        assert refused.value is not None
    assert (await workshop.read(made))[0] == made
