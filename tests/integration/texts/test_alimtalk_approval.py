"""AlimTalk is held up to its template before it is accepted: from memory, the mirror, or the provider, in this order."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import attrs
import pytest

from application.alimtalk.approve_alimtalk import ApproveAlimTalk
from domain.alimtalk.template import TemplateStatus, Wording
from domain.shared.errors import InvalidInput
from tests.integration.texts.clerk import WORDING, Clerk
from tests.integration.texts.test_kakao_templates import clerk, world

__all__ = ["clerk", "world"]


def asked(clerk: Clerk) -> int:
    """How often the provider was asked for a template since the last reset."""
    requests = clerk.case.sim.control.get("/control/requests").json()
    return sum("/templates" in one["path"] for one in requests)


async def test_only_what_is_known_to_be_wrong_is_refused(clerk: Clerk) -> None:
    """A code that nobody knows, a variable too many or too few, one under review; a code that is rendered later passes."""
    made = await clerk.hand_in()
    approve = ApproveAlimTalk(clerk.check, clerk.world.clock)

    async def refused(content: dict[str, Any], *, final: bool = True) -> str | None:
        try:
            await approve(clerk.application_id, content, field="content.kakao_talk", final=final)
        except InvalidInput as refusal:
            return refusal.field if refusal.fix else "without a fix"
        return None

    code = made.code
    await clerk.refresh_all()
    assert await refused({"template_code": code, "variables": {"name": "홍", "no": 7}}) is None
    assert (
        await refused({"template_code": code, "variables": {"name": "홍"}})
        == "content.kakao_talk.variables.no"
    )
    sources = {"name": "{{ name }}", "nu": "{{ number }}"}
    place = await refused({"template_code": code, "variables": sources}, final=False)
    assert place == "content.kakao_talk.variables.no"
    sources = {"name": "{{ name }}", "no": "{{ number }}"}
    assert await refused({"template_code": code, "variables": sources}, final=False) is None
    assert await refused({"template_code": "NOPE"}) == "content.kakao_talk.template_code"
    assert await refused({"template_code": "{{ code }}"}, final=False) is None
    nobodys = await clerk.world.app()
    await approve(nobodys, {"template_code": "NOPE"}, field="content.kakao_talk", final=True)


async def test_a_burst_asks_the_provider_once_and_memory_answers_for_three_seconds(clerk: Clerk) -> None:
    """Fifty calls at once about a template that was never seen: one look-up; what is remembered ends."""
    clerk.case.sim.control.post("/control/reset")
    approve = ApproveAlimTalk(clerk.check, clerk.world.clock)
    content = {"template_code": "ORDER77"}

    async def one() -> object:
        return await approve(clerk.application_id, content, field="content", final=True)

    answers = await asyncio.gather(*(one() for _ in range(50)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {InvalidInput}
    first = asked(clerk)
    with pytest.raises(InvalidInput):
        await one()
    assert asked(clerk) == first
    clerk.world.clock.time = clerk.world.clock.now() + timedelta(seconds=4)
    with pytest.raises(InvalidInput):
        await one()
    assert asked(clerk) == 2 * first


async def test_a_mirror_that_is_behind_refuses_nobody(clerk: Clerk) -> None:
    """What was mirrored a while ago as another text, or as not approved, is asked for again before anybody is refused; a
    provider that is away leaves the decision to the worker."""
    made = await clerk.hand_in()
    await clerk.refresh_all()
    old = clerk.world.clock.now() - timedelta(minutes=5)
    fits = {"template_code": made.code, "variables": {"name": "홍", "no": 7}}
    for changes in ({"wording": Wording("#{name}님")}, {"status": TemplateStatus.INSPECTING}):
        await _mirror(clerk, attrs.evolve(made, status=TemplateStatus.APPROVED, checked_at=old), **changes)
        approve = ApproveAlimTalk(clerk.check, clerk.world.clock)
        await approve(clerk.application_id, fits, field="content", final=True)
        found = await clerk.mirror.find(clerk.application_id, clerk.case.provider, [made.code])
        assert found[made.code].wording == WORDING
    await _mirror(clerk, attrs.evolve(made, checked_at=old), wording=Wording("#{name}님"))
    case = type(clerk.case).__new__(type(clerk.case))
    case.settings, case.sim = clerk.case.settings_for("https://127.0.0.1:1"), clerk.case.sim
    away = Clerk(clerk.world, case, clerk.application_id)
    approve = ApproveAlimTalk(away.check, clerk.world.clock)
    await approve(clerk.application_id, fits, field="content", final=True)


async def _mirror(clerk: Clerk, template: Any, **changes: Any) -> None:
    """Whatever is mirrored, this is now."""
    table = "DELETE FROM kakao_template"
    async with clerk.world.engine.begin() as connection:
        await connection.exec_driver_sql(table)
    await clerk.mirror.put([attrs.evolve(template, **changes)])
