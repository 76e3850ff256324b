"""Drives one batch through a courier: N coroutines pull from one iterator, and every envelope is reported once.

Whatever happens (the lease is lost, the credential is refused, the circuit opens, the task is cancelled, a bug),
an envelope that was not started is NotAttempted and one whose end is not known is Deferred(unknown), or Unknown where
sends are claimed first and never repeated by themselves.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Coroutine, Sequence

import structlog

from adapters.channels.frame.courier import BatchCourier, Courier, Elsewhere, Link, Route
from application.ports.channels import Envelope, MayStart, Report, SendBatch
from domain.messaging.outcome import CredentialFault, Deferred, NotAttempted, Outcome, Unknown

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_WAITING, _STARTED, _REPORTED = 0, 1, 2

POLL = 0.25
"""Seconds between two looks at `may_start` while waiting for a reserved turn."""
NO_TURN_WAIT = 1.0
"""Seconds until messages are offered again when no rate could be reserved."""


class Delivery:
    """One batch under way."""

    def __init__(
        self, batch: SendBatch, report: Report, may_start: MayStart, *, claims: bool = False
    ) -> None:
        """`claims`: a send whose end is not known is Unknown instead of Deferred."""
        self._batch = batch
        self._claims = claims
        self._envelopes = batch.envelopes
        self._report = report
        self._may_start = may_start
        self._deadline = batch.deadline.timestamp() if batch.deadline is not None else None
        self._state = bytearray(len(batch.envelopes))
        self._indices = iter(range(len(batch.envelopes)))
        self._stop: NotAttempted | None = None

    async def run(self, route: Route, width: int) -> None:
        """Send everything with at most `width` coroutines; raises only CancelledError."""
        leftover = NotAttempted("internal_error", retry_after=NO_TURN_WAIT)
        try:
            courier = await route.open(self._batch)
            if isinstance(courier, Outcome):
                self._refuse_all(courier)
            elif isinstance(courier, BatchCourier):
                await self._drive(
                    lambda: self._work_in_batches(courier), -(-len(self._envelopes) // courier.size)
                )
            else:
                await self._drive(lambda: self._work(courier), min(width, len(self._envelopes)))
        except asyncio.CancelledError:
            leftover = NotAttempted("cancelled")
            raise
        except Exception as error:
            _log.error(
                "channel_batch_failed", application_id=str(self._batch.application_id), **_trace(error)
            )
        finally:
            self._settle_rest(leftover)

    async def _drive(self, work: Callable[[], Coroutine[None, None, None]], width: int) -> None:
        if width <= 1:
            await work()
            return
        workers = [asyncio.ensure_future(work()) for _ in range(width)]
        try:
            await asyncio.wait(workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, courier: Courier) -> None:
        envelopes = self._envelopes
        for index in self._indices:
            try:
                outcome = await self._deliver(courier, index, envelopes[index])
            except Exception as error:
                _log.error(
                    "channel_send_failed", message_id=str(envelopes[index].message_id), **_trace(error)
                )
                outcome = Deferred("internal_error", unknown=self._state[index] == _STARTED)
            self._finish(index, outcome)

    async def _work_in_batches(self, courier: BatchCourier) -> None:
        """One request at a time, of at most `courier.size` envelopes that are worth one."""
        for first in self._indices:
            indices: list[int] = []
            index: int | None = first
            while index is not None:
                refusal = courier.place(self._envelopes[index])
                if refusal is None:
                    indices.append(index)
                else:
                    self._finish(index, refusal)
                index = next(self._indices, None) if len(indices) < courier.size else None
            if indices:
                await self._send_batch(courier, indices)

    async def _send_batch(self, courier: BatchCourier, indices: Sequence[int]) -> None:
        link = courier.link
        await link.slots.acquire()
        try:
            refusal = self._refusal(link)
            if refusal is not None:
                for index in indices:
                    self._finish(index, refusal)
                return
            for index in indices:
                self._state[index] = _STARTED
            try:
                outcomes = await courier.deliver([self._envelopes[index] for index in indices])
                assert len(outcomes) == len(indices), "a courier answers every envelope"
            except asyncio.CancelledError:
                link.breaker.abandon()
                raise
            except Exception as error:
                link.breaker.abandon()
                _log.error("channel_send_failed", messages=len(indices), **_trace(error))
                outcomes = [Deferred("internal_error", unknown=True)] * len(indices)
        finally:
            link.slots.release()
        for index, outcome in zip(indices, outcomes, strict=True):
            self._finish(index, outcome)

    async def _deliver(self, courier: Courier, index: int, envelope: Envelope) -> Outcome:
        if self._stop is not None:
            return self._stop
        link = courier.place(envelope)
        while isinstance(link, Link):
            if courier.pacer is not None:
                refusal = await self._turn(courier)
                if refusal is not None:
                    return refusal
            slots = link.slots
            if slots.free:
                slots.free -= 1
            else:
                await slots.acquire()
            try:
                refusal = self._refusal(link)
                if refusal is not None:
                    return refusal
                self._state[index] = _STARTED
                try:
                    answer = await courier.deliver(envelope, link)
                except BaseException:
                    link.breaker.abandon()
                    raise
            finally:
                slots.release()
            if not isinstance(answer, Elsewhere):
                return answer
            link = answer.link
        return link

    def _refusal(self, link: Link) -> NotAttempted | None:
        """Why no send may start now, asked with a slot in hand."""
        if self._stop is not None:
            return self._stop
        if self._deadline is not None and time.time() > self._deadline:
            self._stop = NotAttempted("deadline")
            return self._stop
        if not self._may_start():
            self._stop = NotAttempted()
            return self._stop
        wait = link.breaker.refusal()
        return None if wait is None else NotAttempted("circuit_open", retry_after=wait)

    async def _turn(self, courier: Courier) -> NotAttempted | None:
        assert courier.pacer is not None
        try:
            wait = await courier.pacer.turn()
        except Exception as error:
            _log.error(
                "channel_pacing_failed", application_id=str(self._batch.application_id), **_trace(error)
            )
            self._stop = NotAttempted("pacing_unavailable", retry_after=NO_TURN_WAIT)
            return self._stop
        if wait and self._deadline is not None and time.time() + wait > self._deadline:
            self._stop = self._stop or NotAttempted("paced", retry_after=wait)
        while wait > 0.0 and self._stop is None:
            piece = min(wait, POLL)
            await asyncio.sleep(piece)
            wait -= piece
            if wait > 0.0 and not self._may_start():
                self._stop = NotAttempted()
        return self._stop

    def _refuse_all(self, outcome: Outcome) -> None:
        if isinstance(outcome, CredentialFault) and self._envelopes:
            self._finish(0, outcome)
            outcome = self._stop or outcome
        for index, state in enumerate(self._state):
            if state != _REPORTED:
                self._finish(index, outcome)

    def _finish(self, index: int, outcome: Outcome) -> None:
        if self._state[index] == _REPORTED:
            return
        self._state[index] = _REPORTED
        if self._claims and isinstance(outcome, Deferred) and outcome.unknown:
            outcome = Unknown(outcome.reason, outcome.details)
        if self._stop is None:
            if isinstance(outcome, CredentialFault):
                self._stop = NotAttempted("credential_fault")
            elif isinstance(outcome, Deferred) and outcome.throttle:
                self._stop = NotAttempted("throttled", retry_after=outcome.retry_after)
        try:
            self._report(index, outcome)
        except Exception as error:
            message_id = str(self._envelopes[index].message_id)
            _log.error("channel_report_failed", message_id=message_id, **_trace(error))

    def _settle_rest(self, unstarted: NotAttempted) -> None:
        for index, state in enumerate(self._state):
            if state == _WAITING:
                self._finish(index, unstarted)
            elif state == _STARTED:
                self._finish(index, Deferred("cancelled", unknown=True))


def _trace(error: Exception) -> dict[str, str]:
    """What went wrong and where, without the error's text or locals: both may hold device tokens."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "at": at}
