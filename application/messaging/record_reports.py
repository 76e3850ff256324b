"""Record what providers report: messages move on, subscriptions get codes, whoever says STOP is left alone.

Reports come more than once, in any order, and sometimes from somebody else. A report about a message of another application, or of
a type that the provider does not serve, is refused as unknown; the same report again changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import attrs

from application.messaging.receipt_plan import Verdict
from application.messaging.record_receipts import MAX_REASON, NEWEST, RecordCall, RecordReceipts
from application.ports.addresses import AddressChange, Addresses
from application.ports.clock import Clock
from application.ports.log_context import listed
from application.ports.provider_directory import ProviderDirectory
from application.ports.receipts import Effects, ReceiptItem
from application.ports.tracing import CURRENT
from application.ports.vault import Vault
from domain.messaging.event import MessageEventType, Source, event_id
from domain.messaging.outcome import storable_details
from domain.messaging.report import AddressReport, MessageReport, ProviderReport
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json, storable

log = logging.getLogger(__name__)


@attrs.frozen(slots=True)
class Recorded:
    """What became of the reports of one call."""

    accepted: int = 0
    """Recorded now or earlier."""
    refused: int = 0
    """About messages that are not this application's, or too old."""
    addresses: int = 0
    """Subscriptions that changed because of what was said of their address."""


class RecordReports:
    """`await record(application_id, provider, reports)`; safe to repeat."""

    def __init__(
        self,
        receipts: RecordReceipts,
        addresses: Addresses,
        providers: ProviderDirectory,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self._receipts = receipts
        self._addresses = addresses
        self._providers = providers
        self._vault = vault
        self._clock = clock

    async def __call__(
        self, application_id: UUID, provider: str, reports: Sequence[ProviderReport]
    ) -> Recorded:
        """Raise Unavailable when storage is away; then the provider is to report again."""
        types = frozenset(self._providers.types_of(provider))
        messages = [one for one in reports if isinstance(one, MessageReport)]
        addresses = [one for one in reports if isinstance(one, AddressReport) and one.type in types]
        verdicts: list[Verdict] = []
        if messages:
            items = [self._item(application_id, provider, types, one) for one in messages]
            (verdicts,) = await self._receipts.record([RecordCall(items, CURRENT.get())])
        accepted = sum(verdict is Verdict.ACCEPTED for verdict in verdicts)
        if accepted < len(verdicts):
            log.warning(
                "%d reports of %s for application %s were refused: unknown or too old",
                len(verdicts) - accepted,
                provider,
                application_id,
                extra={
                    "message_ids": listed(
                        one.message_id
                        for one, verdict in zip(messages, verdicts, strict=True)
                        if verdict is not Verdict.ACCEPTED
                    )
                },
            )
        changed = 0
        if addresses:
            now = self._clock.now()
            changes = [self._change(application_id, one, now) for one in addresses]
            changed = await self._addresses.report(application_id, changes, now)
        return Recorded(accepted, len(verdicts) - accepted, changed)

    def _item(
        self, application_id: UUID, provider: str, types: frozenset[SubscriptionType], report: MessageReport
    ) -> ReceiptItem:
        metadata: dict[str, Json] = {**storable_details(report.details), "provider": provider}
        if report.provider_id is not None:
            metadata["provider_id"] = storable(report.provider_id)
        code = report.subscription_code if report.subscription_code is not None else report.message_code
        if code is not None:
            metadata["code"] = code
        failed = report.event is MessageEventType.FAILED
        return ReceiptItem(
            event_id=_identity(report),
            message_id=report.message_id,
            event_type=report.event,
            occurred_at=min(report.occurred_at, self._clock.now() + NEWEST),
            source=Source.PROVIDER,
            application_id=application_id,
            reason=None if report.reason is None else storable(report.reason[:MAX_REASON]),
            metadata=metadata,
            effects=Effects(
                code=report.subscription_code,
                soft=report.soft,
                clears=report.clears,
                gives_back=failed and self._bills_on_delivery(provider, types),
                indexes=self._indexes(application_id, report.recipient) if report.recipient else (),
                types=types,
            ),
        )

    def _change(self, application_id: UUID, report: AddressReport, now: datetime) -> AddressChange:
        index, key_id = self._vault.blind_index(report.address, application_id=application_id)
        return AddressChange(
            report.type,
            index,
            key_id,
            self._indexes(application_id, report.address),
            min(report.occurred_at, now),
            storable(report.reason[:MAX_REASON]),
            report.code,
            report.clears,
        )

    def _indexes(self, application_id: UUID, address: str) -> list[bytes]:
        """During a rotation an address may still be indexed under an older key."""
        return [
            self._vault.blind_index(address, application_id=application_id, key_id=key)[0]
            for key in self._vault.key_ids()
        ]

    def _bills_on_delivery(self, provider: str, types: frozenset[SubscriptionType]) -> bool:
        return any(self._providers.capabilities(type_, provider).bills_on_delivery for type_ in types)


def _identity(report: MessageReport) -> UUID:
    """The same report is the same event; what moves a message happens to it once, other statements once a moment."""
    if report.event is not MessageEventType.REPORTED:
        return event_id(report.message_id, None, report.event)
    said = f"{report.reason}|{report.occurred_at.isoformat()}"
    return event_id(report.message_id, None, report.event, storable(said).encode())
