"""The push channel's sender: one per process, safe for concurrent batches."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.push.courier import Route
from adapters.channels.push.delivery import Delivery
from application.ports.channels import MayStart, Report, SendBatch
from domain.messaging.outcome import CredentialFault, NotAttempted, Rejected
from domain.shared.channels import SubscriptionType

LEAST_WIDTH = 16
"""Coroutines that even the latest of many concurrent batches gets."""


class PushSender:
    """Sends batches over the route of their subscription type; holds the connections."""

    def __init__(self, routes: Mapping[SubscriptionType, Route], max_in_flight: int) -> None:
        self._routes = routes
        self._max_in_flight = max(1, max_in_flight)
        self._under_way = 0

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        """Report every envelope exactly once before returning; raises only CancelledError.

        A batch of a type that is no push, or with another provider's credential, is the caller's bug.
        """
        route = self._routes.get(batch.type)
        if route is None:
            for index in range(len(batch.envelopes)):
                report(index, Rejected("wrong_subscription_type", bug=True))
            return
        if batch.credential.provider != route.provider:
            fault = CredentialFault("credential_of_another_provider", batch.credential.version)
            for index in range(len(batch.envelopes)):
                report(index, NotAttempted("credential_fault") if index else fault)
            return
        self._under_way += 1
        try:
            # Shares of the in-flight bound, so that concurrent batches seldom queue for a slot.
            width = max(LEAST_WIDTH, self._max_in_flight // self._under_way)
            await Delivery(batch, report, may_start).run(route, width)
        finally:
            self._under_way -= 1

    async def close(self) -> None:
        """Close all connections; sends under way end as Deferred."""
        for route in self._routes.values():
            await route.close()
