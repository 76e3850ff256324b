"""The finished mail, opened by Python's parser and by mail-parser: parts, fields and links are what they should be."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any

import mailparser
import pytest

from adapters.channels.email.marks import Doors
from application.ports.channels import Envelope
from domain.messaging.content import Body
from domain.messaging.links import LinkRefused, Purpose
from domain.shared.errors import InvalidInput
from tests.unit.email.kit import APP, KEYS, NOW, RECIPIENT, RSA_KEY, account, envelope, letter, mail_of

HTML = (
    "<html><head><style>p{color:red}</style></head><body><p>안녕하세요 고객님,</p>"
    '<p>주문 <a href="https://shop.kr/orders?id=1&amp;ref=mail">보기</a></p><img src="cid:logo" alt="로고">'
    '<p><a href="%unsubscribe_url%">수신 거부</a></p></body></html>'
)
PDF = {"filename": "영수증 2026년 11월.pdf", "content_type": "application/pdf", "content": "JVBERi0xLjQ="}
LOGO = {"filename": "logo.png", "content_type": "image/png", "content": "iVBORw0KGgo=", "content_id": "logo"}
WRITTEN = datetime.fromtimestamp(NOW, UTC)
FULL: Body = {
    "subject": "주문 1042가 출발했습니다",
    "html": HTML,
    "attachments": [PDF, LOGO],
    "reply_to": "help@shop.kr",
    "headers": {"X-Order": "주문 1042"},
}


def opened(content: Body, to: Envelope | None = None, **changes: Any) -> EmailMessage:
    """By Python's own parser, without a defect."""
    message = BytesParser(policy=policy.default).parsebytes(mail_of(content, to, **changes).content)
    assert isinstance(message, EmailMessage)
    assert not [part for part in message.walk() if part.defects]
    return message


def tree(part: Any) -> Any:
    """Content types, nested."""
    if part.is_multipart():
        return {part.get_content_type(): [tree(one) for one in part.iter_parts()]}
    return part.get_content_type()


def body(message: EmailMessage, kind: str) -> str:
    """The text of that kind."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def token_in(text: str, door: str) -> str:
    """The token behind a door of ours."""
    found = re.search(rf"https://signal\.shop\.kr/{door}/([\w-]+)", text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "가"}, "text/plain"),
        ({"html": "<p>가</p>"}, {"multipart/alternative": ["text/plain", "text/html"]}),
        (
            {"text": "가", "attachments": [PDF]},
            {"multipart/mixed": ["text/plain", "application/pdf"]},
        ),
        (
            {"html": HTML, "attachments": [PDF, LOGO]},
            {
                "multipart/mixed": [
                    {
                        "multipart/alternative": [
                            "text/plain",
                            {"multipart/related": ["text/html", "image/png"]},
                        ]
                    },
                    "application/pdf",
                ]
            },
        ),
    ],
)
def test_the_tree_has_text_first_and_no_level_too_many(content: Body, expected: object) -> None:
    """Text always, html related to its images beside it, files around."""
    assert tree(opened({"subject": "x", **content})) == expected


def test_python_reads_every_field_back() -> None:
    """Korean names and subjects, and what the platform adds."""
    to = envelope()
    message = opened(FULL, to)
    assert message["subject"] == "주문 1042가 출발했습니다"
    assert message["from"].addresses[0].display_name == "알림"
    assert message["from"].addresses[0].addr_spec == "no-reply@mail.shop.kr"
    assert message["to"] == RECIPIENT
    assert message["reply-to"] == "help@shop.kr"
    assert message["x-order"] == "주문 1042"
    assert message["message-id"] == f"<{to.message_id}@mail.shop.kr>"
    assert parsedate_to_datetime(message["date"]).timestamp() == NOW
    assert message["mime-version"] == "1.0"
    assert message["feedback-id"] == f"message:{APP.hex[:12]}:automata:as{APP.hex[:10]}"
    assert KEYS.read_ref(message["x-as-message-id"], Purpose.BOUNCE, APP) == to.message_id
    assert all(len(message.get_all(name, [])) <= 1 for name in set(message.keys()))


def test_a_second_parser_agrees() -> None:
    """mail-parser finds the same parts, names and files."""
    mail = mailparser.parse_from_bytes(mail_of(FULL, dkim=RSA_KEY).content)
    assert mail.subject == "주문 1042가 출발했습니다"
    assert mail.from_ == [("알림", "no-reply@mail.shop.kr")]
    assert mail.to == [("", RECIPIENT)]
    assert not mail.has_defects
    assert "안녕하세요 고객님," in mail.text_plain[0]
    assert "주문 " in mail.text_html[0]
    files = {one["filename"]: one["payload"] for one in mail.attachments}
    assert base64.b64decode(files["영수증 2026년 11월.pdf"]) == b"%PDF-1.4"
    assert "logo.png" in files


def test_files_and_images_come_back_as_they_were() -> None:
    """With their names, whatever their language."""
    message = opened(FULL)
    files = {part.get_filename(): part for part in message.walk() if part.get_filename()}
    pdf, logo = files["영수증 2026년 11월.pdf"], files["logo.png"]
    assert pdf.get_content() == b"%PDF-1.4"
    assert pdf.get_content_disposition() == "attachment"
    assert (logo["content-id"], logo.get_content_disposition()) == ("<logo>", "inline")


def test_a_text_is_made_of_the_html_when_there_is_none() -> None:
    """Words and addresses, no style, no markup; the way out leads where the html's does."""
    message = opened(FULL)
    text = body(message, "plain")
    assert "안녕하세요 고객님," in text
    assert "보기 (https://shop.kr/orders?id=1&ref=mail)" in text
    assert "color:red" not in text
    assert "<" not in text
    assert token_in(text, "u") == token_in(body(message, "html"), "u")


