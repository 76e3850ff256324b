"""AlimTalk templates on a real database and at simulated providers: handed in, reviewed, mirrored, looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import attrs
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.channels.kakao.shelf import TemplateShelf
from adapters.postgres.engine import open_engine
from application.alimtalk.commands import (
    ListTemplatesCommand,
    ReadTemplateCommand,
    RefreshTemplatesCommand,
    RegisterTemplateCommand,
)
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording
from domain.messaging.outcome import Accepted, NotAttempted, Rejected
from domain.shared.errors import InvalidInput, NotConfigured, NotFound, Unavailable
from tests.conformance.channels.kit import outcomes_of, without_details
from tests.integration.audience.world import World
from tests.integration.simulator.harness import Simulator
from tests.integration.texts.clerk import CASES, DRAFT, WORDING, Clerk


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A database of its own; its clock shows the real time, because templates are dated by it."""
    engine: AsyncEngine = open_engine(database_url, pool_size=5)
    made = World(engine)
    yield made
    await engine.dispose()


@pytest.fixture(params=sorted(CASES))
async def clerk(request: pytest.FixtureRequest, sim: Simulator, world: World) -> AsyncIterator[Clerk]:
    """Each provider in turn, with its credential."""
    case = CASES[request.param](sim)
    sim.play()
    made = Clerk(world, case, await world.app())
    await made.credential()
    yield made
    for desk in made.desks.values():
        await desk.close()


async def test_a_template_is_handed_in_and_mirrored(clerk: Clerk) -> None:
    """Word for word, with its buttons, under the provider's own code."""
    clerk.case.sim.play(texts={"review": "hold"})
    made = await clerk.hand_in()
    assert (made.provider, made.status) == (clerk.case.provider, TemplateStatus.INSPECTING)
    stored = await clerk.read(ReadTemplateCommand(application_id=clerk.application_id, code=made.code))
    assert stored == made
    assert stored.wording == WORDING
    assert stored.wording.variables == {"name", "no"}
    if clerk.case.provider == "nhn_alimtalk":
        assert made.code == "ORDER01"


@pytest.mark.parametrize(
    ("review", "status"),
    [
        ("approve", TemplateStatus.APPROVED),
        ("reject", TemplateStatus.REJECTED),
        ("hold", TemplateStatus.INSPECTING),
    ],
)
async def test_the_review_is_mirrored(clerk: Clerk, review: str, status: TemplateStatus) -> None:
    """By asking for one template, and by asking for all; a rejection with the reviewer's words."""
    clerk.case.sim.play(texts={"review": "hold"})
    made = await clerk.hand_in()
    clerk.case.sim.play(texts={"review": review})
    one = await clerk.refresh(RefreshTemplatesCommand(application_id=clerk.application_id, code=made.code))
    assert [template.status for template in one.templates] == [status]
    assert one.templates[0].comment == ("반려 사유" if review == "reject" else "")
    both = await clerk.refresh_all()
    assert [template.status for template in both.templates] == [status]


async def test_templates_that_the_provider_no_longer_lists_are_stopped(clerk: Clerk) -> None:
    """What was deleted at the provider is sendable no more."""
    made = await clerk.hand_in()
    clerk.case.sim.control.post("/control/reset")
    clerk.world.clock.time = made.checked_at + timedelta(seconds=1)  # type: ignore[operator]
    done = await clerk.refresh_all()
    assert (list(done.templates), done.stopped) == ([], 1)
    stored = await clerk.read(ReadTemplateCommand(application_id=clerk.application_id, code=made.code))
    assert stored.status is TemplateStatus.STOPPED
    with pytest.raises(NotFound):
        await clerk.refresh(RefreshTemplatesCommand(application_id=clerk.application_id, code=made.code))


async def test_the_scheduler_keeps_the_mirror_true(clerk: Clerk) -> None:
    """Whoever was not looked at for ten minutes; nobody twice; an account that is gone is stopped."""
    clerk.case.sim.play(texts={"review": "hold"})
    made = await clerk.hand_in()
    assert made.checked_at is not None
    clerk.world.clock.time = made.checked_at + timedelta(minutes=5)
    assert await clerk.sync() == 0
    clerk.case.sim.play(texts={"review": "approve"})
    clerk.world.clock.time = made.checked_at + timedelta(minutes=11)
    assert await clerk.sync() == 1
    read = ReadTemplateCommand(application_id=clerk.application_id, code=made.code)
    assert (await clerk.read(read)).status is TemplateStatus.APPROVED


async def test_a_provider_that_is_away_leaves_the_mirror_as_it_was(clerk: Clerk) -> None:
    """The step goes on with others and comes back."""
    made = await clerk.hand_in()
    case = type(clerk.case).__new__(type(clerk.case))
    case.settings = clerk.case.settings_for("https://127.0.0.1:1")
    case.sim = clerk.case.sim
    away = Clerk(clerk.world, case, clerk.application_id)
    with pytest.raises(Unavailable):
        await away.refresh_all()
    assert made.checked_at is not None
    away.world.clock.time = made.checked_at + timedelta(minutes=11)
    assert await away.sync() == 0
    read = ReadTemplateCommand(application_id=clerk.application_id, code=made.code)
    assert (await away.read(read)).checked_at == made.checked_at


