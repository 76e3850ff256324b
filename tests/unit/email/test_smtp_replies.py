"""Every row of the SMTP table: reply or enhanced code → what becomes of message, recipient and channel."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.channels.email.smtp.replies import Stage, enhanced_of, reply_outcome, rule_of_status
from domain.messaging.outcome import CredentialFault, Deferred, Outcome, Rejected, SoftFault

SOFT, OTHER = SoftFault(-43, 3), SoftFault(-41, 5)
RETRY, THROTTLE, CRED, BUG = "retry", "throttle", "credential", "bug"

ROWS: list[tuple[str, Any]] = [
    ("421 4.3.2 Service shutting down", RETRY),
    ("421 closing", RETRY),
    ("451 4.4.5 Server busy", RETRY),
    ("450 4.7.1 Greylisted", 300.0),
    ("451 4.7.1 Greylisting in action", 300.0),
    ("450 4.2.1 Mailbox disabled for now", 300.0),
    ("451 4.3.0 Temporary failure", 300.0),
    ("451 4.4.1 Connection timed out", 300.0),
    ("451 4.4.2 Bad connection", 300.0),
    ("450 Try later", 300.0),
    ("451 Local error", 300.0),
    ("452 4.2.2 Mailbox full", 3600.0),
    ("552 5.2.2 Mailbox full", 3600.0),
    ("552 Quota exceeded", 3600.0),
    ("452 4.5.3 Too many recipients", RETRY),
    ("454 4.7.0 Temporary authentication failure", RETRY),
    ("454 Throttling failure: Maximum sending rate exceeded.", THROTTLE),
    ("454 Temporary service failure", RETRY),
    ("421 Too many concurrent SMTP connections", RETRY),
    ("500 Unrecognized command", BUG),
    ("501 Syntax error", BUG),
    ("502 Not implemented", BUG),
    ("503 Bad sequence", BUG),
    ("504 Parameter not implemented", BUG),
    ("550 5.5.1 Invalid command", BUG),
    ("550 5.5.2 Syntax error", BUG),
    ("550 5.5.4 Invalid arguments", BUG),
    ("521 Host does not accept mail", -42),
    ("556 Domain does not accept mail", -42),
    ("556 5.1.10 Null MX", -42),
    ("550 5.1.10 Null MX", -42),
    ("530 5.7.0 Authentication required", CRED),
    ("530 Must issue STARTTLS first", CRED),
    ("534 5.7.9 Mechanism too weak", CRED),
    ("535 5.7.8 Credentials invalid", CRED),
    ("535 Authentication Credentials Invalid", CRED),
    ("538 5.7.11 Encryption required", CRED),
    ("550 5.7.8 Credentials invalid", CRED),
    ("550 5.7.11 Encryption needed", CRED),
    ("550 5.7.14 Trust relationship required", CRED),
    ("550 5.1.1 No such user", -42),
    ("550 5.1.6 Mailbox has moved", -42),
    ("550 5.1.0 Address rejected", -42),
    ("551 User not local", -42),
    ("550 5.1.2 Bad destination system", -42),
    ("553 5.1.3 Bad syntax", -40),
    ("501 5.1.3 Bad recipient address syntax", -40),
    ("550 5.2.1 Mailbox disabled", -42),
    ("550 5.1.7 Bad sender syntax", CRED),
    ("550 5.1.8 Bad sender system", CRED),
    ("552 5.2.3 Message too large", BUG),
    ("552 5.3.4 Message too big for system", BUG),
    ("552 Message is too long", BUG),
    ("550 5.7.16 Message too large by policy", BUG),
    ("554 5.4.6 Routing loop", SOFT),
    ("554 5.4.7 Delivery time expired", SOFT),
    ("550 5.7.1 Rejected by policy", OTHER),
    ("554 5.7.0 Rejected", OTHER),
    ("554 5.7.1 Spam", OTHER),
    ("550 5.7.28 Mail flood", OTHER),
    *[(f"550 5.7.{n} Authentication of the domain failed", CRED) for n in range(20, 28)],
    ("550 5.7.17 Mailbox owner has changed", -42),
    ("550 5.7.18 Domain owner has changed", -42),
    ("554 5.6.0 Media error", BUG),
    ("554 5.6.3 Conversion failed", BUG),
    ("553 5.6.7 Non-ASCII address not permitted", (BUG, -40)),
    ("555 Parameters not recognised", OTHER),
    ("550 5.5.0 Other", OTHER),
    ("550 5.0.0 Other", OTHER),
    ("550 No such user here", OTHER),
    ("571 Blocked", OTHER),
    ("432 4.9.9 Whatever", RETRY),
    # Amazon SES's SMTP interface
    ("454 Throttling failure: Daily message quota exceeded.", CRED),
    ("554 Access denied", CRED),
    ("554 Message rejected: Email address is not verified.", CRED),
    ("451 Internal Server Error. Please try again later.", 300.0),
]


def outcome_of(reply: str, stage: Stage = Stage.DATA, attempt: int = 1) -> Outcome:
    """What the table makes of it."""
    return reply_outcome(int(reply[:3]), reply[4:], stage=stage, attempt=attempt, credential_version=3)


@pytest.mark.parametrize(("reply", "expected"), ROWS, ids=[reply for reply, _ in ROWS])
def test_a_reply_means_what_the_table_says(reply: str, expected: Any) -> None:
    """Each row of the fact sheet's section 3.2 and the SMTP rows of 3.3."""
    found = outcome_of(reply)
    if expected in (RETRY, THROTTLE) or isinstance(expected, float):
        assert isinstance(found, Deferred)
        assert found.throttle is (expected == THROTTLE)
        assert not found.unknown
        if isinstance(expected, float):
            assert found.retry_after == expected
        return
    if expected == CRED:
        assert isinstance(found, CredentialFault)
        assert found.credential_version == 3
        return
    assert isinstance(found, Rejected)
    bug, code = expected if isinstance(expected, tuple) else (expected, None)
    code = expected if isinstance(expected, int) else code
    assert found.bug is (bug == BUG)
    assert found.subscription_code == code
    assert found.soft == (expected if isinstance(expected, SoftFault) else None)


