"""Templated messages, from acceptance to the provider and back to a reader: each says what its recipient's variables make of it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs
import pytest

from adapters.channels.push import plugin
from adapters.postgres.messages import PostgresMessages
from adapters.postgres.templates import PostgresTemplates
from adapters.templating.engine import LiquidTemplating
from application.dispatch.rendering import Rendering
from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from application.messaging.read_message import ReadMessage
from application.messaging.rendered import Rendered
from application.messaging.scripts import TemplateRef
from domain.messaging.content import Json
from domain.messaging.event import Reason
from domain.messaging.fallback import Fallback, FallbackRule
from domain.shared.channels import Channel
from domain.shared.errors import Conflict, InvalidInput
from domain.templates.source import Source
from domain.templates.template import Template
from domain.templates.variant import Variant
from tests.integration.pipeline.workshop import Workshop

KOREAN = Variant(
    title_template="{{ name }}님", body_template="{{ event | default: '행사' }}", data_template={"n": 7}
)
ENGLISH = Variant(title_template="Dear {{ name }}", body_template="{{ tags_free }}!")


async def a_template(
    shop: Workshop, app: UUID, *, strict: bool = False, active: bool = True, default: Variant = KOREAN
) -> TemplateRef:
    source = Source.checked(default=default, languages={"en": ENGLISH}, default_language="ko", strict=strict)
    template, version = Template.create(
        id=shop.ids.one(), application_id=app, name="welcome", description="", is_active=active, source=source,
        now=shop.clock.now(), created_by="key",
    )  # fmt: skip
    await PostgresTemplates(shop.engine).add(template, version)
    return TemplateRef(template.id)


async def person(
    shop: Workshop, app: UUID, name: str, *, language: str = "ko-KR", tags: str = "{}", properties: str = "{}"
) -> UUID:
    user = await shop.user(app, name)
    await shop.connection.execute(
        "UPDATE app_user SET properties = $2::text::jsonb WHERE id = $1", user, properties
    )
    (subscription,) = await shop.subscriptions(app, 1, user=user)
    await shop.connection.execute(
        "UPDATE subscription SET device_language = $2, tags = $3::text::jsonb WHERE id = $1",
        subscription, language, tags,
    )  # fmt: skip
    return subscription


async def send(
    shop: Workshop,
    app: UUID,
    ref: TemplateRef,
    people: Mapping[UUID, Mapping[str, Json] | None],
    variables: Mapping[str, Json] | None = None,
) -> AcceptResult:
    targets = [Target(n, id_, variables=own) for n, (id_, own) in enumerate(people.items())]
    request = MessageRequest(targets, template=ref, variables=variables)
    return await shop.accept_use_case(window=0.0)(AcceptMessages(app, [request]))


async def said(shop: Workshop) -> dict[UUID, object]:
    """What a worker would send, by message."""
    worker = await shop.worker()
    rendering = Rendering(LiquidTemplating(), shop.sealed_variables, {Channel.PUSH: plugin})
    found: dict[UUID, object] = {}
    for chunk in await shop.lease_all(worker):
        messages = await shop.worker_store.load([chunk])
        stored = await shop.worker_store.contents(sorted({one.content_id for one in messages.values()}))
        for id_, message in messages.items():
            content = rendering.prepare(Channel.PUSH, stored[message.content_id])
            found[id_] = rendering.body_of(chunk, content, message)
    return found


async def test_each_recipient_gets_their_language_and_their_variables(shop: Workshop) -> None:
    """Recipient over request over tags over properties; one content row per language; what is no text stays what it is."""
    app = await shop.application()
    ref = await a_template(shop, app)
    minsu = await person(
        shop, app, "minsu", tags='{"name": "민수"}', properties='{"name": "weak", "event": "콘서트"}'
    )
    anna = await person(shop, app, "anna", language="en-GB", tags='{"name": "weak"}')
    result = await send(shop, app, ref, {minsu: None, anna: {"name": "Anna"}}, {"tags_free": "Sale"})
    assert await shop.value("SELECT count(*) FROM content") == 2
    bodies = await said(shop)
    assert bodies[result.message_ids[0]] == {"title": "민수님", "body": "콘서트", "data": {"n": 7}}
    assert bodies[result.message_ids[1]] == {"title": "Dear Anna", "body": "Sale!"}


async def test_variables_are_sealed_and_only_what_is_read_is_kept(shop: Workshop) -> None:
    """A value that the template does not read is not stored; a stored one is not readable in the table."""
    app = await shop.application()
    ref = await a_template(shop, app)
    one = await person(shop, app, "a")
    result = await send(shop, app, ref, {one: {"name": "비밀-이름", "secret": "unused"}})
    kept = await shop.value("SELECT variables FROM message")
    assert isinstance(kept, bytes)
    assert "비밀-이름".encode() not in kept
    opened = shop.sealed_variables.open(app, result.message_ids[0], kept)
    assert opened == {"name": "비밀-이름"}


async def test_a_reader_sees_what_was_sent_also_after_the_template_and_the_tags_changed(
    shop: Workshop,
) -> None:
    """Version and variables are those of the moment of acceptance."""
    app = await shop.application()
    ref = await a_template(shop, app)
    one = await person(shop, app, "a", tags='{"name": "before"}')
    result = await send(shop, app, ref, {one: None})
    await shop.connection.execute('UPDATE subscription SET tags = \'{"name": "after"}\'')
    await shop.connection.execute("UPDATE message_template SET is_active = false")
    rendered = Rendered(LiquidTemplating(), shop.sealed_variables)
    view = await ReadMessage(PostgresMessages(shop.engine), rendered)(app, result.message_ids[0])
    assert (view.title, view.body, view.data) == ("before님", "행사", {"n": 7})
    assert view.template is not None
    assert (view.template["version"], view.template["language"]) == (1, "ko")


async def test_a_strict_template_refuses_whom_it_cannot_address(shop: Workshop) -> None:
    """The others are accepted; the report names the missing variable."""
    app = await shop.application()
    ref = await a_template(shop, app, strict=True)
    known = await person(shop, app, "a", tags='{"name": "A", "event": "E"}')
    unknown = await person(shop, app, "b", tags='{"event": "E"}')
    result = await send(shop, app, ref, {known: None, unknown: None})
    assert result.accepted == 1
    (error,) = result.errors
    assert (error.index, error.code, error.field) == (1, "missing_variables", "variables")
    assert "name" in error.detail


async def test_a_badge_is_the_number_of_each_recipient(shop: Workshop) -> None:
    """Whose value is no number is refused by the name of the key, costs nothing and keeps nobody from theirs."""
    app = await shop.application()
    badge = Variant(title_template="t", channels={"push": {"badge": "{{ unread }}"}})
    ref = await a_template(shop, app, default=badge)
    known = await person(shop, app, "a", tags='{"unread": 3}')
    wrong, unknown = await person(shop, app, "b", tags='{"unread": "many"}'), await person(shop, app, "c")
    result = await send(shop, app, ref, {known: None, wrong: None, unknown: None})
    assert [(one.index, one.code, one.field) for one in result.errors] == [
        (1, "render_refused", "template.badge"),
        (2, "render_refused", "template.badge"),
    ]
    assert await said(shop) == {result.message_ids[0]: {"badge": 3, "title": "t"}}
    assert await shop.ledger() == {"reserve": 1}


async def test_what_is_too_large_when_rendered_fails_at_delivery_and_says_so(shop: Workshop) -> None:
    """The size of a push is known only with the variables in it."""
    app = await shop.application()
    ref = await a_template(shop, app)
    one = await person(shop, app, "a")
    result = await send(shop, app, ref, {one: {"name": "가" * 2_000}})
    assert (await said(shop))[result.message_ids[0]] == Reason.TOO_LARGE


async def test_variables_moved_to_another_message_do_not_open(shop: Workshop) -> None:
    """They are bound to the message they were sealed for."""
    app = await shop.application()
    ref = await a_template(shop, app)
    people = {await person(shop, app, name): {"name": name} for name in ("a", "b")}
    result = await send(shop, app, ref, people)
    first, second = result.message_ids
    await shop.connection.execute(
        "UPDATE message SET variables = (SELECT variables FROM message WHERE id = $1) WHERE id = $2",
        first,
        second,
    )
    assert (await said(shop))[second] == Reason.VARIABLES_LOST


@pytest.mark.parametrize(
    "case", ["another app", "unknown version", "off", "content too", "orphan variables", "fallback"]
)
async def test_a_request_that_cannot_be_meant_is_refused_by_field(shop: Workshop, case: str) -> None:
    """Nothing is stored."""
    app = await shop.application()
    owner = await shop.application() if case == "another app" else app
    ref = await a_template(shop, owner, active=case != "off")
    one = await person(shop, app, "a")
    request = MessageRequest([Target(0, one)], template=ref)
    field = "template_id"
    if case == "unknown version":
        request = MessageRequest([Target(0, one)], template=TemplateRef(ref.template_id, 9))
    if case == "content too":
        request, field = (
            MessageRequest([Target(0, one)], {Channel.PUSH: {"title": "x"}}, template=ref),
            "content",
        )
    if case == "orphan variables":
        request, field = (
            MessageRequest([Target(0, one)], {Channel.PUSH: {"title": "x"}}, variables={}),
            "variables",
        )
    if case == "fallback":
        later = Fallback((Channel.PUSH, Channel.SMS), FallbackRule.ON_FAILURE)
        request, field = attrs.evolve(request, fallback=later), "fallback.channels"
    with pytest.raises(Conflict if case == "off" else InvalidInput) as refused:
        await shop.accept_use_case(window=0.0)(AcceptMessages(app, [request]))
    assert refused.value.field == field
    assert await shop.value("SELECT count(*) FROM message") == 0


async def test_plain_content_is_never_rendered(shop: Workshop) -> None:
    """Braces in it are text."""
    app = await shop.application()
    one = await person(shop, app, "a", tags='{"name": "A"}')
    request = MessageRequest([Target(0, one)], {Channel.PUSH: {"title": "{{ name }}"}})
    await shop.accept_use_case(window=0.0)(AcceptMessages(app, [request]))
    assert list((await said(shop)).values()) == [{"title": "{{ name }}"}]
