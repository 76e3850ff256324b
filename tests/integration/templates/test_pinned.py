"""What senders pin: a version that never changes, found quickly, for any device language."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from adapters.postgres import templates as module
from adapters.postgres.templates import PostgresTemplates
from application.templates.commands import SourceGiven
from domain.shared.channels import Channel
from domain.templates.variant import Variant
from tests.integration.templates.workshop import Workshop

BOTH = SourceGiven(
    default=Variant(body_template="안녕 {{ name }}", channels={"sms": {"text": "문자"}}),
    languages={"en": Variant(body_template="Hi {{ name }}")},
    strict=True,
)


async def test_the_active_version_is_pinned_unless_one_is_named(workshop: Workshop) -> None:
    """Whatever becomes of the template, the pinned body stays."""
    made, _ = await workshop.create(source=BOTH)
    first = await workshop.templates.pinned(workshop.app, made.id, None)
    assert first is not None
    changed, _ = await workshop.update(made, body_template="changed {{ name }}")
    second = await workshop.templates.pinned(workshop.app, made.id, None)
    again = await workshop.templates.pinned(workshop.app, made.id, 1)
    assert second is not None
    assert (first.id, first.version, first.strict, second.version) == (made.id, 1, True, 2)
    assert again == first
    assert first.body_for(Channel.PUSH, "ko-KR") == {"body": "안녕 {{ name }}"}
    assert second.body_for(Channel.PUSH, "ko-KR") == {"body": "changed {{ name }}"}
    assert changed.version == 2


async def test_a_body_is_found_for_channel_and_language(workshop: Workshop) -> None:
    made, _ = await workshop.create(source=BOTH)
    pinned = await workshop.templates.pinned(workshop.app, made.id, 1)
    assert pinned is not None
    assert pinned.body_for(Channel.PUSH, "en-GB") == {"body": "Hi {{ name }}"}
    assert pinned.body_for(Channel.PUSH, "fr") == {"body": "Hi {{ name }}"}
    assert pinned.body_for(Channel.SMS, "en") == {"text": "문자"}
    assert pinned.body_for(Channel.EMAIL, "en") is None
    choice = pinned.choose(Channel.SMS, "en")
    assert choice is not None
    assert choice.language == "ko"


async def test_what_is_not_there_or_archived_cannot_be_pinned(workshop: Workshop) -> None:
    """An inactive one can, and says so: whoever sends refuses it, whoever reads does not."""
    made, _ = await workshop.create()
    pinned = workshop.templates.pinned
    assert await pinned(workshop.app, workshop.app, None) is None
    assert await pinned(workshop.app, made.id, 2) is None
    assert await pinned(workshop.app, made.id, 0) is None
    inactive, _ = await workshop.update(made, is_active=False)
    found = await pinned(workshop.app, made.id, None)
    assert found is not None
    assert not found.is_active
    await workshop.archive(inactive)
    assert await pinned(workshop.app, made.id, None) is None


async def test_pinning_again_asks_the_database_nothing(workshop: Workshop) -> None:
    """For two seconds the active version, and the content of a version for good."""
    made, _ = await workshop.create()
    reader = PostgresTemplates(workshop.engine)
    first = await reader.pinned(workshop.app, made.id, None)
    async with workshop.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE message_template RENAME TO moved"))
    assert await reader.pinned(workshop.app, made.id, None) == first
    assert await reader.pinned(workshop.app, made.id, 1) == first
    async with workshop.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE moved RENAME TO message_template"))


async def test_a_version_saved_elsewhere_can_be_named_at_once(workshop: Workshop) -> None:
    """Another process has the older pointer in its cache; a number beyond it makes it look again."""
    made, _ = await workshop.create(body_template="one")
    elsewhere = PostgresTemplates(workshop.engine)
    assert await elsewhere.pinned(workshop.app, made.id, None) is not None
    await workshop.update(made, body_template="two")
    found = await elsewhere.pinned(workshop.app, made.id, 2)
    assert found is not None
    assert found.body_for(Channel.PUSH, None) == {"body": "two"}


async def test_only_so_many_versions_are_kept_in_memory(workshop: Workshop) -> None:
    """The least recently used goes first, and is read again when it is wanted."""
    made, _ = await workshop.create(body_template="x0")
    for number in range(1, 4):
        made, _ = await workshop.update(made, body_template=f"x{number}")
    few = PostgresTemplates(workshop.engine, kept_sources=2)
    for version in (1, 2, 1, 3, 4, 1):
        found = await few.pinned(workshop.app, made.id, version)
        assert found is not None
        assert found.body_for(Channel.PUSH, None) == {"body": f"x{version - 1}"}
    assert module.KEPT_SOURCES > 2


@pytest.mark.parametrize("language", [None, "ko", "??"])
async def test_a_device_may_report_anything(workshop: Workshop, language: str | None) -> None:
    made, _ = await workshop.create(body_template="x")
    pinned = await workshop.templates.pinned(workshop.app, made.id, None)
    assert pinned is not None
    assert pinned.body_for(Channel.PUSH, language) == {"body": "x"}
