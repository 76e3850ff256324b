"""What codes of the domain are called on a page, in English; catalogues hold the Korean. Unknown codes show as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.audience.status_catalogue import CATALOGUE


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
        "schedule": mark("Scheduled"),
        "unschedule": mark("Unscheduled"),
        "launch": mark("Launched"),
        "pause": mark("Paused"),
        "resume": mark("Resumed"),
        "finish": mark("Completed"),
        "cancel": mark("Canceled"),
        "fail": mark("Failed"),
    },
    "change": {
        "created": mark("Registered"),
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
    },
    "channel": {
        "push": mark("Push"),
        "email": mark("E-mail"),
        "sms": mark("SMS"),
        "kakao_talk": mark("KakaoTalk"),
        "in_app": mark("In-app"),
    },
    "type": {
        "iOSPush": mark("iOS push"),
        "AndroidPush": mark("Android push"),
        "Email": mark("E-mail"),
        "SMS": mark("SMS"),
        "KakaoTalk": mark("KakaoTalk"),
        "InAppMessage": mark("In-app"),
    },
    "source": {
        "api": mark("API"),
        "worker": mark("Worker"),
        "provider": mark("Provider"),
        "sdk": mark("App"),
        "reconciler": mark("Scheduler"),
        "operator": mark("Operator"),
        "signal": mark("Automata-Signal"),
        "campaign": mark("Campaign"),
        "fallback": mark("Fallback"),
        "confirmation": mark("Confirmation"),
        "system": mark("Automata-Signal"),
        "recipient": mark("Recipient"),
    },
    "kind": {
        "immediate": mark("When it is launched"),
        "scheduled": mark("At a chosen time"),
        "recurring": mark("Again and again"),
        "triggered": mark("On an event"),
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
        "release": mark("Returned unused"),
        "give_back": mark("Given back"),
        "top_up": mark("Top-up"),
        "adjustment": mark("Adjustment"),
    },
    "because": {
        "registered": mark("At registration"),
        "login": mark("Signed in"),
        "user_enabled": mark("Switched on by the user"),
        "api_enabled": mark("Switched on through the API"),
        "confirmed": mark("Confirmed"),
        "operator": mark("By an operator"),
        "user_disabled": mark("Switched off by the user"),
        "api_disabled": mark("Switched off through the API"),
        "preference_page": mark("Unsubscribed on the preference page"),
        "confirmation_expired": mark("Not confirmed in time"),
        "token_moved": mark("Token moved to another subscription"),
        "install_moved": mark("Moved to another install"),
        "merged": mark("Merged with another subscription"),
        "requested": mark("Archived on request"),
        "logout": mark("Signed out"),
        "reported": mark("Reported by the device"),
        "unsubscribed": mark("Unsubscribed"),
        "archived": mark("Archived"),
    },
    "lane": {"transactional": mark("Transactional"), "bulk": mark("Bulk")},
    "left_out": {
        "not_subscribed": mark("not subscribed"),
        "no_content_for_channel": mark("nothing written for its channel"),
        "channel_not_named": mark("channel not chosen"),
        "suppressed": mark("suppressed"),
    },
    "process": {
        "api": mark("API"),
        "worker": mark("Worker"),
        "worker-transactional": mark("Worker, single sends"),
        "worker-bulk": mark("Worker, bulk"),
        "scheduler": mark("Scheduler"),
        "all": mark("All roles"),
    },
    "severity": {"warning": mark("Warning"), "critical": mark("Critical")},
    "alert": {
        "error_rate": mark("Many errors"),
        "provider_outage": mark("A provider is down"),
        "queue_delayed": mark("Messages wait too long"),
        "quota_threshold": mark("Quota nearly used up"),
        "campaign_stalled": mark("A campaign stands still"),
        "campaign_failing": mark("A campaign fails often"),
        "campaign_failed": mark("A campaign could not go on"),
        "channel_paused": mark("A channel is held"),
        "mass_token_damage": mark("Many tokens broke at once"),
        "unknown_outcome_charged": mark("Sends whose outcome nobody could tell"),
        "webhook_disabled": mark("A webhook was switched off"),
        "no_workers": mark("No worker is running"),
        "events_delayed": mark("Events leave late"),
    },
    "subject": {
        "messages": mark("Messages"),
        "recipients": mark("Recipients of a campaign"),
        "events": mark("Events of messages"),
        "subscriptions": mark("Subscriptions"),
        "ledger": mark("Ledger"),
        "statistics": mark("Figures by the hour"),
    },
    "format": {"csv": mark("CSV"), "ndjson": mark("NDJSON"), "parquet": mark("Parquet")},
    "export": {
        "waiting": mark("Waiting"),
        "running": mark("Being written"),
        "ready": mark("Ready"),
        "failed": mark("Failed"),
    },
    "note": {
        "acknowledged": mark("Acknowledged: nobody else is told."),
        "export_asked": mark("The file is being written; it appears below."),
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


def standing(code: int, language: str) -> str:
    """What the subscription status `code` means, behind it; a code that the catalogue does not know stands alone."""
    known = CATALOGUE.get(code)
    if known is None:
        return str(code)
    return f"{code} · {known.ko if language == 'ko' else known.en}"
