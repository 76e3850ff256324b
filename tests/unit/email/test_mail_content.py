"""What a mail may say: everything else is refused by the name of its field, and nothing breaks out of a header."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.email import plugin
from adapters.channels.email.content import read_mail_content
from domain.messaging.content import Body
from domain.shared.channels import SubscriptionType
from domain.shared.errors import ContentTooLarge, InvalidInput

FILE = {"filename": "영수증.pdf", "content_type": "application/pdf", "content": "JVBERg=="}
BREAKS = ["\r\nBcc: all@example.com", "\nX: y", "\rX: y", "\x00", "\x0b", "\x7f", "\u2028", "\x85"]


def content(**changes: Any) -> Body:
    """A sound content with some keys changed."""
    return {"subject": "주문 안내", "text": "출발했습니다", **changes}


def refusal(body: Body) -> InvalidInput:
    """What `check_content` says of it."""
    with pytest.raises(InvalidInput) as refused:
        plugin.check_content(body, field="content.email")
    return refused.value


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": None}, "subject"),
        ({"subject": "  "}, "subject"),
        ({"subject": 5}, "subject"),
        ({"subject": "가" * 256}, "subject"),
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"html": ["x"]}, "html"),
        ({"colour": "red"}, "colour"),
        ({"from": "not an address"}, "from"),
        ({"from": {"name": "알림"}}, "from.email"),
        ({"from": {"email": "김@shop.kr"}}, "from.email"),
        ({"from": {"email": "a@shop.kr", "colour": 1}}, "from.colour"),
        ({"from": {"email": "a@shop.kr", "name": 5}}, "from.name"),
        ({"reply_to": "nobody"}, "reply_to"),
        ({"reply_to": ["a@shop.kr", "b"]}, "reply_to[1]"),
        ({"reply_to": ["a@shop.kr"] * 6}, "reply_to"),
        ({"headers": ["X-A: 1"]}, "headers"),
        ({"headers": {f"X-{n}": "1" for n in range(11)}}, "headers"),
        ({"headers": {"Bcc": "all@example.com"}}, "headers.Bcc"),
        ({"headers": {"DKIM-Signature": "v=1"}}, "headers.DKIM-Signature"),
        ({"headers": {"X-SES-CONFIGURATION-SET": "x"}}, "headers.X-SES-CONFIGURATION-SET"),
        ({"headers": {"X-AS-Message-Id": "x"}}, "headers.X-AS-Message-Id"),
        ({"headers": {"X-A:": "1"}}, "headers.X-A:"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "headers.x-a"),
        ({"headers": {"X-A": 5}}, "headers.X-A"),
        ({"headers": {"X-A": "x" * 901}}, "headers.X-A"),
        ({"attachments": "x"}, "attachments"),
        ({"attachments": [FILE] * 11}, "attachments"),
        ({"attachments": [{**FILE, "filename": "run.EXE"}]}, "attachments[0].filename"),
        ({"attachments": [{**FILE, "filename": "../etc/passwd"}]}, "attachments[0].filename"),
        ({"attachments": [{**FILE, "content_type": "pdf"}]}, "attachments[0].content_type"),
        ({"attachments": [{**FILE, "content_type": "message/rfc822"}]}, "attachments[0].content_type"),
        ({"attachments": [{**FILE, "content": "%%%"}]}, "attachments[0].content"),
        ({"attachments": [{**FILE, "content": ""}]}, "attachments[0].content"),
        ({"attachments": [{**FILE, "size": 4}]}, "attachments[0].size"),
        ({"attachments": [{**FILE, "content_id": "a b"}]}, "attachments[0].content_id"),
        ({"attachments": [{**FILE, "content_id": "logo"}]}, "attachments"),
        ({"html": "x", "attachments": [{**FILE, "content_id": "a"}] * 2}, "attachments"),
        ({"list_unsubscribe": "no"}, "list_unsubscribe"),
        ({"tracking": 5}, "tracking"),
        ({"tracking": {"opens": "no"}}, "tracking.opens"),
        ({"tracking": {"views": True}}, "tracking.views"),
        ({"feedback_id": "a:b"}, "feedback_id"),
        ({"advertising": True}, "subject"),
        ({"advertising": True, "subject": "(광고) 세일", "list_unsubscribe": False}, "list_unsubscribe"),
    ],
)
def test_what_a_mail_may_not_say_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    """With a fix, and before anybody is named."""
    error = refusal(content(**changes))
    assert error.field == f"content.email.{field}"
    assert error.fix


@pytest.mark.parametrize("break_", BREAKS)
@pytest.mark.parametrize(
    "where",
    [
        ("subject", lambda text: {"subject": text}),
        ("from.name", lambda text: {"from": {"email": "a@shop.kr", "name": text}}),
        ("from", lambda text: {"from": f"a@shop.kr{text}"}),
        ("reply_to[0].name", lambda text: {"reply_to": [{"email": "a@shop.kr", "name": text}]}),
        ("headers.X-Note", lambda text: {"headers": {"X-Note": text}}),
        ("attachments[0].filename", lambda text: {"attachments": [{**FILE, "filename": text}]}),
    ],
    ids=lambda one: one[0],
)
def test_nothing_breaks_out_of_a_header(where: Any, break_: str) -> None:
    """CR, LF, NUL and their kin are refused wherever a value becomes part of a header, naming the field."""
    field, make = where
    error = refusal(content(**make(f"a{break_}b")))
    assert error.field == f"content.email.{field}"


@given(st.text(max_size=40))
def test_a_subject_is_one_line_or_refused(text: str) -> None:
    """Whatever characters it is made of."""
    try:
        read = read_mail_content(content(subject=text), field="content")
    except InvalidInput:
        return
    assert not set(read.subject) & {"\r", "\n", "\x00"}


def test_large_attachments_are_too_large() -> None:
    """All together 700,000 bytes; the whole content 1 MiB as JSON."""
    half = {**FILE, "content": base64.b64encode(b"x" * 351_000).decode()}
    assert isinstance(refusal(content(attachments=[half, half])), ContentTooLarge)
    assert isinstance(refusal(content(text="x" * 1_100_000)), ContentTooLarge)


def test_the_rules_hold_again_after_placeholders_were_filled_in() -> None:
    """A name with a line break in it costs one message, not the chunk."""
    with pytest.raises(InvalidInput) as refused:
        plugin.check_after_render(SubscriptionType.EMAIL, content(subject="안녕, 김\r\nBcc: x"))
    assert refused.value.field == "content.subject"


def test_everything_that_is_allowed_is_read() -> None:
    """All keys at once."""
    read = read_mail_content(
        content(
            html="<p>x</p>",
            headers={"X-Note": "hi", "In-Reply-To": "<a@b>", "Auto-Submitted": "auto-generated"},
            attachments=[FILE, {**FILE, "content_id": "logo"}],
            reply_to=["help@shop.kr", {"email": "team@shop.kr", "name": "팀"}],
            tracking=False,
            list_unsubscribe=False,
            feedback_id="2026-sale",
            **{"from": {"email": "news@shop.kr", "name": "소식"}},
        ),
        field="content",
    )
    assert (read.track_opens, read.track_clicks, read.list_unsubscribe) == (False, False, False)
    assert [one.address for one in read.reply_to] == ["help@shop.kr", "team@shop.kr"]
    assert len(read.attachments) == 2
