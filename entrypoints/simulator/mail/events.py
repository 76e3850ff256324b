"""What SES would say of a mail it took: one event for each kind of report (SES developer guide, "Examples of event data")."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from entrypoints.simulator.mail.mailbox import TakenMail

_BOUNCES: Final = {
    "bounce": ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    "soft_bounce": ("Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 mailbox full"),
}


def ses_event(kind: str, mail: TakenMail, tags: dict[str, list[str]], provider_id: str, now: float) -> str:
    """The `Message` of the notification."""
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event: dict[str, object] = {
        "mail": {
            "timestamp": at,
            "source": mail.mail_from,
            "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
            "sendingAccountId": "123456789012",
            "messageId": provider_id,
            "destination": [mail.recipient],
            "headersTruncated": False,
            "tags": {**tags, "ses:operation": ["SendEmail"]},
        }
    }
    recipient = {"emailAddress": mail.recipient}
    if kind == "send":
        event |= {"eventType": "Send", "send": {}}
    elif kind == "delivery":
        said = {"timestamp": at, "processingTimeMillis": 512, "recipients": [mail.recipient]}
        event |= {"eventType": "Delivery", "delivery": {**said, "smtpResponse": "250 2.0.0 OK"}}
    elif kind in _BOUNCES:
        type_, subtype, status, words = _BOUNCES[kind]
        bounced = [{**recipient, "action": "failed", "status": status, "diagnosticCode": words}]
        bounce = {"bounceType": type_, "bounceSubType": subtype, "bouncedRecipients": bounced}
        event |= {
            "eventType": "Bounce",
            "bounce": {
                **bounce,
                "timestamp": at,
                "feedbackId": provider_id,
                "reportingMTA": "dsn; simulator",
            },
        }
    elif kind in ("complaint", "not_spam"):
        feedback = "abuse" if kind == "complaint" else "not-spam"
        complaint = {"complainedRecipients": [recipient], "complaintFeedbackType": feedback, "timestamp": at}
        event |= {"eventType": "Complaint", "complaint": {**complaint, "feedbackId": provider_id}}
    elif kind == "delay":
        delay = {"timestamp": at, "delayType": "MailboxFull", "expirationTime": at}
        event |= {"eventType": "DeliveryDelay", "deliveryDelay": {**delay, "delayedRecipients": [recipient]}}
    elif kind == "open":
        event |= {
            "eventType": "Open",
            "open": {"timestamp": at, "ipAddress": "192.0.2.1", "userAgent": "Mail"},
        }
    elif kind == "click":
        click = {
            "timestamp": at,
            "ipAddress": "192.0.2.1",
            "userAgent": "Mail",
            "link": "https://example.com/",
        }
        event |= {"eventType": "Click", "click": {**click, "linkTags": None}}
    elif kind == "reject":
        event |= {"eventType": "Reject", "reject": {"reason": "Bad content"}}
    else:
        preferences = {"unsubscribeAll": True, "topicSubscriptionStatus": []}
        subscription = {"contactList": "list", "timestamp": at, "source": "UnsubscribeHeader"}
        event |= {
            "eventType": "Subscription",
            "subscription": {**subscription, "newTopicPreferences": preferences},
        }
    return msgspec.json.encode(event).decode()
