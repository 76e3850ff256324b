"""Steps of features/templates: what templates say to whom, and which version of them is active."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.ports.templates import PinnedTemplate
from application.templates.commands import (
    ActivateVersionCommand,
    ArchiveTemplateCommand,
    CreateTemplateCommand,
    ListTemplatesCommand,
    PreviewTemplateCommand,
    ReadTemplateCommand,
    ReadVersionCommand,
    Sample,
    SourceChange,
    SourceGiven,
    UpdateTemplateCommand,
)
from application.templates.views import Preview
from domain.shared.channels import Channel
from domain.templates.source import Source
from domain.templates.template import Template
from domain.templates.variant import Variant
from tests.bdd.world import World

scenarios("../../features/templates")

KEY = "the-shops-key"


@pytest.fixture
def drawer() -> dict[str, Template]:
    """The shop's templates by name, as they were read last."""
    return {}


def save(world: World, drawer: dict[str, Template], name: str, text: str, *, strict: bool = False) -> None:
    command = CreateTemplateCommand(
        application_id=world.shop.id,
        name=name,
        source=SourceGiven(default=Variant(body_template=text), strict=strict),
        created_by=KEY,
    )
    made = world.attempt(world.use_cases.create_template()(command))
    if made is not None:
        drawer[name] = made[0]


def change(
    world: World, template: Template, source: SourceChange, *, activate: bool = True
) -> Template | None:
    command = UpdateTemplateCommand(
        application_id=world.shop.id,
        template_id=template.id,
        revision=template.revision,
        changed_by=KEY,
        source=source,
        activate=activate,
    )
    changed = world.attempt(world.use_cases.update_template()(command))
    return None if changed is None else changed[0]


def preview(world: World, template: Template, language: str | None = None, **sample: Any) -> Preview:
    command = PreviewTemplateCommand(
        application_id=world.shop.id, template_id=template.id, language=language, sample=Sample(**sample)
    )
    return world.run(world.use_cases.preview_template()(command))


def said(source: Source) -> object:
    choice = source.choose(Channel.PUSH, None)
    return None if choice is None else choice.body["body"]


# Saving


@given(parsers.re(r'the (?P<kind>strict )?template "(?P<name>[^"]+)" says "(?P<text>.*)"$'))
def template_says(
    world: World, drawer: dict[str, Template], name: str, text: str, kind: str | None = None
) -> None:
    save(world, drawer, name, text, strict=bool(kind))
    assert world.refusal is None


@when(parsers.re(r'the shop saves the template "(?P<name>[^"]+)" that says "(?P<text>.*)"$'))
def shop_saves(world: World, drawer: dict[str, Template], name: str, text: str) -> None:
    save(world, drawer, name, text)


@given(parsers.parse('in "{language}" the template "{name}" says "{text}"'))
def says_in(world: World, drawer: dict[str, Template], language: str, name: str, text: str) -> None:
    changed = change(world, drawer[name], SourceChange(languages={language: Variant(body_template=text)}))
    assert changed is not None
    drawer[name] = changed


@when(parsers.re(r'the (?P<who>shop|colleague) changes "(?P<name>[^"]+)" to "(?P<text>.*)"$'))
def change_to(world: World, drawer: dict[str, Template], who: str, name: str, text: str) -> None:
    """A colleague works on what they read earlier."""
    key = f"{who}'s {name}" if who == "colleague" else name
    changed = change(world, drawer[key], SourceChange(body_template=text))
    if changed is not None:
        drawer[key] = changed


@when(parsers.parse('the shop drafts "{text}" for "{name}"'))
def draft(world: World, drawer: dict[str, Template], text: str, name: str) -> None:
    changed = change(world, drawer[name], SourceChange(body_template=text), activate=False)
    assert changed is not None
    drawer[name] = changed


@given(parsers.parse('a colleague has read "{name}"'))
def colleague_reads(world: World, drawer: dict[str, Template], name: str) -> None:
    command = ReadTemplateCommand(application_id=world.shop.id, template_id=drawer[name].id)
    drawer[f"colleague's {name}"] = world.run(world.use_cases.read_template()(command))[0]