async def test_lists_are_pages_in_order_of_code(clerk: Clerk) -> None:
    """Of one application, filtered by status; a cursor that is none is refused."""
    at = clerk.world.clock.now()
    await clerk.mirror.put(
        [
            KakaoTemplate(
                clerk.application_id,
                clerk.case.provider,
                f"T{n:02d}",
                "t",
                TemplateStatus.APPROVED if n % 2 else TemplateStatus.REJECTED,
                Wording("글"),
                checked_at=at,
            )
            for n in range(5)
        ]
    )
    first = await clerk.list(ListTemplatesCommand(application_id=clerk.application_id, limit=3))
    assert [one.code for one in first.items] == ["T00", "T01", "T02"]
    rest = await clerk.list(
        ListTemplatesCommand(application_id=clerk.application_id, limit=3, cursor=first.next_cursor)
    )
    assert ([one.code for one in rest.items], rest.next_cursor) == (["T03", "T04"], None)
    good = await clerk.list(
        ListTemplatesCommand(application_id=clerk.application_id, status=TemplateStatus.APPROVED)
    )
    assert [one.code for one in good.items] == ["T01", "T03"]
    other = await clerk.world.app()
    assert (await clerk.list(ListTemplatesCommand(application_id=other))).items == ()
    with pytest.raises(NotFound):
        await clerk.read(ReadTemplateCommand(application_id=other, code="T00"))
    with pytest.raises(InvalidInput):
        await clerk.list(ListTemplatesCommand(application_id=other, cursor="AAAA"))


async def test_what_was_checked_later_stays(clerk: Clerk) -> None:
    """Two processes ask at once; the older answer does not overwrite the newer one."""
    at = clerk.world.clock.now()
    newer = KakaoTemplate(
        clerk.application_id, "solapi", "T", "t", TemplateStatus.APPROVED, Wording("글"), checked_at=at
    )
    older = attrs.evolve(newer, status=TemplateStatus.INSPECTING, checked_at=at - timedelta(seconds=1))
    await clerk.mirror.put([newer])
    await clerk.mirror.put([older])
    assert (await clerk.mirror.find(clerk.application_id, "solapi", ["T", "U"])) == {"T": newer}


