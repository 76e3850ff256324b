"""Texts, numbers and names as every document of this API writes them; the literals are pinned to the domain by a test."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json as JsonValue
from entrypoints.http.decoding import In

ChannelName = Annotated[
    str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$", extra_json_schema={"enum": [one.wire for one in Channel]})
]
"""Open to channels that plug-ins declare: which ones there are is asked of the domain, and written down when this is imported."""
TypeName = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z][A-Za-z0-9]{0,31}$",
        extra_json_schema={"enum": [one.wire for one in SubscriptionType]},
    ),
]
LaneName = Literal["transactional", "bulk"]
StatusName = Literal["pending", "successful", "failed", "errored", "received", "converted", "canceled"]
PermissionName = Literal["not_asked", "pending", "granted", "denied"]
ProviderName = Annotated[
    str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$", description="As the channels name it: apns, fcm …")
]
BillingModeName = Literal["postpaid", "prepaid"]

Timestamp = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with a zone."""
Token = Annotated[str, Meta(min_length=1, max_length=4096)]
Text = Annotated[str, Meta(max_length=128)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=256)]
CountryCode = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2, as KR")]
TestType = Annotated[int, Meta(ge=0, le=2, description="0 production, 1 development, 2 ad-hoc")]
FactKey = Annotated[str, Meta(min_length=1, max_length=128)]
Scalar = str | int | float | bool | None
Facts = Annotated[dict[FactKey, Scalar | list[Scalar]], Meta(max_length=100)]
"""Tags and properties: flat, at most 100 keys and 8 KiB."""
FactNames = Annotated[list[FactKey], Meta(max_length=100)]
Amount = Annotated[str, Meta(pattern=r"^\d{1,12}(\.\d{1,6})?$", description="Decimal text, e.g. 6.5")]
SignedAmount = Annotated[
    str, Meta(pattern=r"^-?\d{1,12}(\.\d{1,6})?$", description="Decimal text, e.g. -6.5")
]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
Limit = Annotated[int, Meta(ge=1, le=200, description="Items of one page")]
Cursor = Annotated[str, Meta(min_length=1, max_length=512, description="`next_cursor` of the page before")]
Json = dict[str, Any]
OpenMeta = Meta(extra_json_schema={"additionalProperties": True})


class PageQuery(In):
    """Which page."""

    limit: Limit = 50
    cursor: Cursor | None = None


class FactChanges(In):
    """Keys to set and keys to remove; others stay."""

    set: Facts = msgspec.field(default_factory=dict)
    remove: FactNames = msgspec.field(default_factory=list)


class Nothing(In):
    """An object without fields."""


def facts(given: Facts) -> dict[str, JsonValue]:
    """The same facts as the domain names their type."""
    return cast(dict[str, JsonValue], given)


def decimal(text: str, *, field: str) -> Decimal:
    """The amount a pattern has checked."""
    try:
        return Decimal(text.strip())
    except ArithmeticError:
        raise InvalidInput(f"{field} is not a number", field=field, fix="send decimal text") from None


def amount(value: Decimal) -> str:
    """Decimal text without an exponent or trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
