"""A channel's sender: one per process, safe for concurrent batches; each batch goes over its provider's route."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence

import structlog

from adapters.channels.frame.courier import LooksUp, Polls, Route, Tries
from adapters.channels.frame.delivery import Delivery
from application.ports.channels import (
    Credential,
    InquiryBatch,
    MayStart,
    Poll,
    Polled,
    Report,
    SendBatch,
    Tried,
)
from domain.messaging.outcome import CredentialFault, Finding, NotAttempted, Rejected, Unknown
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEAST_WIDTH = 16
"""Coroutines that even the latest of many concurrent batches gets."""


class RoutedSender:
    """Sends batches over the route of their subscription type and credential; holds the connections."""

    def __init__(self, routes: Mapping[SubscriptionType, Sequence[Route]], max_in_flight: int) -> None:
        """`routes`: for each type the routes of the providers that serve it; a route may serve several types."""
        self._routes = {
            type_: {route.provider: route for route in serving} for type_, serving in routes.items()
        }
        self._max_in_flight = max(1, max_in_flight)
        self._under_way = 0

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        """Report every envelope exactly once before returning; raises only CancelledError.

        A batch of a type that is none of this channel's, or with another provider's credential, is the caller's bug.
        """
        serving = self._routes.get(batch.type)
        if serving is None:
            for index in range(len(batch.envelopes)):
                report(index, Rejected("wrong_subscription_type", bug=True))
            return
        route = serving.get(batch.credential.provider)
        if route is None:
            fault = CredentialFault("credential_of_another_provider", batch.credential.version)
            for index in range(len(batch.envelopes)):
                report(index, NotAttempted("credential_fault") if index else fault)
            return
        self._under_way += 1
        try:
            # Shares of the in-flight bound, so that concurrent batches seldom queue for a slot.
            width = max(LEAST_WIDTH, self._max_in_flight // self._under_way)
            await Delivery(batch, report, may_start, claims=route.claims).run(route, width)
        finally:
            self._under_way -= 1

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """Unknown for all where the provider cannot be asked."""
        route: object = self._routes.get(batch.type, {}).get(batch.credential.provider)
        if not isinstance(route, LooksUp):
            return [Unknown("cannot_be_asked")] * len(batch.inquiries)
        try:
            findings = await route.look_up(batch)
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("channel_look_up_failed", error=type(error).__name__, at=f"{at.filename}:{at.lineno}")
            return [Unknown("look_up_failed")] * len(batch.inquiries)
        assert len(findings) == len(batch.inquiries), "a route answers every inquiry"
        return findings

    async def poll(self, poll: Poll) -> Polled:
        """Nothing where the provider is not asked for reports. A provider of several types is asked once."""
        for serving in self._routes.values():
            route: object = serving.get(poll.credential.provider)
            if isinstance(route, Polls):
                return await route.poll(poll)
        return Polled((), poll.cursor)

    async def try_credential(self, type: SubscriptionType, credential: Credential) -> Tried | None:
        """None where the provider offers no way to."""
        route: object = self._routes.get(type, {}).get(credential.provider)
        if not isinstance(route, Tries):
            return None
        try:
            return await route.try_credential(credential)
        except KeyError as missing:
            details = {"field": str(missing.args[0])}
            return Tried(CredentialFault("invalid_credential", credential.version, details=details))
        except InvalidInput as error:
            details = {"field": error.field or ""}
            return Tried(CredentialFault("invalid_credential", credential.version, details=details))

    async def close(self) -> None:
        """Close all connections; sends under way end as unknown."""
        closed: set[int] = set()
        for serving in self._routes.values():
            for route in serving.values():
                if id(route) not in closed:
                    closed.add(id(route))
                    await route.close()
