"""Previews and checks: what would be sent, what is missing, and everything that is wrong, without sending or saving."""

from __future__ import annotations

import pytest

from application.templates.commands import Sample, SourceGiven, ValidateTemplateCommand
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput, NotFound
from domain.templates.variant import Variant
from tests.integration.templates.workshop import Workshop

SHOP = SourceGiven(
    default=Variant(
        title_template="{{ name }}님, {{ grade | default: '일반' }}",
        body_template="{{ order.id }} {{ city }}",
        data_template={"n": 1, "id": "{{ order.id }}"},
        channels={"email": {"subject": "{{ name }}", "html": "<b>{{ name }}</b>"}},
    ),
    languages={"en": Variant(body_template="Dear {{ name }}")},
)


async def test_a_preview_shows_what_somebody_would_get(workshop: Workshop) -> None:
    """Values from the sources in their order; what none has is listed as missing."""
    made, _ = await workshop.create(source=SHOP)
    sample = Sample(
        variables={"name": "홍길동", "unused": 1}, tags={"name": "weaker", "order": {"id": "A-1"}}
    )
    found = await workshop.preview(made, language="ko-KR", sample=sample)
    assert found.language == "ko"
    assert found.body == {
        "title": "홍길동님, 일반",
        "body": "A-1 ",
        "data": {"n": 1, "id": "A-1"},
    }
    assert found.placeholders == ["city", "grade", "name", "order.id"]
    assert found.missing == ("city", "grade")
    assert found.variables == {"name": "홍길동", "order": {"id": "A-1"}}
    assert found.size == len('{"title":"홍길동님, 일반","body":"A-1 ","data":{"n":1,"id":"A-1"}}'.encode())
    assert (found.limit, found.problem) == (4_096, None)


async def test_any_version_channel_and_language_can_be_previewed(workshop: Workshop) -> None:
    made, _ = await workshop.create(source=SHOP)
    await workshop.update(made, languages={})
    sample = Sample(variables={"name": "<Kim>"})
    english = await workshop.preview(made, version=1, language="en-US", sample=sample)
    assert (english.language, english.body) == ("en", {"body": "Dear <Kim>"})
    now = await workshop.preview(made, language="en-US", sample=sample)
    assert now.language == "ko"
    email = await workshop.preview(made, channel=Channel.EMAIL, sample=sample)
    assert email.body == {"subject": "<Kim>", "html": "<b>&lt;Kim&gt;</b>"}
    with pytest.raises(InvalidInput) as refused:
        await workshop.preview(made, channel=Channel.SMS)
    assert refused.value.field == "channel"
    assert refused.value.fix == "use one of email, push"
    with pytest.raises(NotFound):
        await workshop.preview(made, version=9)


async def test_a_preview_says_what_stands_in_the_way(workshop: Workshop) -> None:
    """A strict template without a value, a content that is too large, a value that the channel does not take."""
    made, _ = await workshop.create(
        source=SourceGiven(
            default=Variant(title_template="{{ name }}", channels={"push": {"image": "{{ picture }}"}}),
            strict=True,
        )
    )
    missing = await workshop.preview(made)
    assert missing.body is None
    assert missing.problem is not None
    assert (missing.problem.code, missing.problem.field) == ("render_refused", "content.push.image")
    large = await workshop.preview(made, sample=Sample(variables={"name": "x" * 5_000, "picture": ""}))
    assert large.size > large.limit
    assert large.problem is not None
    assert large.problem.code == "content_too_large"
    wrong = await workshop.preview(made, sample=Sample(variables={"name": "x", "picture": "no url"}))
    assert wrong.body == {"image": "no url", "title": "x"}
    assert wrong.problem is not None
    assert wrong.problem.field == "content.push.image"


async def test_a_preview_refuses_a_badge_that_is_no_number_by_name(workshop: Workshop) -> None:
    """And shows it as the number that it is."""
    made, _ = await workshop.create(
        source=SourceGiven(default=Variant(title_template="t", channels={"push": {"badge": "{{ unread }}"}}))
    )
    good = await workshop.preview(made, sample=Sample(variables={"unread": "12"}))
    assert (good.body, good.problem) == ({"badge": 12, "title": "t"}, None)
    for variables in ({}, {"unread": "many"}):
        wrong = await workshop.preview(made, sample=Sample(variables=variables))
        assert wrong.problem is not None
        assert (wrong.problem.code, wrong.problem.field) == ("render_refused", "content.push.badge")


