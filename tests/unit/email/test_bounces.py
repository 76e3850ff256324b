"""Mail that comes back: bounces, complaints and requests to unsubscribe are read, everything else is left alone."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.email.bounces.incoming import read_mail
from adapters.channels.email.bounces.reader import BounceReader
from application.ports.channels import ChannelSettings, Credential
from application.ports.delivery_reports import Callback
from domain.messaging.event import MessageEventType
from domain.messaging.links import LinkKeys, Purpose
from domain.messaging.outcome import SoftFault
from domain.messaging.report import MessageReport
from domain.shared.errors import InvalidInput
from tests.unit.email.kit import APP, KEYS, envelope, mail_of

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MESSAGE = uuid4()
SIGNER = KEYS.signer(APP)
VERP = f"b+{SIGNER.ref(Purpose.BOUNCE, MESSAGE, 1)}@bounce.shop.kr"
AWAY = f"u+{SIGNER.ref(Purpose.UNSUBSCRIBE_MAIL, MESSAGE, 1)}@bounce.shop.kr"

DSN = """\
From: MAILER-DAEMON@mx.example.com
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you …
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 4BF

Final-Recipient: rfc822; kim@example.com
Original-Recipient: rfc822;kim@example.com
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 {status} <kim@example.com>: Recipient address
    rejected: User unknown

--B
Content-Type: text/rfc822-headers

{original}
--B--
"""
ARF = """\
From: <abuse@isp.example>
To: {to}
Subject: FW: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.
--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--B
Content-Type: message/rfc822

{original}
--B--
"""


def dsn(
    action: str = "failed", status: str = "5.1.1", *, to: str = VERP, original: str = "Subject: x\n"
) -> bytes:
    """A bounce as Postfix writes it."""
    return DSN.format(action=action, status=status, to=to, original=original).encode()


def arf(kind: str = "abuse", *, to: str = "fbl@shop.kr", original: str = "") -> bytes:
    """A complaint as RFC 5965 shows it."""
    return ARF.format(kind=kind, to=to, original=original or f"X-AS-Message-Id: {VERP[2:46]}\n\nx").encode()


def read(
    raw: bytes, recipient: str | None = None, keys: LinkKeys = KEYS, app: UUID = APP
) -> Sequence[MessageReport]:
    """What the mail says."""
    return read_mail(raw, recipient, lambda ref, purpose: keys.read_ref(ref, purpose, app), received_at=NOW)


@pytest.mark.parametrize(
    ("action", "status", "event", "code", "soft"),
    [
        ("failed", "5.1.1", MessageEventType.FAILED, -42, None),
        ("failed", "5.2.2", MessageEventType.FAILED, None, SoftFault(-43, 3)),
        ("failed", "4.4.7", MessageEventType.FAILED, None, SoftFault(-43, 3)),
        ("failed", "5.1.3", MessageEventType.FAILED, -40, None),
        ("failed", "5.7.1", MessageEventType.FAILED, None, SoftFault(-41, 5)),
        ("failed", "5.3.4", MessageEventType.FAILED, None, None),
        ("delayed", "4.4.1", MessageEventType.REPORTED, None, None),
        ("relayed", "2.0.0", MessageEventType.REPORTED, None, None),
        ("delivered", "2.0.0", MessageEventType.RECEIVED, None, None),
    ],
)
def test_a_delivery_status_reads_by_the_table(
    action: str, status: str, event: MessageEventType, code: int | None, soft: SoftFault | None
) -> None:
    """Action and Status of RFC 3464."""
    (report,) = read(dsn(action, status))
    assert (report.message_id, report.event) == (MESSAGE, event)
    assert (report.subscription_code, report.soft) == (code, soft)
    assert "User unknown" in str(report.details["diagnostic"])


@pytest.mark.parametrize(
    "raw",
    [
        dsn(),
        dsn(to=VERP.upper()),
        dsn(to="postmaster@shop.kr", original=f"X-AS-Message-Id: {VERP[2:46]}\n"),
        dsn(to="postmaster@shop.kr", original=f"Return-Path: <{VERP}>\n"),
        b"Delivered-To: " + VERP.encode() + b"\n" + dsn(to="x@shop.kr"),
        dsn().replace(b"\n", b"\r\n"),
    ],
    ids=["its address", "folded case", "our field", "return path", "delivered-to", "CRLF"],
)
def test_whom_it_concerns_is_found_by_what_we_signed(raw: bytes) -> None:
    """In the address it came to, or in what it quotes."""
    assert [report.message_id for report in read(raw)] == [MESSAGE]


def test_the_envelopes_recipient_may_be_told_apart() -> None:
    """Where the mail server passes it as a parameter."""
    assert read(dsn(to="undisclosed-recipients:;"), VERP)[0].message_id == MESSAGE


@pytest.mark.parametrize(
    ("raw", "app"),
    [
        (dsn(to="postmaster@shop.kr"), APP),
        (dsn(to=VERP.replace("b+", "b+aaaa")), APP),
        (dsn(to=AWAY.replace("u+", "b+")), APP),
        (dsn(), UUID(int=7)),
        (dsn(to="x@shop.kr", original="X-AS-Message-Id: 0197a1b2\n"), APP),
        (b"", APP),
        (b"\xff\xfe\x00", APP),
    ],
    ids=["nobody", "altered", "another purpose", "another application", "unsigned", "empty", "binary"],
)
def test_what_names_no_message_of_the_application_is_refused(raw: bytes, app: UUID) -> None:
    """Nothing is taken from the words of a mail."""
    with pytest.raises(InvalidInput):
        read(raw, app=app)


@pytest.mark.parametrize(
    ("kind", "code", "clears"),
    [
        ("abuse", -44, frozenset()),
        ("fraud", -44, frozenset()),
        ("other", -44, frozenset()),
        ("not-spam", None, frozenset({-44})),
        ("auth-failure", None, frozenset()),
    ],
)
def test_a_complaint_leaves_the_message_and_sets_the_code(
    kind: str, code: int | None, clears: frozenset[int]
) -> None:
    """RFC 5965; the message's state is unchanged."""
    (report,) = read(arf(kind))
    assert (report.message_id, report.event) == (MESSAGE, MessageEventType.REPORTED)
    assert (report.subscription_code, report.clears) == (code, clears)


