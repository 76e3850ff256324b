"""The steps of an explanation: each says what decided, whether it let the recipient through, and with which facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from application.ports.campaign_progress import RecipientRecord
from application.ports.messages import MessageEventView, MessageView
from domain.audience.segment.facts import SubscriptionFacts
from domain.audience.segment.matching import Explanation
from domain.campaigns.campaign import Campaign, PauseReason
from domain.campaigns.lifecycle import CampaignStatus
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Status
from domain.shared.json_values import Json

PROVIDER_EVENTS = frozenset({MessageEventType.SENT, MessageEventType.FAILED, MessageEventType.ERRORED})
RECEIPT_EVENTS = frozenset(
    {
        MessageEventType.RECEIVED,
        MessageEventType.CONVERTED,
        MessageEventType.DISPLAYED,
        MessageEventType.CLICKED,
        MessageEventType.DISMISSED,
    }
)


@attrs.frozen(slots=True, kw_only=True)
class ExplainedStep:
    """One thing that decides. `passed` None: it has not been decided, or says nothing against sending."""

    step: str
    passed: bool | None
    detail: str
    facts: Mapping[str, Json] = attrs.field(factory=dict)


def verdict(campaign: Campaign, record: RecipientRecord | None, message: MessageView | None) -> str:
    if message is not None:
        return message.status.wire
    if campaign.launched_at is None:
        return "not_launched"
    if record is None:
        return "not_in_audience"
    if record.excluded is not None or (record.wave is not None and record.wave.closed_reason is not None):
        return "excluded"
    return "canceled" if campaign.status is CampaignStatus.CANCELED else "waiting"


def campaign_step(campaign: Campaign) -> ExplainedStep:
    facts: dict[str, Json] = {"status": campaign.status.wire}
    if campaign.launched_at is None:
        reason = campaign.failure_reason or campaign.pause_reason
        detail = "the campaign was not launched" + (f": {reason}" if reason else "")
        return ExplainedStep(step="campaign", passed=False, detail=detail, facts=facts)
    facts["launched_at"] = campaign.launched_at.isoformat()
    detail = f"launched, {campaign.status.wire}"
    return ExplainedStep(step="campaign", passed=True, detail=detail, facts=facts)


def targeting_step(
    campaign: Campaign, record: RecipientRecord | None, targeting: Explanation | None
) -> ExplainedStep:
    now = "cannot be tested now" if targeting is None else "holds now" if targeting.holds else "fails now"
    if campaign.launched_at is None:
        passed = None if targeting is None else targeting.holds
        return ExplainedStep(step="targeting", passed=passed, detail=f"the targeting {now}")
    if record is None:
        return ExplainedStep(
            step="targeting", passed=False, detail=f"did not match when the campaign was launched; {now}"
        )
    return ExplainedStep(
        step="targeting", passed=True, detail=f"matched when the campaign was launched; {now}"
    )


def subscription_step(record: RecipientRecord | None, facts: SubscriptionFacts | None) -> ExplainedStep:
    told: dict[str, Json] = {
        "status_now": None if facts is None else facts.subscription_status,
        "status_at_launch": None if record is None else record.status_at_launch,
    }
    status = record.status_at_launch if record is not None else told["status_now"]
    passed = isinstance(status, int) and status > 0
    now_passes = facts is not None and facts.subscription_status > 0
    if facts is None:
        detail = "the subscription is archived"
    elif record is None or now_passes is passed:
        detail = "subscribed" if passed else "not subscribed"
    else:
        detail = (
            "subscribed at launch, not subscribed now"
            if passed
            else "not subscribed at launch, subscribed now"
        )
    return ExplainedStep(step="subscription", passed=passed, detail=detail, facts=told)


def rules_step(record: RecipientRecord) -> ExplainedStep:
    """Suppression, consent, caps, dedupe, expiry: whatever left somebody out at launch."""
    if record.excluded is None:
        return ExplainedStep(step="rules", passed=True, detail="no rule left this subscription out")
    return ExplainedStep(
        step="rules",
        passed=False,
        detail=f"left out: {record.excluded}",
        facts={"excluded": record.excluded},
    )


def wave_steps(campaign: Campaign, record: RecipientRecord) -> list[ExplainedStep]:
    """When it is due, and whether it became a message."""
    wave = record.wave
    if wave is None:
        return []
    facts: dict[str, Json] = {
        "due_at": wave.due_at.isoformat(),
        "zone": wave.zone,
        "zone_note": record.zone_note,
        "held_by": list(record.holds),
        "open_from": None if wave.open_from is None else wave.open_from.isoformat(),
        "open_until": None if wave.open_until is None else wave.open_until.isoformat(),
    }
    because = f" because of {', '.join(record.holds)}" if record.holds else ""
    steps = [
        ExplainedStep(
            step="due", passed=None, detail=f"due at {wave.due_at.isoformat()}{because}", facts=facts
        )
    ]
    if record.message_id is not None:
        steps.append(ExplainedStep(step="fan_out", passed=True, detail="became a message"))
    elif wave.closed_reason is not None:
        detail = f"left out after the launch: {wave.closed_reason}"
        steps.append(ExplainedStep(step="fan_out", passed=False, detail=detail))
    elif campaign.status is CampaignStatus.CANCELED:
        steps.append(
            ExplainedStep(step="fan_out", passed=False, detail="the campaign was canceled before its turn")
        )
    elif campaign.pause_reason == PauseReason.QUOTA_EXHAUSTED:
        steps.append(
            ExplainedStep(step="quota", passed=False, detail="the quota was used up before its turn")
        )
    elif campaign.status is CampaignStatus.PAUSED:
        detail = f"the campaign is paused: {campaign.pause_reason}"
        steps.append(ExplainedStep(step="fan_out", passed=None, detail=detail))
    elif record.seq is not None and record.next_seq is not None and record.seq < record.next_seq:
        detail = "it became a message that is past its keeping, or was left out after the launch"
        steps.append(ExplainedStep(step="fan_out", passed=None, detail=detail))
    else:
        steps.append(ExplainedStep(step="fan_out", passed=None, detail="waits for its turn"))
    return steps


def message_step(message: MessageView) -> ExplainedStep:
    facts: dict[str, Json] = {
        "status": message.status.wire,
        "attempts": message.attempts,
        "error_reason": message.error_reason,
    }
    passed = {Status.FAILED: False, Status.CANCELED: False, Status.PENDING: None, Status.ERRORED: None}
    detail = message.status.wire + (f": {message.error_reason}" if message.error_reason else "")
    return ExplainedStep(step="message", passed=passed.get(message.status, True), detail=detail, facts=facts)


def event_steps(events: Sequence[MessageEventView]) -> list[ExplainedStep]:
    """The provider's answers and the device's receipts, in their order."""
    steps = []
    for event in events:
        if event.event_type in PROVIDER_EVENTS:
            passed = event.event_type is MessageEventType.SENT
            step = "provider"
        elif event.event_type in RECEIPT_EVENTS:
            passed, step = True, "receipt"
        else:
            continue
        detail = event.event_type.wire + (f": {event.reason}" if event.reason else "")
        facts: dict[str, Json] = {"occurred_at": event.occurred_at.isoformat(), **event.metadata}
        steps.append(ExplainedStep(step=step, passed=passed, detail=detail, facts=facts))
    return steps