def test_the_way_out_is_one_click_and_unmangled() -> None:
    """List-Unsubscribe is never an encoded word nor folded within a URL, and its token unsubscribes this recipient."""
    to = envelope()
    mail = mail_of(FULL, to).content
    field = re.search(rb"^List-Unsubscribe: (<[^>]+>),\r\n (<[^>]+>)\r\n", mail, re.MULTILINE)
    assert field
    link = KEYS.read(token_in(field[1].decode(), "u"), Purpose.UNSUBSCRIBE, WRITTEN)
    assert (link.application_id, link.message_id, link.subscription_id) == (
        APP,
        to.message_id,
        to.subscription_id,
    )
    assert field[2].startswith(b"<mailto:u+")
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail


def test_links_lead_through_us_and_carry_their_target() -> None:
    """The target is the address with its entities read; every recipient has tokens of its own."""
    first, second = envelope(), envelope()
    made = letter(FULL)
    texts = [
        body(BytesParser(policy=policy.default).parsebytes(made.to(one, NOW).content), "html")  # type: ignore[arg-type]
        for one in (first, second)
    ]
    links = [KEYS.read(token_in(text, "c"), Purpose.CLICK, WRITTEN) for text in texts]
    assert [link.target for link in links] == ["https://shop.kr/orders?id=1&ref=mail"] * 2
    assert [link.message_id for link in links] == [first.message_id, second.message_id]
    opens = [KEYS.read(token_in(text, "o"), Purpose.OPEN, WRITTEN) for text in texts]
    assert [link.message_id for link in opens] == [first.message_id, second.message_id]
    assert 'href="https://shop.kr/orders' not in texts[0]


def test_the_rest_of_the_html_stays_as_it_was_written() -> None:
    """Only addresses are replaced, and a picture is put before the body ends."""
    html = body(opened(FULL), "html")
    restored = re.sub(r"https://signal\.shop\.kr/c/[\w-]+", "https://shop.kr/orders?id=1&amp;ref=mail", html)
    restored = re.sub(r"https://signal\.shop\.kr/u/[\w-]+", "%unsubscribe_url%", restored)
    restored = re.sub(r'<img src="https://signal\.shop\.kr/o/[^>]+>', "", restored)
    assert restored.rstrip() == HTML


