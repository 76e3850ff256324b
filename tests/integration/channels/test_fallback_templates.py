"""A fallback with a template: each step says the template's text for its channel, in its device's language."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from adapters.postgres.messages import PostgresMessages
from adapters.postgres.templates import PostgresTemplates
from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from application.messaging.scripts import TemplateRef
from domain.messaging.content import Json
from domain.messaging.fallback import Fallback, FallbackRule
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.templates.source import Source
from domain.templates.template import Template
from domain.templates.variant import Variant
from tests.integration.channels.fallback_case import EMAIL, KAKAO, ORDER, SMS, Case, fail, open_case

TOPICS = [{"key": "events", "ko": "이벤트", "en": "Events"}]
CHANNELS: dict[str, Any] = {
    "kakao_talk": {"text": "카톡 {{ name }}"},
    "sms": {"text": "문자 {{ name }} {{ grade }} {{ order.no }}"},
    "email": {"text": "메일 {{ name }}"},
}


@pytest_asyncio.fixture
async def case(database_url: str) -> AsyncIterator[Case]:
    async with open_case(database_url) as opened:
        yield opened


async def a_template(case: Case, *, strict: bool = False, **sms: Json) -> TemplateRef:
    """Korean on all three channels, English by SMS only."""
    shop = case.desk.shop
    default = Variant(channels={**CHANNELS, "sms": {**CHANNELS["sms"], **sms}})
    english = Variant(channels={"sms": {"text": "Text {{ name }}"}})
    source = Source.checked(default=default, languages={"en": english}, default_language="ko", strict=strict)
    template, version = Template.create(
        id=shop.ids.one(), application_id=case.application_id, name="shipped", description="", is_active=True,
        source=source, now=shop.clock.now(), created_by="key",
    )  # fmt: skip
    await PostgresTemplates(shop.engine).add(template, version)
    return TemplateRef(template.id)


async def send(case: Case, ref: TemplateRef, **more: Any) -> AcceptResult:
    """To kim, AlimTalk first; the recipient's own variables are stronger than the request's."""
    given: dict[str, Any] = {"fallback": Fallback(ORDER), **more}
    request = MessageRequest(
        [Target(0, None, "kim", variables={"name": "김", "unread": "비밀"})],
        template=ref,
        variables={"name": "weak", "order": {"no": 7}},
        **given,
    )
    return await case.desk.accept(AcceptMessages(case.application_id, [request], single=True))


def said(case: Case) -> list[tuple[str, str]]:
    return [
        (plugin.key, str(body["text"]))
        for plugin in case.desk.plugins.values()
        for body in plugin.sender.said
    ]


async def speak(case: Case, type_: int, language: str, tags: str = "{}") -> None:
    await case.desk.shop.connection.execute(
        "UPDATE subscription SET device_language = $2, tags = $3::text::jsonb WHERE type = $1",
        type_,
        language,
        tags,
    )


async def test_each_step_says_the_templates_text_of_its_channel(case: Case) -> None:
    """With the variables of the call and the tags of its device, in the language of that; the version is the accepted one,
    though the template was archived meanwhile; every message of the family tells the topic."""
    await case.desk.shop.connection.execute(
        "UPDATE application SET settings = jsonb_set(settings, '{topics}', $1::text::jsonb)",
        json.dumps(TOPICS),
    )
    fail(case, KAKAO)
    fail(case, SMS)
    await speak(case, int(SMS), "ko-KR", '{"grade": "VIP"}')
    await speak(case, int(EMAIL), "en")
    ref = await a_template(case)
    (root,) = (await send(case, ref, topic="events")).message_ids
    await case.desk.deliver()
    await case.desk.shop.connection.execute(
        "UPDATE message_template SET is_active = false, is_archived = true"
    )
    for _ in range(2):
        assert await case.advance() == 1
        await case.desk.deliver()
    assert said(case) == [("kakao_talk", "카톡 김"), ("sms", "문자 김 VIP 7"), ("email", "메일 김")]
    family = [root, *(id_ for _, _, id_ in await case.children(root))]
    views = [await PostgresMessages(case.desk.shop.engine).read(case.application_id, id_) for id_ in family]
    assert [view.topic for view in views if view is not None] == ["events"] * 3
    assert await case.desk.shop.ledger() == {"reserve": 3, "release": 2, "settle": 1}


async def test_the_language_is_that_of_the_device_of_the_step(case: Case) -> None:
    """Korean by AlimTalk, then English by SMS."""
    fail(case, KAKAO)
    await speak(case, int(SMS), "en-GB")
    await send(case, await a_template(case))
    await case.desk.deliver()
    await case.advance()
    await case.desk.deliver()
    assert said(case) == [("kakao_talk", "카톡 김"), ("sms", "Text 김")]


async def test_what_the_sender_gave_is_kept_sealed_and_only_as_far_as_it_is_read(case: Case) -> None:
    """Neither is the value readable in the table, nor is one that no later channel reads there."""
    (root,) = (await send(case, await a_template(case))).message_ids
    kept = await case.desk.shop.value("SELECT variables FROM fallback")
    assert isinstance(kept, bytes)
    assert "김".encode() not in kept
    opened = case.desk.shop.sealed_variables.open(case.application_id, root, kept)
    assert opened == {"name": "김", "order": {"no": 7}}
    assert await case.desk.shop.value("SELECT contents FROM fallback") == []


async def test_a_strict_template_passes_over_a_channel_that_lacks_a_value(case: Case) -> None:
    """The SMS reads a grade that nobody knows: the e-mail is next, and nothing was charged for the SMS."""
    fail(case, KAKAO)
    await speak(case, int(SMS), "ko-KR")
    (root,) = (await send(case, await a_template(case, strict=True))).message_ids
    await case.desk.deliver()
    assert await case.advance() == 1
    await case.desk.deliver()
    assert [(type_, status) for type_, status, _ in await case.children(root)] == [(EMAIL, Status.SUCCESSFUL)]
    assert said(case) == [("kakao_talk", "카톡 김"), ("email", "메일 김")]


async def test_variables_of_another_fallback_end_it(case: Case) -> None:
    """They do not open: that is no reason of the person's, so nothing is sent instead."""
    fail(case, KAKAO)
    ref = await a_template(case)
    (root,), _ = (await send(case, ref)).message_ids, await send(case, ref)
    await case.desk.shop.connection.execute(
        "UPDATE fallback SET variables = (SELECT variables FROM fallback WHERE root_id <> $1) WHERE root_id = $1",
        root,
    )
    await case.desk.deliver()
    await case.advance()
    assert await case.children(root) == []
    assert await case.desk.count("fallback") == 1


