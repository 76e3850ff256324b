"""Gather receipts of many devices into one transaction: each posts its own request, the database sees few."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from application.messaging.group_commit import GroupCommit
from application.messaging.receipt_plan import Verdict
from application.messaging.record_receipts import Receipt, RecordCall, RecordReceipts
from domain.messaging.event import Source
from domain.shared.errors import InvalidInput, SignalError

ALONE = 500
"""A call with more receipts than this is a transaction of its own."""

_Answer = list[Verdict] | SignalError


class ReceiptGatherer:
    """Called like RecordReceipts. Concurrent calls wait a few milliseconds for one another and share a commit."""

    def __init__(
        self,
        record: RecordReceipts,
        *,
        window: float = 0.004,
        at_most: int = 600,
        concurrency: int = 3,
        waiting_room: int = 5_000,
    ) -> None:
        """`window` in seconds; `at_most` receipts share a transaction, and PostgreSQL writes one group while the next is
        made ready; more calls than `waiting_room` get Unavailable."""
        self._record = record
        self.gatherer: GroupCommit[RecordCall, _Answer] = GroupCommit(
            self._record_group,
            window=window,
            at_most=at_most,
            concurrency=concurrency,
            waiting_room=waiting_room,
            weigh=lambda call: len(call.items),
        )

    async def __call__(
        self,
        application_id: UUID,
        receipts: Sequence[Receipt],
        source: Source,
        *,
        install_id: UUID | None = None,
    ) -> list[Verdict]:
        """One Verdict per receipt. Raise InvalidInput for this call's own mistakes, Unavailable under overload."""
        call = self._record.check(application_id, receipts, source, install_id=install_id)
        if len(call.items) > ALONE:
            (verdicts,) = await self._record.record([call])
            return verdicts
        answer = await self.gatherer.submit(call)
        if isinstance(answer, SignalError):
            raise answer
        return answer

    async def close(self) -> None:
        """Wait until everything that was submitted has its answer."""
        await self.gatherer.close()

    async def _record_group(self, calls: Sequence[RecordCall]) -> Sequence[_Answer]:
        """A value that the database refuses bisects the group, so that neighbours succeed."""
        try:
            return await self._record.record(calls)
        except InvalidInput as refused:
            if len(calls) == 1:
                return [refused]
        middle = len(calls) // 2
        return [*await self._record_group(calls[:middle]), *await self._record_group(calls[middle:])]
