"""Steps of features/audience/segments.feature: what a shop asks about its audience."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from pytest_bdd import given, parsers, scenarios, then, when

from application.audience.commands import ChangeTagsCommand
from application.ports.segment_members import AudienceCount
from application.segments.commands import (
    ArchiveSegmentCommand,
    CountAudienceCommand,
    CountSegmentCommand,
    CreateSegmentCommand,
    ExplainSegmentCommand,
    ListSegmentsCommand,
)
from domain.audience.device import DeviceReport
from domain.audience.segment.predicate import Condition
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput, NotFound
from tests.bdd.messages import tell
from tests.bdd.people import report
from tests.bdd.wording import PHONE
from tests.bdd.world import World

scenarios("../../features/audience/segments.feature")

EVERYBODY_BUT = r'everybody but "(?P<name>[^"]+)"'


def segment_id(world: World, name: str) -> UUID:
    """Of the segment of this name, archived or not."""
    command = ListSegmentsCommand(application_id=world.shop.id, include_archived=True)
    page = world.run(world.use_cases.list_segments()(command))
    (found,) = [one.id for one in page.items if one.name == name]
    return found


def names(world: World, count: AudienceCount) -> set[str]:
    """Whose phones are in the sample, which holds everybody: there are few."""
    assert len(count.sample) == count.total.matching
    phones = {phone.push: name for name, phone in world.phones.items()}
    return {phones[member.subscription_id] for member in count.sample}


def expected(text: str) -> set[str]:
    return set() if text == "nobody" else set(text.split(" and "))


@given(parsers.re(rf'{PHONE} has the tag "(?P<key>[^"]+)" of (?P<value>.+)'))
@when(parsers.re(rf'{PHONE} gets the tag "(?P<key>[^"]+)" of (?P<value>.+)'))
def tagged(world: World, phone: str, key: str, value: str) -> None:
    one = world.phones[phone]
    command = ChangeTagsCommand(
        application_id=one.shop.id,
        subscription_id=one.push,
        source=ChangeSource.SDK,
        set={key: json.loads(value)},
    )
    world.run(world.use_cases.change_tags()(command))


@given(
    parsers.re(rf'{PHONE} reports the language "(?P<language>[^"]+)" and the version "(?P<version>[^"]+)"')
)
def reports(world: World, phone: str, language: str, version: str) -> None:
    report(world, world.phones[phone], device=DeviceReport(device_language=language, app_version=version))


@given(parsers.re(rf"{PHONE} was switched off by its owner"))
def switched_off(world: World, phone: str) -> None:
    report(world, world.phones[phone], enabled=False)


@when(parsers.re(rf'{PHONE} opens "(?P<title>[^"]+)"'))
def opens(world: World, phone: str, title: str) -> None:
    assert tell(world, world.phones[phone], title, "opened") == ["accepted"]


@given(parsers.parse('the segment "{name}" of'))
@when(parsers.parse('the shop saves the segment "{name}" of'))
def saves(world: World, name: str, docstring: str) -> None:
    predicate: dict[str, Any] = json.loads(docstring)
    command = CreateSegmentCommand(application_id=world.shop.id, name=name, predicate=predicate)
    world.attempt(world.use_cases.create_segment()(command))


@when(parsers.parse('the shop archives the segment "{name}"'))
def archives(world: World, name: str) -> None:
    command = ArchiveSegmentCommand(application_id=world.shop.id, segment_id=segment_id(world, name))
    world.run(world.use_cases.archive_segment()(command))


def count(world: World, name: str) -> AudienceCount:
    command = CountSegmentCommand(application_id=world.shop.id, segment_id=segment_id(world, name), sample=20)
    return world.run(world.use_cases.count_segment()(command))


@given(parsers.re(r'"(?P<name>[^"]+)" is (?P<who>nobody|\w+\'s .+)'))
@then(parsers.re(r'"(?P<name>[^"]+)" is (?P<who>nobody|\w+\'s .+)'))
def members_are(world: World, name: str, who: str) -> None:
    assert names(world, count(world, name)) == expected(who)


@then(parsers.parse('"{name}" counts'))
def counts(world: World, name: str, datatable: list[list[str]]) -> None:
    found = count(world, name).channels
    for channel, matching, reachable in datatable[1:]:
        one = found[Channel.from_wire(channel)]
        assert (one.matching, one.subscribed) == (int(matching), int(reachable)), channel


def everybody_but(world: World, name: str, channel: str | None = None) -> AudienceCount | None:
    """Ask whom targeting criteria reach; may be refused."""
    criteria: dict[str, Any] = {
        "include": [{"everyone": True}],
        "exclude": [str(segment_id(world, name))],
        **({"channels": [channel]} if channel else {}),
    }
    command = CountAudienceCommand(application_id=world.shop.id, targeting_criteria=criteria, sample=20)
    return world.attempt(world.use_cases.count_audience()(command))


@then(parsers.re(rf"{EVERYBODY_BUT}, on (?P<channel>\w+), is (?P<who>.+)"))
def reaches(world: World, name: str, channel: str, who: str) -> None:
    found = everybody_but(world, name, channel)
    assert found is not None
    assert names(world, found) == expected(who)


@when(parsers.re(rf"the shop asks who {EVERYBODY_BUT} is"))
def asks(world: World, name: str) -> None:
    everybody_but(world, name)


@then(parsers.re(r'the shop is told that "(?P<place>[^"]+)" (?P<what>is not there|cannot work like that)'))
def told_the_place(world: World, place: str, what: str) -> None:
    refusal, world.refusal = world.refusal, None
    assert type(refusal) is (NotFound if what == "is not there" else InvalidInput)
    assert refusal.field == place
    assert refusal.fix


@then(parsers.re(rf'{PHONE} is not in "(?P<name>[^"]+)", because'))
def explained(world: World, phone: str, name: str, datatable: list[list[str]]) -> None:
    command = ExplainSegmentCommand(
        application_id=world.shop.id,
        segment_id=segment_id(world, name),
        subscription_id=world.phones[phone].push,
    )
    told = world.run(world.use_cases.explain_segment()(command))
    assert told.holds is False
    lines = [
        [part.predicate.field.value, str(part.found), "yes" if part.holds else "no"]
        for part in told.parts
        if isinstance(part.predicate, Condition)
    ]
    assert lines == datatable[1:]