def test_a_mail_to_the_way_out_unsubscribes() -> None:
    """The mailto of List-Unsubscribe, sent by a mail program."""
    (report,) = read(f"From: kim@example.com\nTo: {AWAY}\nSubject: unsubscribe\n\n".encode())
    assert (report.message_id, report.subscription_code) == (MESSAGE, -45)


def test_automatic_replies_say_nothing() -> None:
    """Out of office: neither a bounce nor an unsubscription."""
    reply = "From: kim@example.com\nTo: {}\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nBack on Monday"
    assert read(reply.format(VERP).encode()) == ()
    assert read(reply.format(AWAY).encode()) == ()
    assert read(reply.format(VERP).replace("Auto-Submitted: auto-replied\n", "").encode()) == ()


def test_what_we_send_comes_back_by_itself() -> None:
    """The return path of a real mail, and its quoted header, name its message."""
    to = envelope()
    mail = mail_of({"subject": "x", "text": "x"}, to)
    assert read(dsn(to=mail.return_path))[0].message_id == to.message_id
    header = mail.content.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    assert read(dsn(to="x@shop.kr", original=header))[0].message_id == to.message_id


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_say_nothing(raw: bytes) -> None:
    """A mail from nowhere."""
    with contextlib.suppress(InvalidInput):
        assert read(raw) == ()


@given(st.binary(max_size=200))
def test_a_broken_report_to_our_address_is_survived(raw: bytes) -> None:
    """The address is right, the rest is not."""
    head = f"To: {VERP}\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n"
    kind = b"Content-Type: message/delivery-status\n\nReporting-MTA: x\n\n"
    for report in read(head.encode() + kind + raw + b"\n--B--\n"):
        assert report.message_id == MESSAGE


async def test_the_reader_wants_a_post_with_a_mail() -> None:
    """And passes on what it says."""
    reader = BounceReader(ChannelSettings(links=KEYS))

    def callback(method: str, body: bytes, **query: str) -> Any:
        return Callback(method, "https://x", {}, query, body, Credential(APP, "smtp", 1, {}), NOW)

    answer = await reader.read(callback("POST", dsn(to="x@shop.kr"), recipient=VERP))
    assert len(answer.reports) == 1
    for method, body in (("GET", dsn()), ("POST", b" ")):
        with pytest.raises(InvalidInput):
            await reader.read(callback(method, body))
    with pytest.raises(InvalidInput):
        await BounceReader(ChannelSettings()).read(callback("POST", dsn()))
    await reader.close()