async def test_an_advertising_text_waits_for_the_morning(case: Case) -> None:
    """As stored content does: what the template says on the next channel decides."""
    desk = case.desk
    fail(case, KAKAO)
    await send(case, await a_template(case, advertising=True))
    await desk.deliver()
    night = desk.shop.clock.now().astimezone().replace(hour=14, minute=0, second=0, microsecond=0)
    await case.advance(seconds=(night - desk.shop.clock.now()).total_seconds() % 86_400)
    assert await desk.count("message") == 1
    await desk.shop.connection.execute("UPDATE fallback SET due_at = now()")
    await case.advance(hours=10)
    assert await desk.count("message") == 2


@pytest.mark.parametrize(
    ("fallback", "field"),
    [
        (Fallback((Channel.KAKAO_TALK, Channel.PUSH)), "fallback.channels"),
        (Fallback((Channel.SMS,)), "fallback.channels"),
        (Fallback((Channel.EMAIL, Channel.SMS), FallbackRule.IF_NOT_RECEIVED_WITHIN, 60), "fallback.rule"),
    ],
)
async def test_a_fallback_that_the_template_cannot_say_is_refused_by_name(
    case: Case, fallback: Fallback, field: str
) -> None:
    """Nothing is stored."""
    ref = await a_template(case)
    with pytest.raises(InvalidInput) as refused:
        await send(case, ref, fallback=fallback)
    assert refused.value.field == field
    assert await case.desk.count("message") == 0


async def test_a_channel_that_is_left_out_of_the_order_is_not_sent_on(case: Case) -> None:
    """The template speaks on three channels; the fallback names two, and ends there."""
    fail(case, KAKAO)
    fail(case, EMAIL)
    (root,) = (
        await send(case, await a_template(case), fallback=Fallback((Channel.KAKAO_TALK, Channel.EMAIL)))
    ).message_ids
    for _ in range(3):
        await case.desk.deliver()
        await case.advance()
    assert [type_ for type_, _, _ in await case.children(root)] == [EMAIL]
    found: UUID | None = await case.desk.shop.value("SELECT root_id FROM fallback")
    assert found is None