@pytest.mark.parametrize(
    ("said", "by_account", "opens", "clicks"),
    [
        (None, (True, True), True, True),
        (False, (True, True), False, False),
        ({"opens": False}, (True, True), False, True),
        (None, (False, False), False, False),
        (True, (False, True), False, True),
    ],
)
def test_tracking_is_what_both_account_and_message_allow(
    said: Any, by_account: tuple[bool, bool], opens: bool, clicks: bool
) -> None:
    """A message can ask for less than its account, never for more."""
    html = body(
        opened({**FULL, "tracking": said}, track_opens=by_account[0], track_clicks=by_account[1]), "html"
    )
    assert ("/o/" in html, "/c/" in html) == (opens, clicks)
    assert "/u/" in html


def test_without_a_public_address_there_is_no_link_of_ours() -> None:
    """The mark goes, and only the mail address to unsubscribe with stays."""
    mail = mail_of(FULL, doors=Doors())
    message = BytesParser(policy=policy.default).parsebytes(mail.content)
    assert str(message["list-unsubscribe"]).startswith("<mailto:")
    assert message["list-unsubscribe-post"] is None
    assert b"%unsubscribe_url%" not in mail.content


def test_a_mail_about_a_password_has_no_way_out() -> None:
    """`list_unsubscribe: false` leaves the fields out."""
    message = opened({**FULL, "html": "<p>비밀번호</p>", "attachments": None, "list_unsubscribe": False})
    assert message["list-unsubscribe"] is None
    assert message["list-unsubscribe-post"] is None


def test_bounces_come_back_to_an_address_that_names_the_message() -> None:
    """VERP, signed, within the 64 characters of a local part; without a bounce domain to the sender."""
    to = envelope(attempt=3)
    local, _, host = mail_of(FULL, to).return_path.partition("@")
    assert host == "bounce.shop.kr"
    assert len(local) <= 64
    assert KEYS.read_ref(local.removeprefix("b+"), Purpose.BOUNCE, APP) == to.message_id
    assert mail_of(FULL, to, bounce_domain=None).return_path == "no-reply@mail.shop.kr"


def test_lines_are_within_998_and_headers_ascii() -> None:
    """RFC 5322 section 2.1.1, also with long subjects, names and headers; no line starts with a dot."""
    long = {
        **FULL,
        "subject": "긴 제목 " * 50,
        "headers": {"X-Long": "a" * 900, "References": " ".join(f"<{n}@shop.kr>" for n in range(60))},
        "text": ".\n..\n.hidden\n" + "x" * 5_000,
    }
    mail = mail_of(long, dkim=RSA_KEY).content
    for line in mail.split(b"\r\n"):
        assert len(line) <= 998
        assert not line.startswith(b".")
        assert line.isascii()
    message = BytesParser(policy=policy.default).parsebytes(mail)
    assert message["subject"] == ("긴 제목 " * 50).strip()


@pytest.mark.parametrize(
    "name", ["Shop, Inc.", 'The "Shop"', "a\\b", "Shop", "=?utf-8?B?xx?=", "쇼핑몰 <고객센터>"]
)
def test_names_are_quoted_or_encoded_as_they_need_to_be(name: str) -> None:
    """Whatever stands in them, Python reads the name back, and the address stays the address."""
    message = opened({"subject": "x", "text": "x", "from": {"email": "a@shop.kr", "name": name}})
    (address,) = message["from"].addresses
    assert (address.display_name, address.addr_spec) == (name, "a@shop.kr")


def test_a_foreign_sender_is_refused() -> None:
    """`from` stays within the account's verified domains."""
    with pytest.raises(InvalidInput) as refused:
        mail_of({"subject": "x", "text": "x", "from": "ceo@bank.kr"})
    assert refused.value.field == "content.from"
    assert account().mailbox.domain in str(refused.value.fix)


def test_the_way_out_is_nobody_elses() -> None:
    """A token of one purpose is refused for another."""
    html = body(opened(FULL), "html")
    with pytest.raises(LinkRefused):
        KEYS.read(token_in(html, "o"), Purpose.UNSUBSCRIBE, WRITTEN)
