"""What a subscription has where a condition looks: the value that is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.audience.segment.facts import SubscriptionFacts
from domain.audience.segment.fields import Field, Operator
from domain.audience.segment.predicate import Condition
from domain.audience.status_catalogue import SUBSCRIBED, range_of
from domain.shared.json_values import Json

Found = Json | datetime | UUID | frozenset[Operator]
"""A campaign's is how far it came; None: there is no value."""


def found_value(condition: Condition, facts: SubscriptionFacts) -> Found:
    if condition.field is Field.CAMPAIGN:
        reached = facts.reached_user if condition.of_user else facts.reached
        assert isinstance(condition.value, UUID)
        return reached.get(condition.value, frozenset())
    if condition.key is not None:
        holder = facts.tags if condition.field is Field.TAG else _properties(facts)
        return holder.get(condition.key)
    return _FOUND[condition.field](facts)


def _properties(facts: SubscriptionFacts) -> Mapping[str, Json]:
    return {} if facts.user is None else facts.user.properties


_FOUND: Final[Mapping[Field, Callable[[SubscriptionFacts], Found]]] = {
    Field.CHANNEL: lambda one: one.type.channel.wire,
    Field.TYPE: lambda one: one.type.wire,
    Field.LANGUAGE: lambda one: one.device_language,
    Field.COUNTRY: lambda one: one.country_code,
    Field.APP_VERSION: lambda one: one.app_version,
    Field.SDK_VERSION: lambda one: one.sdk_version,
    Field.DEVICE_MODEL: lambda one: one.device_model,
    Field.DEVICE_OS: lambda one: one.device_os,
    Field.TEST_TYPE: lambda one: one.test_type,
    Field.PERMISSION: lambda one: None if one.permission is None else one.permission.value,
    Field.SUBSCRIBED: lambda one: one.subscription_status >= SUBSCRIBED,
    Field.SUBSCRIPTION_STATUS: lambda one: one.subscription_status,
    Field.ERROR_CODE_RANGE: lambda one: range_of(one.subscription_status).value,
    Field.SUBSCRIBED_AT: lambda one: one.subscribed_at,
    Field.UNSUBSCRIBED_AT: lambda one: one.unsubscribed_at,
    Field.CREATED_AT: lambda one: one.created_at,
    Field.LAST_ACTIVE_AT: lambda one: one.last_active_at,
    Field.MESSAGES_RECEIVED: lambda one: one.messages_received,
    Field.MESSAGES_CONVERTED: lambda one: one.messages_converted,
    Field.LAST_RECEIVED_AT: lambda one: one.last_received_at,
    Field.LAST_CONVERTED_AT: lambda one: one.last_converted_at,
    Field.SUBSCRIPTION_ID: lambda one: one.id,
    Field.HAS_USER: lambda one: one.user is not None,
    Field.EXTERNAL_ID: lambda one: None if one.user is None else one.user.external_id,
    Field.USER_CREATED_AT: lambda one: None if one.user is None else one.user.created_at,
    Field.USER_LAST_ACTIVE_AT: lambda one: None if one.user is None else one.user.last_active_at,
}
