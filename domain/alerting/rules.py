"""The rules: figures of one application and its policy to what is wrong. Pure; each finding names its trouble for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

import attrs

from domain.alerting.policy import Policy
from domain.shared.json_values import Json

ERROR_RATE: Final = "error_rate"
PROVIDER_OUTAGE: Final = "provider_outage"
QUEUE_DELAYED: Final = "queue_delayed"
QUOTA_THRESHOLD: Final = "quota_threshold"
CAMPAIGN_STALLED: Final = "campaign_stalled"
CAMPAIGN_FAILING: Final = "campaign_failing"
CAMPAIGN_FAILED: Final = "campaign_failed"
NO_WORKERS: Final = "no_workers"
EVENTS_DELAYED: Final = "events_delayed"

EVENTS_SECONDS: Final = 300.0
OUTAGE_FLOOR: Final = 20


@attrs.frozen(slots=True)
class Finding:
    """One trouble. `fingerprint` is the same for as long as it is the same trouble."""

    fingerprint: str
    kind: str
    severity: str
    """`warning` or `critical`."""
    detail: Mapping[str, Json]


@attrs.frozen(slots=True)
class Rate:
    """What came of the attempts of one type in a window."""

    type: str
    sent: int
    failed: int
    errored: int

    @property
    def attempts(self) -> int:
        return self.sent + self.failed + self.errored


@attrs.frozen(slots=True)
class Waiting:
    """How long the oldest message that could be sent has been waiting."""

    type: str
    lane: str
    seconds: float


@attrs.frozen(slots=True)
class Usage:
    """A quota window of now."""

    window: str
    starts_on: str
    used: int
    allowed: int


@attrs.frozen(slots=True)
class CampaignState:
    """A campaign that sends, or that failed within the last hour."""

    id: UUID
    name: str
    is_failed: bool
    reason: str | None
    total: int
    successful: int
    failed: int
    rate: float
    waiting_seconds: float
    """Age of its oldest message that could be sent."""


@attrs.frozen(slots=True)
class Figures:
    """Everything that is known of one application at one moment."""

    long_rates: tuple[Rate, ...] = ()
    """Of fifteen minutes."""
    short_rates: tuple[Rate, ...] = ()
    """Of five."""
    waiting: tuple[Waiting, ...] = ()
    usage: tuple[Usage, ...] = ()
    campaigns: tuple[CampaignState, ...] = ()


def findings(figures: Figures, policy: Policy) -> Iterator[Finding]:
    """What is wrong with one application."""
    down = set()
    for rate in figures.short_rates:
        # Errored is what a provider could not take now; failed is what it refused for a reason of the message's own.
        if rate.attempts >= OUTAGE_FLOOR and rate.errored >= policy.outage_share * rate.attempts:
            down.add(rate.type)
            yield Finding(f"{PROVIDER_OUTAGE}:{rate.type}", PROVIDER_OUTAGE, "critical", _told(rate, 5))
    for rate in figures.long_rates:
        wrong = rate.failed + rate.errored
        enough = rate.attempts >= policy.error_floor
        if enough and wrong >= policy.error_share * rate.attempts and rate.type not in down:
            yield Finding(f"{ERROR_RATE}:{rate.type}", ERROR_RATE, "warning", _told(rate, 15))
    for one in figures.waiting:
        limit = policy.bulk_queue_seconds if one.lane == "bulk" else policy.queue_seconds
        if one.seconds >= limit:
            detail: dict[str, Json] = {"type": one.type, "lane": one.lane, "seconds": round(one.seconds)}
            yield Finding(f"{QUEUE_DELAYED}:{one.type}:{one.lane}", QUEUE_DELAYED, "critical", detail)
    for window in figures.usage:
        yield from _quota(window, policy)
    for campaign in figures.campaigns:
        yield from _campaign(campaign, policy)


def of_installation(*, fresh_workers: int, due_chunks: int, outbox_seconds: float) -> Iterator[Finding]:
    """What is wrong with all of it."""
    if fresh_workers == 0 and due_chunks > 0:
        yield Finding(NO_WORKERS, NO_WORKERS, "critical", {"due_chunks": due_chunks})
    if outbox_seconds >= EVENTS_SECONDS:
        yield Finding(EVENTS_DELAYED, EVENTS_DELAYED, "warning", {"seconds": round(outbox_seconds)})


def _told(rate: Rate, minutes: int) -> dict[str, Json]:
    return {
        "type": rate.type,
        "minutes": minutes,
        "attempts": rate.attempts,
        "failed": rate.failed,
        "errored": rate.errored,
    }


def _quota(window: Usage, policy: Policy) -> Iterator[Finding]:
    """One alert for each threshold of each window: the next threshold is news again."""
    for percent in policy.quota_percents:
        if window.allowed > 0 and window.used * 100 >= percent * window.allowed:
            fingerprint = f"{QUOTA_THRESHOLD}:{window.window}:{window.starts_on}:{percent}"
            detail: dict[str, Json] = {
                "window": window.window,
                "starts_on": window.starts_on,
                "percent": percent,
                "used": window.used,
                "allowed": window.allowed,
            }
            severity = "critical" if percent >= 100 else "warning"
            yield Finding(fingerprint, QUOTA_THRESHOLD, severity, detail)


def _campaign(one: CampaignState, policy: Policy) -> Iterator[Finding]:
    detail: dict[str, Json] = {
        "campaign_id": str(one.id),
        "name": one.name,
        "total": one.total,
        "successful": one.successful,
        "failed": one.failed,
    }
    if one.is_failed:
        yield Finding(
            f"{CAMPAIGN_FAILED}:{one.id}", CAMPAIGN_FAILED, "critical", {**detail, "reason": one.reason}
        )
        return
    done = one.successful + one.failed
    if done >= policy.error_floor and one.failed >= policy.campaign_failed_share * done:
        yield Finding(f"{CAMPAIGN_FAILING}:{one.id}", CAMPAIGN_FAILING, "warning", detail)
    if one.rate <= 0 and one.waiting_seconds >= policy.campaign_stalled_minutes * 60:
        stalled = {**detail, "seconds": round(one.waiting_seconds)}
        yield Finding(f"{CAMPAIGN_STALLED}:{one.id}", CAMPAIGN_STALLED, "critical", stalled)