@when(parsers.parse('the shop activates version {version:d} of "{name}"'))
def activate(world: World, drawer: dict[str, Template], version: int, name: str) -> None:
    command = ActivateVersionCommand(
        application_id=world.shop.id, template_id=drawer[name].id, version=version
    )
    drawer[name] = world.run(world.use_cases.activate_template_version()(command))[0]


@when(parsers.parse('the shop archives "{name}"'))
def archive(world: World, drawer: dict[str, Template], name: str) -> None:
    command = ArchiveTemplateCommand(application_id=world.shop.id, template_id=drawer[name].id)
    world.run(world.use_cases.archive_template()(command))


# Looking


@then(parsers.parse('version {version:d} of "{name}" is active and says "{text}"'))
def is_active(world: World, drawer: dict[str, Template], version: int, name: str, text: str) -> None:
    command = ReadTemplateCommand(application_id=world.shop.id, template_id=drawer[name].id)
    template, active = world.run(world.use_cases.read_template()(command))
    assert (template.version, active.version, said(active.source)) == (version, version, text)


@then(parsers.parse('version {version:d} of "{name}" still says "{text}"'))
def still_says(world: World, drawer: dict[str, Template], version: int, name: str, text: str) -> None:
    command = ReadVersionCommand(application_id=world.shop.id, template_id=drawer[name].id, version=version)
    assert said(world.run(world.use_cases.read_template_version()(command)).source) == text


@then(parsers.parse('there is no template "{name}"'))
def there_is_none(world: World, name: str) -> None:
    command = ListTemplatesCommand(application_id=world.shop.id, include_archived=True)
    page = world.run(world.use_cases.list_templates()(command))
    assert name not in {template.name for template in page.items}


@given(parsers.parse('a sender has pinned "{name}"'), target_fixture="pinned")
def pin(world: World, drawer: dict[str, Template], name: str) -> PinnedTemplate:
    templates = world.node.infrastructure.templates()
    found = world.run(templates.pinned(world.shop.id, drawer[name].id, None))
    assert found is not None
    return found


@then(parsers.parse('the sender still has "{text}"'))
def still_has(world: World, pinned: PinnedTemplate, text: str) -> None:
    """And finds the same under the number of the version that it pinned."""
    templates = world.node.infrastructure.templates()
    again = world.run(templates.pinned(world.shop.id, pinned.id, pinned.version))
    assert again == pinned
    assert pinned.body_for(Channel.PUSH, None) == {"body": text}


# Previews


@when(
    parsers.re(
        r'"(?P<name>\w+)" is previewed with (?P<variables>\{.*?\})'
        r"(?:, tags (?P<tags>\{.*?\}) and device (?P<device>\{.*?\}))?$"
    ),
    target_fixture="shown",
)
def previewed(
    world: World,
    drawer: dict[str, Template],
    name: str,
    variables: str,
    tags: str | None = None,
    device: str | None = None,
) -> Preview:
    sample = {"variables": variables, "tags": tags or "{}", "device": device or "{}"}
    return preview(world, drawer[name], **{key: json.loads(text) for key, text in sample.items()})


@then(parsers.re(r'the preview says "(?P<text>.*)"$'))
def preview_says(shown: Preview, text: str) -> None:
    assert shown.body == {"body": text}


@then(parsers.parse('the preview misses "{name}"'))
def preview_misses(shown: Preview, name: str) -> None:
    assert list(shown.missing) == [name]


@then(parsers.parse('the preview refuses, because of "{reason}"'))
def preview_refuses(shown: Preview, reason: str) -> None:
    assert shown.body is None
    assert shown.problem is not None
    assert reason in shown.problem.detail


@then(parsers.parse('with "{language}" somebody reads "{text}" of "{name}"'))
def somebody_reads(world: World, drawer: dict[str, Template], language: str, text: str, name: str) -> None:
    assert preview(world, drawer[name], language).body == {"body": text}