@pytest.mark.parametrize(
    ("reply", "stage", "bug", "code"),
    [
        ("553 Mailbox name not allowed", Stage.RCPT, False, -40),
        ("553 Sender not allowed", Stage.MAIL, True, None),
    ],
)
def test_553_blames_whoever_the_command_named(reply: str, stage: Stage, bug: bool, code: int | None) -> None:
    """At RCPT the recipient's address, at MAIL our own."""
    found = outcome_of(reply, stage)
    assert isinstance(found, Rejected)
    assert (found.bug, found.subscription_code) == (bug, code)


def test_a_full_mailbox_is_tried_for_a_day_then_counted() -> None:
    """24 hours in five waits; the sixth attempt fails and counts towards -43."""
    waits = []
    for attempt in range(1, 6):
        found = outcome_of("452 4.2.2 Mailbox full", attempt=attempt)
        assert isinstance(found, Deferred)
        waits.append(found.retry_after or 0)
    assert sum(waits) == 24 * 3600
    last = outcome_of("452 4.2.2 Mailbox full", attempt=6)
    assert isinstance(last, Rejected)
    assert last.soft == SOFT


def test_retries_follow_the_relay_schedule() -> None:
    """1, 5, 15, 60 minutes, then hourly; greylisting never sooner than five minutes."""
    plain = [outcome_of("421 closing", attempt=n) for n in range(1, 7)]
    assert [one.retry_after for one in plain if isinstance(one, Deferred)] == [60, 300, 900, 3600, 3600, 3600]
    grey = [outcome_of("450 4.7.1 Greylisted", attempt=n) for n in range(1, 4)]
    assert [one.retry_after for one in grey if isinstance(one, Deferred)] == [300, 300, 900]


@pytest.mark.parametrize(
    ("status", "code", "soft"),
    [
        ("5.1.1", -42, None),
        ("5.1.3", -40, None),
        ("5.2.1", -42, None),
        ("5.2.2", None, SOFT),
        ("4.2.2", None, SOFT),
        ("4.4.7", None, SOFT),
        ("5.4.7", None, SOFT),
        ("5.7.1", None, OTHER),
        ("5.0.0", None, OTHER),
        ("5.9.9", None, OTHER),
        ("5.3.4", None, None),
        ("5.7.26", None, None),
    ],
)
def test_the_status_of_a_bounce_reads_by_the_same_table(
    status: str, code: int | None, soft: SoftFault | None
) -> None:
    """What was to be tried again has failed by then."""
    rule = rule_of_status(status)
    assert (rule.subscription_code, rule.soft) == (code, soft)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 gone", "5.1.1"),
        ("  4.07.001 x", "4.7.1"),
        ("gone 5.1.1", None),
        ("5.1 x", None),
        ("3.1.1 x", None),
    ],
)
def test_the_enhanced_code_is_the_first_word(text: str, code: str | None) -> None:
    """Elsewhere in the text it is somebody's prose."""
    assert enhanced_of(text) == code
