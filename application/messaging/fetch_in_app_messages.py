"""The in-app messages that an install may show some time: those that no rule excludes for certain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs

from application.messaging.rendered import Rendered
from application.ports.clock import Clock
from application.ports.in_app_inbox import InAppInbox, InAppRecipient, WaitingInApp
from domain.messaging.content import Body
from domain.messaging.in_app.content import VERSION, InAppRules, read_rules
from domain.messaging.in_app.evaluation import (
    Candidate,
    DisplayContext,
    DisplayVerdict,
    evaluate,
    in_order,
)
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput, NotFound
from domain.shared.json_values import Json

MOST: Final = 50
"""As many as an SDK keeps."""
SCANNED: Final = 200
NEXT_FETCH_SECONDS: Final = 60
_LATER: Final = frozenset({DisplayVerdict.NOT_STARTED, DisplayVerdict.MIN_GAP})
"""What stands in the way now and will not: the device waits for it by itself."""


@attrs.frozen(slots=True)
class FetchedInApp:
    """`etag` is the same for the same messages."""

    messages: Sequence[Mapping[str, Json]]
    etag: str
    next_fetch_seconds: int = NEXT_FETCH_SECONDS


@attrs.frozen(kw_only=True)
class FetchInAppMessages:
    inbox: InAppInbox
    rendered: Rendered
    clock: Clock

    async def __call__(self, application_id: UUID, subscription_id: UUID, install_id: UUID) -> FetchedInApp:
        """Best first. Raise NotFound for a subscription that is not an in-app subscription of this install."""
        recipient = await self.inbox.recipient(application_id, subscription_id, install_id)
        if recipient is None:
            raise NotFound("the install has no such in-app subscription", field="subscription_id")
        now = self.clock.now()
        waiting = await self.inbox.waiting(subscription_id, now=now, limit=SCANNED)
        kept: dict[UUID, WaitingInApp] = {}
        candidates: list[Candidate] = []
        for one in waiting:
            # Whoever was logged in when it was sent must still be: a shared device shows nobody another's messages.
            if one.user_id not in (None, recipient.user_id):
                continue
            body = self.rendered.body(
                application_id,
                one.message_id,
                Channel.IN_APP,
                one.content_id,
                one.body,
                one.template,
                one.variables,
            )
            rules = None if body is None else _rules(body)
            if body is None or rules is None:
                continue
            verdict = evaluate(rules, self._context(one, recipient))
            if verdict is DisplayVerdict.SHOW or verdict in _LATER:
                kept[one.message_id] = attrs.evolve(one, body=body)
                candidates.append(Candidate(one.message_id, rules))
        messages = [_served(kept[candidate.id]) for candidate in in_order(candidates)[:MOST]]
        return FetchedInApp(messages, _etag(messages))

    def _context(self, one: WaitingInApp, recipient: InAppRecipient) -> DisplayContext:
        device = recipient.device
        return DisplayContext(
            now=self.clock.now(),
            app_version=device.get("app_version"),
            sdk_version=device.get("sdk_version"),
            os=_os(device.get("device_os")),
            lang=device.get("device_language"),
            subscription_status=recipient.status,
            shown_total=0 if one.seen_at is None else 1,
            last_shown_at=one.seen_at,
            tags=recipient.tags,
            attr=dict(device),
        )


def _rules(body: Body) -> InAppRules | None:
    try:
        return read_rules(body)
    except InvalidInput:
        return None  # accepted by an older rule; no device would show it


def _os(text: str | None) -> str | None:
    """`iOS 18.1` is ios."""
    return None if not text else text.split()[0].lower()


def _served(one: WaitingInApp) -> dict[str, Json]:
    campaign = None if one.campaign_id is None else str(one.campaign_id)
    return {**one.body, "v": VERSION, "id": str(one.message_id), "campaign_id": campaign}


def _etag(messages: Sequence[Mapping[str, Json]]) -> str:
    text = json.dumps(messages, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
