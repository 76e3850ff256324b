"""What the in-app channel takes, and what it refuses by name."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.channels.in_app import plugin
from adapters.templating.engine import LiquidTemplating
from application.templates.source_check import SourceCheck
from domain.shared.channels import Channel
from domain.shared.errors import ContentTooLarge, InvalidInput
from domain.templates.source import Source
from domain.templates.variant import Variant

BODY: dict[str, Any] = {"v": 1, "layout": "modal", "content": {"title": "Sale"}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"v": 2}, "c.v"),
        ({"layout": "hologram"}, "c.layout"),
        ({"content": {}}, "c.content"),
        ({"id": "mine"}, "c.id"),
        ({"campaign_id": "mine"}, "c.campaign_id"),
        ({"triggers": [[{"kind": "mood", "op": "eq", "value": 1}]]}, "c.triggers[0][0].kind"),
        (
            {"display": {"start": "2026-12-02T00:00:00Z", "end": "2026-12-01T00:00:00Z"}},
            "c.display.end",
        ),
        ({"target": {"app_version": "newest"}}, "c.target.app_version"),
    ],
)
def test_what_no_device_would_show_is_refused(changes: dict[str, Any], field: str) -> None:
    """By the field that is wrong."""
    plugin.check_content(BODY, field="c")
    with pytest.raises(InvalidInput) as refused:
        plugin.check_content({**BODY, **changes}, field="c")
    assert refused.value.field == field
    assert refused.value.fix


def test_it_holds_64_kib() -> None:
    """And not a byte more."""
    room = 65_536 - len('{"v":1,"layout":"modal","content":{"title":""}}')
    plugin.check_content({**BODY, "content": {"title": "x" * room}}, field="c")
    with pytest.raises(ContentTooLarge):
        plugin.check_content({**BODY, "content": {"title": "x" * (room + 1)}}, field="c")


def button(link: str) -> dict[str, Any]:
    action = {"type": "deeplink", "value": link}
    return {**BODY, "content": {"title": "Hi", "buttons": [{"id": "go", "text": "Go", "action": action}]}}


@pytest.mark.parametrize(("link", "fits"), [("app://orders/{{ id }}", True), ("orders/{{ id }}", False)])
async def test_a_template_may_put_variables_into_its_links(link: str, fits: bool) -> None:
    """What stands around the placeholder has to be a link already."""
    check = SourceCheck(templating=LiquidTemplating(), plugins={Channel.IN_APP: plugin})
    source = Source(default=Variant(channels={"in_app": button(link)}), default_language="ko")
    problems = [problem async for problem in check.problems(source)]
    assert (problems == []) is fits