async def test_a_check_lists_everything_that_is_wrong(workshop: Workshop) -> None:
    """Of every string one mistake, with its place; nothing is saved."""
    found = await workshop.validate(
        ValidateTemplateCommand(
            application_id=workshop.app,
            source=SourceGiven(
                default=Variant(
                    title_template="{{ a",
                    body_template="x\n{{ b | nope }}",
                    channels={"sms": {"text": "{% if %}x{% endif %}"}, "push": {"badge": "many"}},
                ),
                languages={"en": Variant(title_template="{{ first name }}")},
            ),
        )
    )
    assert [(one.field, one.line, one.column) for one in found.problems] == [
        ("title_template", 1, 1),
        ("body_template", 2, 8),
        ("channels.sms.text", 1, 4),
        ("languages.en.title_template", 1, 4),
    ]
    assert all(one.fix for one in found.problems)
    assert not found.previews
    assert await workshop.count("message_template") == 0


@pytest.mark.parametrize(
    ("push", "field"),
    [
        ({"titel": "{{ x }}"}, "channels.push.titel"),
        ({"badge": "{{ x }}"}, None),
        ({"badge": "{{ x }}", "sound": 3}, "channels.push.sound"),
        ({"badge": "many"}, "channels.push.badge"),
        ({"image": "http://insecure"}, "channels.push.image"),
        ({"image": "{{ picture }}", "priority": "urgent"}, "channels.push.priority"),
        ({"image": "{{ picture }}", "priority": "{{ p }}", "collapse_id": "{{ c }}-{{ d }}"}, None),
    ],
)
async def test_the_shape_of_a_push_is_checked_when_it_is_saved(
    workshop: Workshop, push: dict[str, str], field: str | None
) -> None:
    """Unknown keys and constants that can never work; what is rendered is checked when the values are known."""
    source = SourceGiven(default=Variant(title_template="{{ t }}", channels={"push": push}))
    if field is None:
        await workshop.create(source=source)
        return
    with pytest.raises(InvalidInput) as refused:
        await workshop.create(source=source)
    assert refused.value.field == field


async def test_a_rendered_number_hides_no_mistake_beside_it(workshop: Workshop) -> None:
    """The display rules of an in-app message are checked around it when they are saved."""
    body = {"layout": "modal", "content": {"title": "{{ t }}"}, "display": {"priority": "{{ n }}"}}
    await workshop.create(source=SourceGiven(default=Variant(channels={"in_app": body})))
    wrong = {**body, "display": {"priority": "{{ n }}", "start": "tomorrow"}}
    with pytest.raises(InvalidInput) as refused:
        await workshop.create(source=SourceGiven(default=Variant(channels={"in_app": wrong})))
    assert refused.value.field == "channels.in_app.display.start"


async def test_long_sources_that_render_short_can_be_saved(workshop: Workshop) -> None:
    """The limit of a push is for what is sent, not for what it is written as."""
    source = "{% case x %}" + "".join(f"{{% when {n} %}}{'가' * 60}" for n in range(60)) + "{% endcase %}"
    made, _ = await workshop.create(body_template=source)
    found = await workshop.preview(made, sample=Sample(variables={"x": 3}))
    assert found.size < 300


async def test_a_check_of_a_good_content_previews_every_body(workshop: Workshop) -> None:
    found = await workshop.validate(
        ValidateTemplateCommand(
            application_id=workshop.app, source=SHOP, sample=Sample(variables={"name": "Kim"})
        )
    )
    assert not found.problems
    assert [(one.language, one.channel) for one in found.previews] == [
        ("ko", Channel.PUSH),
        ("ko", Channel.EMAIL),
        ("en", Channel.PUSH),
    ]
    assert found.previews[2].body == {"body": "Dear Kim"}
