"""DKIM signatures, judged by dkimpy: they hold for what was sent, and for nothing else."""

from __future__ import annotations

import dkim
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.channels.email.dkim import OVERSIGNED, DkimKey, load_dkim_key
from domain.shared.errors import InvalidInput
from tests.unit.email.kit import ED_KEY, RSA_KEY, mail_of

CONTENT = {
    "subject": "주문 1042가 출발했습니다. 아주 긴 제목이어서 여러 줄로 접혀야 하는 그런 제목입니다",
    "html": '<p>안녕하세요  고객님</p><a href="https://shop.kr/o/1">보기</a> <a href="%unsubscribe_url%">수신 거부</a>',
    "headers": {"X-Note": "두 칸  띄움", "References": "<a@shop.kr>  <b@shop.kr>"},
    "reply_to": ["help@shop.kr", {"email": "team@shop.kr", "name": "고객 지원, 팀"}],
}
BOTH = [pytest.param(RSA_KEY, id="rsa"), pytest.param(ED_KEY, id="ed25519")]


def holds(mail: bytes, key: DkimKey) -> bool:
    """What dkimpy makes of it, with the record that the key says to publish."""
    asked: list[bytes] = []

    def record(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return key.record.encode()

    verdict = bool(dkim.verify(mail, dnsfunc=record))
    assert asked == [f"{key.selector}._domainkey.{key.domain}.".encode()]
    return verdict


def signed_fields(mail: bytes) -> list[str]:
    """The h= list."""
    field = mail.partition(b"\r\nTo: ")[0].replace(b"\r\n", b"").replace(b" ", b"").decode()
    return field.partition(";h=")[2].partition(";")[0].split(":")


@pytest.mark.parametrize("key", BOTH)
def test_the_signature_holds(key: DkimKey) -> None:
    """Of a mail with everything in it."""
    assert holds(mail_of(CONTENT, dkim=key).content, key)


@pytest.mark.parametrize("key", BOTH)
@settings(max_examples=40, deadline=None)
@given(subject=st.text(min_size=1, max_size=80), text=st.text(min_size=1, max_size=400))
@example(subject="0", text="\n")
def test_the_signature_holds_whatever_is_said(key: DkimKey, subject: str, text: str) -> None:
    """For any subject and text that a mail may have."""
    try:
        mail = mail_of({"subject": subject, "text": text}, dkim=key)
    except InvalidInput:
        return
    assert holds(mail.content, key)


def test_both_unsubscribe_fields_are_signed() -> None:
    """RFC 8058 section 4; dkimpy's own default leaves List-Unsubscribe-Post out."""
    fields = signed_fields(mail_of(CONTENT, dkim=RSA_KEY).content)
    assert {
        "list-unsubscribe",
        "list-unsubscribe-post",
        "from",
        "to",
        "subject",
        "date",
        "message-id",
    } <= set(fields)


def test_fields_are_signed_once_more_than_they_occur() -> None:
    """So that a second From or Subject breaks the signature."""
    mail = mail_of(CONTENT, dkim=RSA_KEY).content
    fields = signed_fields(mail)
    for name in OVERSIGNED:
        occurs = mail.lower().partition(b"\r\n\r\n")[0].count(b"\r\n" + name.encode() + b":")
        assert fields.count(name) == occurs + 1, name


@pytest.mark.parametrize(
    "change",
    [
        lambda mail: mail + b"PS: more\r\n",
        lambda mail: mail.replace(b"@example.com\r\nDate", b"@example.org\r\nDate"),
        lambda mail: mail.replace(b"\r\nMIME-Version", b"\r\nSubject: other\r\nMIME-Version"),
        lambda mail: b"From: boss@shop.kr\r\n" + mail,
        lambda mail: mail.replace(b"One-Click", b"Two-Click"),
        lambda mail: mail.replace(b"/u/", b"/v/", 1),
    ],
    ids=["body", "recipient", "second subject", "second sender", "one-click", "way out"],
)
def test_a_changed_mail_no_longer_verifies(change: object) -> None:
    """Whatever a relay on the way changes or adds."""
    mail = mail_of(CONTENT, dkim=RSA_KEY).content
    changed = change(mail)  # type: ignore[operator]
    assert changed != mail
    assert not holds(changed, RSA_KEY)


@pytest.mark.parametrize(
    "pem", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_what_is_no_key_is_refused_without_showing_it(pem: str) -> None:
    """The message names the field only."""
    with pytest.raises(InvalidInput) as refused:
        load_dkim_key(pem, field="dkim_private_key")
    assert refused.value.field == "dkim_private_key"
    assert "AAAA" not in str(refused.value)
