"""Alerts by e-mail, sent through the platform itself: to e-mail subscriptions of the application's own users."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence

import attrs

from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.ports.applications import Applications
from domain.applications.channel_state import Alert
from domain.messaging.event import Source
from domain.shared.channels import Channel, Lane
from domain.shared.errors import CommitUnknown, IdempotencyInProgress, SignalError, Unavailable

log = logging.getLogger(__name__)

WORDS = {
    "ko": ("알림", "해결됨", "종류", "심각도", "발생 시각", "해결 시각", "자세히"),
    "en": ("Alert", "Resolved", "Kind", "Severity", "Raised at", "Resolved at", "Details"),
}


@attrs.frozen
class AlertMailer:
    """Implements `application.ports.alerting.AlertMail`."""

    accept: AcceptMessagesUseCase
    applications: Applications

    async def send(self, alert: Alert, external_ids: Sequence[str], *, key: str, recovered: bool) -> bool:
        assert alert.application_id is not None
        application = await self.applications.get(alert.application_id)
        language = "ko" if application.settings.default_language.startswith("ko") else "en"
        mail = {
            "subject": subject(alert, application.name, language, recovered),
            "text": text(alert, language),
        }
        targets = [Target(index, external_id=one) for index, one in enumerate(external_ids)]
        command = AcceptMessages(
            alert.application_id,
            [MessageRequest(targets, {Channel.EMAIL: mail}, lane=Lane.TRANSACTIONAL)],
            idempotency_key=key,
            request_hash=hashlib.sha256(key.encode()).digest(),
            allow_partial=True,
            source=Source.RECONCILER,
        )
        try:
            await self.accept(command)
        except (Unavailable, CommitUnknown, IdempotencyInProgress):
            return False
        except SignalError as error:
            # No e-mail credential, no quota: the alert stands in the list and went to the webhooks all the same.
            log.warning("alert %s cannot be sent by e-mail: %s", alert.id, error)
        return True


def subject(alert: Alert, application: str, language: str, recovered: bool) -> str:
    """One line that says what and where."""
    words = WORDS[language]
    return f"[{words[1] if recovered else words[0]}] {' '.join(application.split())}: {alert.kind}"


def text(alert: Alert, language: str) -> str:
    """What is known, a line each."""
    words = WORDS[language]
    lines = [
        f"{words[2]}: {alert.kind}",
        f"{words[3]}: {alert.severity}",
        f"{words[4]}: {alert.raised_at:%Y-%m-%d %H:%M:%S} UTC",
    ]
    if alert.resolved_at is not None:
        lines.append(f"{words[5]}: {alert.resolved_at:%Y-%m-%d %H:%M:%S} UTC")
    detail = json.dumps(dict(alert.detail), ensure_ascii=False, indent=2, sort_keys=True)
    return "\n".join([*lines, "", f"{words[6]}:", detail, ""])
