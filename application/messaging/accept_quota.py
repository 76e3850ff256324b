"""What a group of accept calls asks of the quota, and who is served: whole calls in arrival order, the rest refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import attrs

from application.messaging.accept_draft import Draft
from application.ports.accept_store import AcceptTransaction, ReservationAnswer, ReservationAsk
from application.ports.identifiers import Identifiers
from domain.quota.windows import windows_at
from domain.shared.channels import Channel
from domain.shared.errors import CreditExhausted, QuotaExceeded, SignalError

Window = tuple[Channel, date, date]
Owned = tuple[object, UUID, Window]
"""("shared" or the number of a call, application, window): what one reservation covers."""


class QuotaAsks:
    """The reservations that these drafts need, each with the id that it will have. Small calls share theirs."""

    def __init__(self, drafts: Mapping[int, Draft], identifiers: Identifiers) -> None:
        self._drafts = drafts
        self._asks: dict[Owned, ReservationAsk] = {}
        self._wanted = {number: draft.windows() for number, draft in drafts.items()}
        for number, draft in drafts.items():
            for owned, n in self._owned(number, draft).items():
                ask = self._asks.get(owned)
                _, application_id, window = owned
                self._asks[owned] = (
                    ReservationAsk(
                        identifiers.one(),
                        application_id,
                        *window[:1],
                        n,
                        *window[1:],
                        partial=draft.command.allow_partial,
                    )
                    if ask is None
                    # Several calls in one grant: what does not fit is found out below, call by call.
                    else attrs.evolve(ask, n=ask.n + n, partial=True)
                )

    def reservations(self, number: int) -> dict[Window, UUID]:
        """The ids of a call's reservations by window, granted or not yet."""
        return {owned[2]: self._asks[owned].id for owned in self._owned(number, self._drafts[number])}

    async def grant(self, transaction: AcceptTransaction, now: datetime) -> dict[int, SignalError]:
        """Reserve; answer the refusals by call. A draft that takes what fits (allow_partial) loses its tail."""
        if not self._asks:
            return {}
        replies = dict(
            zip(self._asks, await transaction.reserve(list(self._asks.values()), now), strict=True)
        )
        left = {owned: reply.granted for owned, reply in replies.items()}
        refused: dict[int, SignalError] = {}
        for number, draft in self._drafts.items():
            mine = self._owned(number, draft)
            short = next((owned for owned, n in mine.items() if left[owned] < n), None)
            if short is not None and not (draft.command.allow_partial and left[short] > 0 and len(mine) == 1):
                refused[number] = _refusal(draft, replies[short], sum(mine.values()))
                continue
            if short is not None:
                draft.refuse_tail(left[short], "quota_exceeded", "the quota has no room for this message")
            for owned, n in mine.items():
                left[owned] -= min(left[owned], n)
        for owned, unused in left.items():
            if unused > 0:
                await transaction.give_back(self._asks[owned], unused, now)
        return refused

    def _owned(self, number: int, draft: Draft) -> dict[Owned, int]:
        owner: object = "shared" if draft.shares else number
        application_id = draft.command.application_id
        return {(owner, application_id, window): n for window, n in self._wanted[number].items()}


def _refusal(draft: Draft, reply: ReservationAnswer, wanted: int) -> SignalError:
    if reply.refused_by == "credit":
        return CreditExhausted(
            f"the prepaid credit does not cover {wanted} messages",
            fix="top up the credit or send fewer messages",
        )
    kind = "monthly" if reply.refused_by == "monthly" else "daily"
    return QuotaExceeded(
        f"{wanted} messages do not fit into the {kind} quota",
        reset_date=_reset_date(draft, monthly=kind == "monthly"),
        extra={"quota": kind},
    )


def _reset_date(draft: Draft, *, monthly: bool) -> datetime:
    windows = windows_at(draft.now, draft.profile.time_zone.key)
    return windows.monthly_reset if monthly else windows.daily_reset
