"""What the quota use cases are asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import attrs

from domain.quota.entries import BillingMode, EntryKind
from domain.shared.channels import Channel
from domain.shared.page import DEFAULT_LIMIT
from domain.shared.unset import UNSET, Unset


@attrs.frozen(kw_only=True)
class ReadQuotaCommand:
    application_id: UUID


@attrs.frozen(kw_only=True)
class SetQuotaCommand:
    """What is UNSET stays as it is; a limit of None is unlimited."""

    application_id: UUID
    daily_quota: int | Unset | None = UNSET
    monthly_quota: int | Unset | None = UNSET
    billing_mode: BillingMode | Unset = UNSET
    billing_currency: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class SetUnitPricesCommand:
    """Prices per message in the billing currency; channels that are not named keep theirs."""

    application_id: UUID
    unit_prices: Mapping[Channel, Decimal]


@attrs.frozen(kw_only=True)
class TopUpCreditCommand:
    application_id: UUID
    amount: Decimal
    currency: str
    reference: str | None = None
    """The payment's own number: a second top-up with it moves nothing."""
    note: str | None = None


@attrs.frozen(kw_only=True)
class AdjustCreditCommand:
    """A correction by an operator: positive in the application's favour, negative to its cost."""

    application_id: UUID
    amount: Decimal
    currency: str
    note: str
    reference: str | None = None


@attrs.frozen(kw_only=True)
class ListLedgerEntriesCommand:
    application_id: UUID
    kind: EntryKind | None = None
    reservation_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(kw_only=True)
class CheckLedgerCommand:
    """The ledger of one application, or of all (None)."""

    application_id: UUID | None = None
    with_messages: bool = True
    """Also count messages that are not final: reads every message row."""
