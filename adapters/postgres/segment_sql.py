"""A segment's predicate as one condition of one parameterised statement over subscriptions and their users.

Nothing of what a caller wrote is ever SQL text: names of fields choose columns here, everything else is a parameter.
What each condition means is said by `domain.audience.segment.matching`; a property test proves that both agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from adapters.postgres.campaign_history import reached_by
from adapters.postgres.fact_conditions import fact_condition, in_order, moment_condition
from adapters.postgres.tables.audience import app_user, subscription
from domain.audience.segment.fields import Field, Kind, Operator, kind_of
from domain.audience.segment.language import language_key
from domain.audience.segment.predicate import And, Condition, Everyone, Not, Predicate
from domain.audience.segment.targeting import Targeting
from domain.audience.segment.version import version_key
from domain.audience.status_catalogue import BANDS, SUBSCRIBED, CodeRange
from domain.shared.channels import SubscriptionType

Column = sa.ColumnElement[Any]
Test = sa.ColumnElement[bool]

_COLUMNS: Final[Mapping[Field, Column]] = {
    Field.TAG: subscription.c.tags,
    Field.LANGUAGE: subscription.c.device_language,
    Field.COUNTRY: subscription.c.country_code,
    Field.APP_VERSION: subscription.c.app_version,
    Field.SDK_VERSION: subscription.c.sdk_version,
    Field.DEVICE_MODEL: subscription.c.device_model,
    Field.DEVICE_OS: subscription.c.device_os,
    Field.TEST_TYPE: subscription.c.test_type,
    Field.PERMISSION: subscription.c.permission,
    Field.SUBSCRIPTION_STATUS: subscription.c.subscription_status,
    Field.SUBSCRIBED_AT: subscription.c.subscribed_at,
    Field.UNSUBSCRIBED_AT: subscription.c.unsubscribed_at,
    Field.CREATED_AT: subscription.c.created_at,
    Field.LAST_ACTIVE_AT: subscription.c.last_active_at,
    Field.MESSAGES_RECEIVED: subscription.c.total_messages_received,
    Field.MESSAGES_CONVERTED: subscription.c.total_messages_converted,
    Field.LAST_RECEIVED_AT: subscription.c.last_received_at,
    Field.LAST_CONVERTED_AT: subscription.c.last_converted_at,
    Field.SUBSCRIPTION_ID: subscription.c.id,
    Field.EXTERNAL_ID: app_user.c.external_id,
    Field.PROPERTY: app_user.c.properties,
    Field.USER_CREATED_AT: app_user.c.created_at,
    Field.USER_LAST_ACTIVE_AT: app_user.c.last_active_at,
}
_KEYS: Final[Mapping[Field, Column]] = {
    Field.APP_VERSION: subscription.c.app_version_key,
    Field.SDK_VERSION: subscription.c.sdk_version_key,
}


def audience_join() -> sa.Join:
    """Subscriptions with their users; an archived user counts as none.

    PostgreSQL leaves the join out where a statement looks at nothing of the user.
    """
    linked = sa.and_(
        app_user.c.id == subscription.c.user_id,
        app_user.c.application_id == subscription.c.application_id,
        ~app_user.c.is_archived,
    )
    return subscription.outerjoin(app_user, linked)


def segment_condition(predicate: Predicate, *, now: datetime) -> Test:
    """Over the rows of `audience_join`: TRUE where the predicate holds, else FALSE or NULL.

    Says nothing about the application, or about archived subscriptions.
    """
    if isinstance(predicate, Condition):
        return _condition(predicate, now)
    if isinstance(predicate, Everyone):
        return sa.true()
    if isinstance(predicate, Not):
        return sa.not_(sa.func.coalesce(segment_condition(predicate.of, now=now), sa.false()))
    parts = [segment_condition(part, now=now) for part in predicate.of]
    return sa.and_(*parts) if isinstance(predicate, And) else sa.or_(*parts)


def targeting_condition(
    targeting: Targeting,
    segments: Mapping[UUID, Predicate],
    *,
    now: datetime,
    field: str = "targeting_criteria",
) -> Test:
    """The same for a targeting and the saved segments it names; raise NotFound for one that is not given."""
    return segment_condition(targeting.resolve(segments, field=field), now=now)


def _condition(condition: Condition, now: datetime) -> Test:
    operator, kind = condition.operator, kind_of(condition.field)
    if kind is Kind.CAMPAIGN:
        assert isinstance(condition.value, UUID)
        whose = app_user.c.id if condition.of_user else subscription.c.id
        return whose.in_(reached_by(condition.value, operator, users=condition.of_user))
    if kind is Kind.SWITCH:
        return _switch(condition)
    if kind is Kind.CHOICE and condition.field is not Field.PERMISSION:
        return _among(*_choice(condition), operator)
    column = _COLUMNS[condition.field]
    if kind is Kind.FACT:
        return fact_condition(column, condition, now)
    if operator in (Operator.EXISTS, Operator.NOT_EXISTS):
        return column.is_not(None) if operator is Operator.EXISTS else column.is_(None)
    if kind is Kind.TIME:
        return moment_condition(column, condition, now, past=True)
    if kind is Kind.LANGUAGE:
        return _language(condition)
    if kind is Kind.VERSION:
        keys = [version_key(str(one)) for one in _many(condition)]
        return _compare(_KEYS[condition.field].collate("C"), sa.Text(), keys, operator)
    return _compare(column, _TYPES.get(kind, sa.Text()), _many(condition), operator)


_TYPES: Final[Mapping[Kind, sa.types.TypeEngine[Any]]] = {
    Kind.NUMBER: sa.Integer(),  # whatever the column's own: a number may be larger than it can hold
    Kind.IDENTITY: sa.Uuid(),
}


def _many(condition: Condition) -> list[object]:
    return list(condition.value) if isinstance(condition.value, tuple) else [condition.value]


def _compare(column: Column, type_: sa.types.TypeEngine[Any], values: list[Any], operator: Operator) -> Test:
    if operator is Operator.CONTAINS:
        return sa.func.strpos(column.collate("C"), sa.literal(values[0], sa.Text)) > 0
    if operator is Operator.STARTS_WITH:
        return sa.func.starts_with(column, values[0])
    if operator in _EQUALITIES:
        return _among(column, type_, values, operator)
    return in_order(column, operator, [sa.literal(value, type_) for value in values])


_EQUALITIES: Final = frozenset({Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN})


def _among(column: Column, type_: sa.types.TypeEngine[Any], values: list[Any], operator: Operator) -> Test:
    """One array parameter for any number of values; a missing value is neither in nor out."""
    wanted = operator in (Operator.EQ, Operator.IN)
    if len(values) == 1:
        one = sa.literal(values[0], type_)
        return column == one if wanted else column != one
    many = sa.literal(values, sa.ARRAY(type_))
    return column == sa.any_(many) if wanted else column != sa.all_(many)


def _choice(condition: Condition) -> tuple[Column, sa.types.TypeEngine[Any], list[Any]]:
    names = {str(one) for one in _many(condition)}
    if condition.field is Field.ERROR_CODE_RANGE:
        status = subscription.c.subscription_status
        bands = [(status.between(band[0], band[-1]), name.value) for name, band in BANDS.items()]
        return sa.case(*bands, else_=CodeRange.OTHER.value), sa.Text(), sorted(names)
    by_channel = condition.field is Field.CHANNEL
    types = [one for one in SubscriptionType if (one.channel.wire if by_channel else one.wire) in names]
    return subscription.c.type, sa.SmallInteger(), [int(one) for one in types]


def _switch(condition: Condition) -> Test:
    if condition.field is Field.HAS_USER:
        return app_user.c.id.is_not(None) if condition.value else app_user.c.id.is_(None)
    status = subscription.c.subscription_status
    return status >= SUBSCRIBED if condition.value else status < SUBSCRIBED


def _language(condition: Condition) -> Test:
    """Both end in a hyphen, so that ko begins ko-KR and itself, and not kok."""
    keys = [f"{language_key(str(one))}-" for one in _many(condition)]
    any_of_them = sa.or_(*(subscription.c.language_key.op("^@", is_comparison=True)(key) for key in keys))
    return any_of_them if condition.operator in (Operator.EQ, Operator.IN) else sa.not_(any_of_them)
