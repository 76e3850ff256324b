"""Steps of features/analytics: what the shop sees of its messages, and the proof of it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_bdd import parsers, scenarios, then, when

from application.analytics.commands import CheckFiguresCommand, FiguresCommand
from domain.analytics.dimension import Dimension
from tests.bdd.messages import tell
from tests.bdd.wording import PHONE
from tests.bdd.world import World

scenarios("../../features/analytics")


@when(parsers.re(rf'{PHONE} reports "(?P<title>[^"]+)" as (?P<what>received|opened)'))
def phone_reports(world: World, phone: str, title: str, what: str) -> None:
    tell(world, world.phones[phone], title, what)


@then("the shop's funnel is")
def the_funnel(world: World, datatable: Sequence[Sequence[str]]) -> None:
    names, expected = datatable
    found = world.run(world.use_cases.read_funnel()(FiguresCommand(application_id=world.shop.id)))
    assert [getattr(found.figures, name) for name in names] == [int(one) for one in expected]


@then("by provider the shop sees")
def by_provider(world: World, datatable: Sequence[Sequence[str]]) -> None:
    command = FiguresCommand(application_id=world.shop.id, group_by=(Dimension.PROVIDER,))
    found = world.run(world.use_cases.read_totals()(command))
    figures = {
        one.keys[Dimension.PROVIDER]: [str(one.figures.sent), str(one.figures.failed)] for one in found.groups
    }
    for provider, *expected in datatable[1:]:
        assert figures[provider] == expected


@then("the figures stand up to a recount")
def recounted(world: World) -> None:
    found = world.run(world.use_cases.check_figures()(CheckFiguresCommand(application_id=None)))
    assert (found.mismatches, found.complete) == ([], True)
    assert found.events > 0
