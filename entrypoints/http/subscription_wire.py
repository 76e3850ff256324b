"""Subscriptions as both APIs write them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from domain.audience.device import DeviceReport, Permission
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import SubscriptionEvent
from domain.shared.unset import UNSET as UNCHANGED
from domain.shared.unset import Unset
from entrypoints.http.decoding import In, Out
from entrypoints.http.wire import CountryCode, Json, TestType, Text, Timestamp, TypeName


class DeviceIn(In):
    """What is known of the device; null forgets a value."""

    device_model: Text | UnsetType | None = UNSET
    device_os: Text | UnsetType | None = UNSET
    device_language: Text | UnsetType | None = UNSET
    app_version: Text | UnsetType | None = UNSET
    sdk_version: Text | UnsetType | None = UNSET
    country_code: CountryCode | UnsetType | None = UNSET
    test_type: TestType | UnsetType = UNSET


class SubscriptionOut(Out):
    """A subscription. Its token is never told: `has_token` says whether there is one."""

    id: UUID
    application_id: UUID
    user_id: UUID | None
    external_id: str | None
    type: TypeName
    has_token: bool
    subscription_status: Annotated[
        int, Meta(description="1 and above: subscribed; the catalogue lists the rest")
    ]
    error_code_range: str
    device_model: str | None
    device_os: str | None
    device_language: str | None
    app_version: str | None
    sdk_version: str | None
    country_code: str | None
    test_type: int
    tags: Json
    enabled: bool
    subscribed_at: Timestamp | None
    unsubscribed_at: Timestamp | None
    last_active_at: Timestamp | None
    total_messages_received: int
    total_messages_converted: int
    created_at: Timestamp
    updated_at: Timestamp
    is_archived: bool
    archived_at: Timestamp | None


class SubscriptionPage(Out):
    """Subscriptions in the order of creation."""

    items: list[SubscriptionOut]
    next_cursor: str | None


class SubscriptionEventOut(Out):
    """One line of a subscription's history."""

    id: UUID
    user_id: UUID | None
    subscription_id: UUID
    application_id: UUID
    event_type: str
    channel: str
    source: str
    reason: str | None
    metadata: Json
    occurred_at: Timestamp


class SubscriptionEventPage(Out):
    """Events in the order in which they happened."""

    items: list[SubscriptionEventOut]
    next_cursor: str | None


def subscription_out(one: Subscription, external_id: str | None) -> SubscriptionOut:
    return SubscriptionOut(
        id=one.id,
        application_id=one.application_id,
        user_id=one.user_id,
        external_id=external_id,
        type=one.type.wire,
        has_token=one.token is not None,
        subscription_status=one.subscription_status,
        error_code_range=str(one.error_code_range),
        device_model=one.device_model,
        device_os=one.device_os,
        device_language=one.device_language,
        app_version=one.app_version,
        sdk_version=one.sdk_version,
        country_code=one.country_code,
        test_type=one.test_type,
        tags=dict(one.tags),
        enabled=one.enabled,
        subscribed_at=one.subscribed_at,
        unsubscribed_at=one.unsubscribed_at,
        last_active_at=one.last_active_at,
        total_messages_received=one.total_messages_received,
        total_messages_converted=one.total_messages_converted,
        created_at=one.created_at,
        updated_at=one.updated_at,
        is_archived=one.is_archived,
        archived_at=one.archived_at,
    )


def event_out(one: SubscriptionEvent) -> SubscriptionEventOut:
    return SubscriptionEventOut(
        id=one.id,
        user_id=one.user_id,
        subscription_id=one.subscription_id,
        application_id=one.application_id,
        event_type=str(one.event_type),
        channel=one.channel,
        source=one.source,
        reason=one.reason,
        metadata=dict(one.metadata),
        occurred_at=one.occurred_at,
    )


def device_report(body: DeviceIn) -> DeviceReport:
    """Raise InvalidInput, naming the field, for a value that breaks its rule."""
    return DeviceReport(
        device_model=_or_unchanged(body.device_model),
        device_os=_or_unchanged(body.device_os),
        device_language=_or_unchanged(body.device_language),
        app_version=_or_unchanged(body.app_version),
        sdk_version=_or_unchanged(body.sdk_version),
        country_code=_or_unchanged(body.country_code),
        test_type=UNCHANGED if body.test_type is UNSET else body.test_type,
    )


def _or_unchanged(value: str | UnsetType | None) -> str | Unset | None:
    return UNCHANGED if value is UNSET else value


def permission_of(name: str | UnsetType) -> Permission | Unset:
    return UNCHANGED if name is UNSET else Permission.from_wire(name)