async def test_a_wording_that_kakao_would_send_back_is_not_handed_in(clerk: Clerk) -> None:
    """Nor is one that the provider refuses, in its own words."""
    for draft, field in (
        (attrs.evolve(DRAFT, name=""), "name"),
        (attrs.evolve(DRAFT, wording=Wording("")), "text"),
        (attrs.evolve(DRAFT, code="no spaces"), "code"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            await clerk.register(RegisterTemplateCommand(application_id=clerk.application_id, draft=draft))
        assert refusal.value.field == field
    if clerk.case.provider == "nhn_alimtalk":
        await clerk.hand_in()
        with pytest.raises(InvalidInput, match="NHN Cloud refused"):
            await clerk.hand_in()
        with pytest.raises(InvalidInput) as refusal:
            long = attrs.evolve(DRAFT, code="A" * 21)
            await clerk.register(RegisterTemplateCommand(application_id=clerk.application_id, draft=long))
        assert refusal.value.field == "code"


async def test_without_a_credential_nothing_is_asked(clerk: Clerk) -> None:
    """Not configured, no such provider, no such application."""
    other = await clerk.world.app()
    with pytest.raises(NotConfigured):
        await clerk.refresh(RefreshTemplatesCommand(application_id=other))
    with pytest.raises(InvalidInput) as refusal:
        await clerk.refresh(RefreshTemplatesCommand(application_id=other, provider="twilio"))
    assert refusal.value.field == "provider"
    with pytest.raises(NotFound):
        await clerk.refresh(RefreshTemplatesCommand(application_id=UUID(int=1)))


async def test_a_message_is_checked_before_it_costs_anything(clerk: Clerk) -> None:
    """Approved and fitting; else the variable, the button or the template that is at fault."""
    made = await clerk.hand_in()
    assert made.checked_at is not None
    clerk.world.clock.time = made.checked_at + timedelta(seconds=16)
    good = {"template_code": made.code, "variables": {"name": "홍", "#{no}": 7}}
    checked = await clerk.check(clerk.application_id, good, field="content")
    assert checked.filled.text == "홍님, 주문 7이 출발했습니다."
    assert checked.filled.buttons[0].link_mo == "https://shop.kr/7"
    for content, field in (
        ({**good, "variables": {"name": "홍"}}, "content.variables.no"),
        ({**good, "template_code": "NOPE"}, "content.template_code"),
        ({**good, "buttons": [{"type": "DS", "name": "조회"}]}, "content.buttons[0].type"),
        ({**good, "color": "red"}, "content.color"),
        ({"variables": {}}, "content.template_code"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            await clerk.check(clerk.application_id, content, field="content")
        assert refusal.value.field == field


async def test_a_sender_takes_templates_from_the_mirror_and_fills_it(clerk: Clerk) -> None:
    """A template that was made in the provider's console is asked for once; the next process finds it mirrored."""
    case = clerk.case
    case.play_accept()
    case.application_id = clerk.application_id
    case.credential = attrs.evolve(case.credential, application_id=clerk.application_id)
    for asked in (1, 0):
        case.sim.control.post("/control/reset")
        sender = case.open(kakao_templates=clerk.mirror)
        outcomes = await outcomes_of(sender, case.batch([case.recipient(1), case.recipient(2)]))
        again = await outcomes_of(sender, case.batch([case.recipient(3)]))
        await sender.close()
        assert {type(one) for one in (*outcomes, *again)} == {Accepted}
        requests = case.sim.control.get("/control/requests").json()
        assert sum("/templates/" in one["path"] for one in requests) == asked
    assert set(await clerk.mirror.find(clerk.application_id, case.provider, ["ORDER01"])) == {"ORDER01"}


@pytest.mark.parametrize(
    ("content", "reason", "field"),
    [
        (
            {"template_code": "ORDER01", "variables": {"name": "홍"}},
            "template_mismatch",
            "content.variables.no",
        ),
        (
            {"template_code": "ORDER01", "variables": {"name": "홍", "no": 1, "x": 1}},
            "template_mismatch",
            "content.variables.x",
        ),
        ({"template_code": "NOPE"}, "template_not_approved", None),
        ({"template_code": "REVIEWED"}, "template_not_approved", None),
    ],
)
async def test_a_mismatch_costs_no_request(
    clerk: Clerk, content: dict[str, Any], reason: str, field: str | None
) -> None:
    """-63 of the message, the variable named; the gateway is sent nothing."""
    case = clerk.case
    waiting = {"provider": case.provider, "code": "REVIEWED", "content": "글", "status": "INSPECTING"}
    case.rules(templates=[*case.templates, waiting], review="hold")
    sender = case.open()
    (outcome,) = await outcomes_of(sender, case.batch([case.recipient(1)], content=content))
    await sender.close()
    assert isinstance(outcome, Rejected)
    assert without_details(outcome) == Rejected(reason, message_code=-63)
    assert outcome.details.get("field") == field
    assert case.accepted() == 0


async def test_a_template_that_cannot_be_looked_at_keeps_the_message_waiting(clerk: Clerk) -> None:
    """The provider is away and nobody ever saw the template."""
    case = clerk.case
    sender = case.open(provider_urls=dict.fromkeys(CASES, "https://127.0.0.1:1"))
    outcomes = await outcomes_of(sender, case.batch([case.recipient(1)]))
    await sender.close()
    assert outcomes == [NotAttempted("template_unknown", retry_after=30.0)]


async def test_a_template_that_is_another_by_now_is_asked_for_again(clerk: Clerk) -> None:
    """The provider says -63: the mirror is not believed the next time."""
    case = clerk.case
    case.application_id = clerk.application_id
    case.credential = attrs.evolve(case.credential, application_id=clerk.application_id)
    stale = KakaoTemplate(
        clerk.application_id,
        case.provider,
        "ORDER01",
        "주문",
        TemplateStatus.APPROVED,
        Wording("#{name}님"),
        checked_at=clerk.world.clock.now(),
    )
    await clerk.mirror.put([stale])
    case.play_accept()
    sender = case.open(kakao_templates=clerk.mirror)
    old = {"template_code": "ORDER01", "variables": {"name": "홍"}}
    (first,) = await outcomes_of(sender, case.batch([case.recipient(1)], content=old))
    assert isinstance(first, Rejected)
    assert (first.message_code, first.bug) == (-63, True)
    (second,) = await outcomes_of(sender, case.batch([case.recipient(2)]))
    await sender.close()
    assert isinstance(second, Accepted)
    assert case.accepted() == 1


async def test_a_shelf_asks_no_more_often_than_it_must(world: World) -> None:
    """Approved ones a minute, others a quarter of one; nobody is asked for every message."""
    application_id, now, asked = UUID(int=1), [0.0], []
    template = KakaoTemplate(application_id, "solapi", "T", "t", TemplateStatus.INSPECTING, Wording("글"))

    async def ask(code: str) -> KakaoTemplate | None:
        asked.append(code)
        return template

    shelf = TemplateShelf("solapi", None, now=lambda: now[0])
    for _ in range(3):
        assert await shelf.take(application_id, ["T"], ask) == {"T": template}
    assert len(asked) == 1
    now[0] = 16.0
    template = attrs.evolve(template, status=TemplateStatus.APPROVED)
    assert (await shelf.take(application_id, ["T"], ask))["T"] == template
    now[0] = 70.0
    await shelf.take(application_id, ["T"], ask)
    assert len(asked) == 2
    now[0] = 77.0
    await shelf.take(application_id, ["T"], ask)
    assert len(asked) == 3
