"""What codes of the domain are called on a page, in English; catalogues hold the Korean. Unknown codes show as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def mark(message: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return message


NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "status": {
        "pending": mark("Pending"),
        "successful": mark("Sent"),
        "errored": mark("Retrying"),
        "failed": mark("Failed"),
        "received": mark("Received"),
        "converted": mark("Opened"),
        "canceled": mark("Canceled"),
        "draft": mark("Draft"),
        "scheduled": mark("Scheduled"),
        "sending": mark("Sending"),
        "paused": mark("Paused"),
        "sent": mark("Completed"),
        "started": mark("Unfinished"),
        "done": mark("Done"),
        "refused": mark("Refused"),
    },
    "event": {
        "created": mark("Accepted"),
        "sent": mark("Sent"),
        "failed": mark("Failed"),
        "errored": mark("Attempt failed"),
        "retried": mark("Queued again"),
        "received": mark("Received"),
        "converted": mark("Opened"),
        "canceled": mark("Canceled"),
        "displayed": mark("Displayed"),
        "clicked": mark("Clicked"),
        "dismissed": mark("Dismissed"),
        "reported": mark("Reported by the provider"),
        "subscribed": mark("Subscribed"),
        "unsubscribed": mark("Unsubscribed"),
        "status_changed": mark("Status changed"),
        "token_changed": mark("Token changed"),
        "linked": mark("Linked to a user"),
        "unlinked": mark("Unlinked"),
        "tags_changed": mark("Tags changed"),
        "updated": mark("Updated"),
        "archived": mark("Archived"),
        "restored": mark("Restored"),
        "schedule": mark("Scheduled"),
        "unschedule": mark("Unscheduled"),
        "launch": mark("Launched"),
        "pause": mark("Paused"),
        "resume": mark("Resumed"),
        "finish": mark("Completed"),
        "cancel": mark("Canceled"),
        "fail": mark("Failed"),
    },
    "channel": {
        "push": mark("Push"),
        "email": mark("E-mail"),
        "sms": mark("SMS"),
        "kakao_talk": mark("KakaoTalk"),
        "in_app": mark("In-app"),
    },
    "role": {
        "owner": mark("Owner"),
        "marketer": mark("Marketer"),
        "operator": mark("Operator"),
        "viewer": mark("Viewer"),
    },
    "verdict": {
        "not_launched": mark("Not launched yet"),
        "not_in_audience": mark("Not in the audience"),
        "excluded": mark("Left out"),
        "waiting": mark("Waiting"),
        "pending": mark("Pending"),
        "errored": mark("Retrying"),
        "successful": mark("Sent"),
        "received": mark("Received"),
        "converted": mark("Opened"),
        "failed": mark("Failed"),
        "canceled": mark("Canceled"),
    },
    "step": {
        "campaign": mark("Campaign"),
        "targeting": mark("Targeting"),
        "subscription": mark("Subscription"),
        "rules": mark("Rules"),
        "wave": mark("Wave"),
        "message": mark("Message"),
        "provider": mark("Provider"),
        "receipt": mark("Receipt"),
    },
    "entry": {
        "reserve": mark("Reserved"),
        "settle": mark("Used"),
        "release": mark("Released"),
        "give_back": mark("Given back"),
        "top_up": mark("Top-up"),
        "adjustment": mark("Adjustment"),
    },
    "left_because": {
        "user_disabled": mark("Switched off by the user"),
        "api_disabled": mark("Switched off through the API"),
        "preference_page": mark("Unsubscribed on the preference page"),
        "confirmation_expired": mark("Not confirmed in time"),
        "token_moved": mark("Token moved to another subscription"),
        "install_moved": mark("Moved to another install"),
        "merged": mark("Merged with another subscription"),
        "requested": mark("Archived on request"),
        "logout": mark("Signed out"),
        "reported": mark("Permission withdrawn on the device"),
        "unsubscribed": mark("Unsubscribed"),
        "archived": mark("Archived"),
    },
    "lane": {"transactional": mark("Transactional"), "bulk": mark("Bulk")},
    "note": {
        "saved": mark("Saved."),
        "created": mark("Created."),
        "removed": mark("Removed."),
        "launched": mark("The campaign is launched."),
        "paused": mark("Paused."),
        "resumed": mark("Resumed."),
        "canceled": mark("Canceled."),
        "signed_out": mark("You are signed out."),
        "ready": mark("Everything is set up. Sign in with your new password and code."),
    },
}


def name_of(kind: str, value: object) -> str:
    """The English name; a code that nobody named is shown as it is."""
    code = str(value)
    return NAMES.get(kind, {}).get(code, code)
