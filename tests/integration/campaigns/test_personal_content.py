"""Content with placeholders and languages: pinned at launch, variables a sealed snapshot of the moment of fan-out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.messaging.content import Body
from domain.shared.errors import Conflict, InvalidInput
from domain.templates.source import Source
from domain.templates.template import Template
from domain.templates.variant import Variant
from tests.integration.campaigns.world import CampaignWorld


async def template(world: CampaignWorld, app: UUID, **languages: str) -> UUID:
    """A template with these titles by language, Korean by default; its id."""
    source = Source.checked(
        default=Variant(title_template=languages.pop("ko")),
        languages={tag: Variant(title_template=title) for tag, title in languages.items()},
        default_language="ko",
        strict=False,
    )
    made, version = Template.create(
        id=world.ids.one(), application_id=app, name="hello", description="", is_active=True, source=source,
        now=world.clock.now(), created_by="key-1",
    )  # fmt: skip
    await world.templates.add(made, version)
    return made.id


async def told(world: CampaignWorld) -> dict[UUID, tuple[Body, Any, dict[str, Any] | None]]:
    """Per subscription: the content's source, its mark, and the message's variables."""
    rows = await world.connection.fetch(
        "SELECT m.id, m.application_id, m.subscription_id, m.variables, c.body, c.template"
        " FROM message m JOIN content c ON c.id = m.content_id"
    )
    return {
        row["subscription_id"]: (
            row["body"],
            row["template"],
            None
            if row["variables"] is None
            else world.sealed_variables.open(row["application_id"], row["id"], row["variables"]),
        )
        for row in rows
    }


async def test_each_message_gets_the_variables_that_the_content_reads_and_no_others(
    world: CampaignWorld,
) -> None:
    """Tags before properties before device fields; what nobody has is left out; the campaign's own are strongest."""
    app = await world.application()
    anna = await world.user(app, "anna")
    await world.connection.execute('UPDATE app_user SET properties = \'{"name": "Anna", "secret": 1}\'')
    (first,) = await world.subscriptions(app, 1, user=anna)
    (second,) = await world.subscriptions(app, 1)
    await world.connection.execute(
        "UPDATE subscription SET tags = '{\"name\": \"Ben\"}', device_model = 'Pixel' WHERE id = $1", second
    )
    campaign = await world.draft(app, title="{{name}} {{city}} {{device_model}}", variables={"city": "Seoul"})
    await world.launch(app, campaign)
    await world.fan_out_all()
    found = await told(world)
    mark = {"id": None, "version": None, "language": None, "strict": False}
    source = {"title": "{{name}} {{city}} {{device_model}}"}
    assert found[first] == (source, mark, {"name": "Anna", "city": "Seoul"})
    assert found[second] == (source, mark, {"name": "Ben", "city": "Seoul", "device_model": "Pixel"})


async def test_content_without_placeholders_is_stored_once_and_never_rendered(world: CampaignWorld) -> None:
    """One content row, no variables, no mark; a constant expression is worked out at launch."""
    app = await world.application()
    await world.subscriptions(app, 1_000)
    campaign = await world.draft(app, title="{{ 'hi' | upcase }}")
    await world.launch(app, campaign)
    await world.fan_out_all()
    assert set(map(str, (await told(world)).values())) == {str(({"title": "HI"}, None, None))}
    assert await world.value("SELECT count(*) FROM content") == 1


async def test_a_template_speaks_everybodys_language_and_its_version_is_pinned(world: CampaignWorld) -> None:
    """A later version changes nothing for a campaign that was launched, and everything for the next."""
    app = await world.application()
    people = await world.subscriptions(app, 4)
    for id_, language in zip(people, ("ko-KR", "en-US", "fr", None), strict=True):
        await world.connection.execute(
            "UPDATE subscription SET device_language = $2 WHERE id = $1", id_, language
        )
    template_id = await template(world, app, ko="안녕", en="Hello")
    campaign = await world.draft(app, title=None, template_id=str(template_id))
    before = await world.dry_run(app, campaign)
    launched = await world.launch(app, campaign, before.fingerprint)
    assert launched.template_version == 1
    later = Source.checked(
        default=Variant(title_template="새로"), languages={}, default_language="ko", strict=False
    )
    await world.templates.change(
        app, template_id,
        lambda found, _: found.save(later, activate=True, now=world.clock.now(), created_by="key-1"),
    )  # fmt: skip
    await world.fan_out_all()
    titles = [(await told(world))[id_][0]["title"] for id_ in people]
    assert titles == ["안녕", "Hello", "Hello", "Hello"]
    marks = {str(mark) for _, mark, _ in (await told(world)).values()}
    assert marks == {
        str({"id": str(template_id), "strict": False, "version": 1, "language": language})
        for language in ("ko", "en")
    }


async def test_other_content_after_a_dry_run_is_noticed_at_launch(world: CampaignWorld) -> None:
    """The audience is the same: the refusal says that the content is not."""
    app = await world.application()
    await world.subscriptions(app, 2)
    template_id = await template(world, app, ko="안녕")
    campaign = await world.draft(app, title=None, template_id=str(template_id))
    before = await world.dry_run(app, campaign)
    later = Source.checked(
        default=Variant(title_template="새로"), languages={}, default_language="ko", strict=False
    )
    await world.templates.change(
        app, template_id,
        lambda found, _: found.save(later, activate=True, now=world.clock.now(), created_by="key-1"),
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        await world.launch(app, campaign, before.fingerprint)
    assert refused.value.extra == {"added": 0, "removed": 0, "content_changed": True}


async def test_a_template_of_another_application_or_switched_off_is_refused(world: CampaignWorld) -> None:
    app, other = await world.application(), await world.application()
    theirs = await template(world, other, ko="안녕")
    with pytest.raises(InvalidInput) as refused:
        await world.draft(app, title=None, template_id=str(theirs))
    assert refused.value.field == "template_id"
    mine = await template(world, app, ko="안녕")
    await world.subscriptions(app, 1)
    campaign = await world.draft(app, title=None, template_id=str(mine))
    await world.templates.change(app, mine, lambda found, _: found.rename(name=None, description=None, is_active=False) and None)  # fmt: skip
    with pytest.raises(Conflict, match="switched off"):
        await world.launch(app, campaign)


async def test_content_of_a_new_day_is_a_new_row(world: CampaignWorld) -> None:
    """A wave that is due in two days names content that is dropped with its messages and not before."""
    app = await world.application()
    await world.subscriptions(app, 1_000)
    world.look_ahead = 500
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    await world.fan_out()
    yesterday = UUID(int=world.ids.one().int - (86_400_000 << 80))
    await world.connection.execute("UPDATE campaign_content SET content_id = $1", yesterday)
    await world.queue.release(world.clock.now())
    await world.deliver_everything(await world.worker())
    await world.fan_out()
    assert await world.value("SELECT count(*) FROM message m JOIN content c ON c.id = m.content_id") == 1_000
    assert await world.value("SELECT count(*) FROM content") == 2
