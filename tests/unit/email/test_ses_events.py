"""Every row of the table of SES events: what is reported of message and recipient."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.email.ses.events import reports_of
from domain.messaging.client_ref import client_ref
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import SoftFault

MESSAGE = uuid4()
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
AT = "2026-11-24T08:59:58.123Z"
SOFT = SoftFault(-43, 3)


def event(kind: str, name: str = "eventType", **body: Any) -> str:
    """An event about the message, with the fields that SES sends and that nobody here reads."""
    mail = {
        "timestamp": AT,
        "messageId": "0100-abc",
        "destination": ["Kim@EXAMPLE.com"],
        "tags": {"as_ref": [client_ref(MESSAGE, 1)], "ses:source-ip": ["192.0.2.1"]},
        "newField": {"deep": [1]},
    }
    return json.dumps({name: kind, "mail": mail, "unknown": True, **body})


def bounce(kind: str, subkind: str) -> dict[str, Any]:
    """A bounce's object."""
    recipients = [{"emailAddress": "kim@example.com", "status": "5.1.1"}]
    said = {"bounceType": kind, "bounceSubType": subkind, "bouncedRecipients": recipients, "timestamp": AT}
    return {"bounce": said}


def complaint(kind: str | None, subkind: str | None = None) -> dict[str, Any]:
    """A complaint's object."""
    return {"complaint": {"complaintFeedbackType": kind, "complaintSubType": subkind, "timestamp": AT}}


FAILED, REPORTED = MessageEventType.FAILED, MessageEventType.REPORTED
RECEIVED, DISPLAYED = MessageEventType.RECEIVED, MessageEventType.DISPLAYED
ROWS: list[tuple[str, dict[str, Any], MessageEventType, int | None, SoftFault | None, frozenset[int]]] = [
    ("Send", {"send": {}}, MessageEventType.SENT, None, None, frozenset()),
    (
        "Delivery",
        {"delivery": {"timestamp": AT, "smtpResponse": "250 ok"}},
        RECEIVED,
        None,
        None,
        frozenset(),
    ),
    ("Reject", {"reject": {"reason": "Bad content"}}, FAILED, None, None, frozenset()),
    ("Rendering Failure", {"failure": {"errorMessage": "x"}}, FAILED, None, None, frozenset()),
    ("DeliveryDelay", {"deliveryDelay": {"delayType": "MailboxFull"}}, REPORTED, None, None, frozenset()),
    *[
        ("Bounce", bounce(kind, sub), FAILED, code, soft, frozenset())
        for kind, sub, code, soft in (
            ("Permanent", "General", -42, None),
            ("Permanent", "NoEmail", -42, None),
            ("Permanent", "Suppressed", -42, None),
            ("Permanent", "OnAccountSuppressionList", -42, None),
            ("Permanent", "UnsubscribedRecipient", -45, None),
            ("Transient", "General", None, SOFT),
            ("Transient", "MailboxFull", None, SOFT),
            ("Transient", "CustomTimeoutExceeded", None, SOFT),
            ("Transient", "MessageTooLarge", None, None),
            ("Transient", "ContentRejected", None, None),
            ("Transient", "AttachmentRejected", None, None),
            ("Undetermined", "Undetermined", None, SOFT),
        )
    ],
    *[
        ("Complaint", complaint(kind), REPORTED, -44, None, frozenset())
        for kind in ("abuse", "fraud", "virus", "other", None)
    ],
    ("Complaint", complaint("not-spam"), REPORTED, None, None, frozenset({-44})),
    ("Complaint", complaint("auth-failure"), REPORTED, None, None, frozenset()),
    ("Complaint", complaint(None, "OnAccountSuppressionList"), FAILED, -44, None, frozenset()),
    (
        "Subscription",
        {"subscription": {"timestamp": AT, "newTopicPreferences": {"unsubscribeAll": True}}},
        REPORTED,
        -45,
        None,
        frozenset(),
    ),
    (
        "Subscription",
        {
            "subscription": {
                "newTopicPreferences": {
                    "unsubscribeAll": False,
                    "topicSubscriptionStatus": [{"topicName": "a", "subscriptionStatus": "OptOut"}],
                }
            }
        },
        REPORTED,
        -45,
        None,
        frozenset(),
    ),
    ("Subscription", {"subscription": {"newTopicPreferences": {}}}, REPORTED, None, None, frozenset()),
]


@pytest.mark.parametrize(("kind", "body", "expected", "code", "soft", "clears"), ROWS)
def test_an_event_means_what_the_table_says(
    kind: str,
    body: dict[str, Any],
    expected: MessageEventType,
    code: int | None,
    soft: SoftFault | None,
    clears: frozenset[int],
) -> None:
    """By event publishing and by identity notifications alike."""
    for name in ("eventType", "notificationType"):
        (report,) = reports_of(event(kind, name, **body), received_at=NOW)
        assert (report.message_id, report.event) == (MESSAGE, expected)
        assert (report.subscription_code, report.soft, report.clears) == (code, soft, clears)
        assert report.recipient == "Kim@example.com"
        assert report.provider_id == "0100-abc"


@pytest.mark.parametrize(
    ("kind", "converted_by", "expected"),
    [
        ("Open", "click", [RECEIVED, DISPLAYED]),
        ("Open", "open", [RECEIVED, MessageEventType.CONVERTED, DISPLAYED]),
        ("Click", "click", [MessageEventType.CONVERTED, MessageEventType.CLICKED]),
        ("Click", "open", [MessageEventType.CONVERTED, MessageEventType.CLICKED]),
    ],
)
def test_opening_and_clicking_imply_what_came_before(
    kind: str, converted_by: str, expected: list[MessageEventType]
) -> None:
    """Who opened a mail received it; whether opening converts is the account's choice."""
    text = event(kind, **{kind.lower(): {"timestamp": AT, "link": "https://shop.kr/"}})
    reports = reports_of(text, received_at=NOW, converted_by=converted_by)
    assert [report.event for report in reports] == expected
    assert {report.occurred_at.isoformat() for report in reports} == {"2026-11-24T08:59:58.123000+00:00"}


@pytest.mark.parametrize(
    "tags", [{}, {"as_ref": ["someone-elses"]}, {"as_ref": []}, {"other": [client_ref(MESSAGE, 1)]}]
)
def test_events_about_nobody_we_know_say_nothing(tags: dict[str, list[str]]) -> None:
    """Mail of the same account that others sent."""
    text = json.dumps({"eventType": "Delivery", "mail": {"tags": tags}, "delivery": {}})
    assert reports_of(text, received_at=NOW) == ()


def test_kinds_that_are_new_say_nothing() -> None:
    """Until somebody adds a row."""
    assert reports_of(event("Telepathy"), received_at=NOW) == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["eventType", "mail", "tags", "bounce", "timestamp"]), inner)
        ),
        max_leaves=8,
    )
)
def test_other_json_is_refused_or_says_nothing(value: object) -> None:
    """Never anything but the one error that the reader knows."""
    with contextlib.suppress(msgspec.MsgspecError):
        assert reports_of(json.dumps(value), received_at=NOW) == ()
