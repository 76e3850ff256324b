"""NHN Cloud KakaoTalk Bizmessage's webhooks: results of AlimTalks."""

from __future__ import annotations

from typing import Final

from adapters.channels.frame.nhn.webhook import RESULTS, read_webhook
from adapters.channels.kakao.nhn.results import result_report
from application.ports.channels import ChannelSettings
from application.ports.delivery_reports import Callback, CallbackAnswer

ALIMTALK: Final = "ALIMTALK"


class NhnCallbacks:
    """Reads the webhooks; asks nobody."""

    def __init__(self, settings: ChannelSettings) -> None:
        """`settings` are not needed: each result carries our reference."""

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Raise Forbidden for the wrong signature text, InvalidInput for what is no webhook; other events, and kinds of
        message that are not ours, are passed over."""
        webhook = read_webhook(callback)
        if webhook.event != RESULTS:
            return CallbackAnswer()
        found = [
            result_report(
                hook.reference,
                hook.result_code,
                told_at=hook.receive_date,
                seen_at=callback.received_at,
                provider_id=hook.provider_id,
                recipient=hook.korean_recipient,
            )
            for hook in webhook.hooks
            if not hook.kakao_message_type or hook.kakao_message_type.startswith(ALIMTALK)
        ]
        return CallbackAnswer([report for report in found if report is not None])

    async def close(self) -> None:
        """Nothing is open."""
