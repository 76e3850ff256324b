"""NHN Cloud SMS's webhooks: results, opt-outs by an 080 number, and receipts from abroad."""

from __future__ import annotations

from datetime import datetime

from adapters.channels.frame.failure_report import failure_report
from adapters.channels.frame.korean_time import parse_time
from adapters.channels.frame.nhn.http_calls import NhnCalls
from adapters.channels.frame.nhn.webhook import ABROAD, RESULTS, UNSUBSCRIBED, Hook, read_webhook
from adapters.channels.frame.phone_codes import SMS_BLOCKED
from adapters.channels.frame.phone_numbers import from_digits
from adapters.channels.sms.nhn.codes import ABROAD_DELIVERED, ABROAD_WAITS, abroad_rule
from adapters.channels.sms.nhn.results import reference_of, result_report
from adapters.channels.sms.nhn.route import NhnRoute
from application.ports.channels import ChannelSettings
from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.messaging.client_ref import message_of
from domain.messaging.event import MessageEventType
from domain.messaging.report import AddressReport, MessageReport, ProviderReport
from domain.shared.channels import SubscriptionType


class NhnCallbacks:
    """Reads the webhooks of one process."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._route = NhnRoute(settings)

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Raise Forbidden for the wrong signature text, InvalidInput for what is no webhook; other events are passed
        over."""
        webhook = read_webhook(callback)
        reports: list[ProviderReport] = []
        for hook in webhook.hooks:
            report: ProviderReport | None = None
            if webhook.event == RESULTS:
                report = result_report(
                    hook.reference,
                    hook.result_code,
                    told_at=hook.receive_date,
                    seen_at=callback.received_at,
                    provider_id=hook.provider_id,
                    recipient=hook.korean_recipient,
                )
            elif webhook.event == UNSUBSCRIBED:
                report = _opt_out(hook, callback.received_at)
            elif webhook.event == ABROAD and hook.dlr_status not in ABROAD_WAITS:
                report = await _from_abroad(
                    self._route.calls(callback.credential), hook, callback.received_at
                )
            if report is not None:
                reports.append(report)
        return CallbackAnswer(reports)

    async def close(self) -> None:
        """Close the connections."""
        await self._route.close()


def _opt_out(hook: Hook, now: datetime) -> AddressReport | None:
    if not any(character.isdigit() for character in hook.recipient_no):
        return None
    at = min(parse_time(hook.created_date_time, otherwise=now), now)
    return AddressReport(
        SubscriptionType.SMS, from_digits(hook.recipient_no), at, "080_opt_out", code=SMS_BLOCKED
    )


async def _from_abroad(calls: NhnCalls, hook: Hook, now: datetime) -> MessageReport | None:
    """The event names the message by NHN's id alone: our reference is asked for."""
    message_id = message_of(await reference_of(calls, hook.request_id, hook.recipient_seq))
    if message_id is None:
        return None
    if hook.dlr_status == ABROAD_DELIVERED:
        return MessageReport(
            message_id, MessageEventType.RECEIVED, now, ABROAD_DELIVERED, provider_id=hook.provider_id
        )
    return failure_report(
        abroad_rule(hook.error_code),
        f"dlr_{hook.error_code or hook.dlr_status.lower()}",
        message_id=message_id,
        occurred_at=now,
        provider_id=hook.provider_id,
    )
