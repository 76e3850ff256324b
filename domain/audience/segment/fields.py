"""What a segment may test: the fields of subscriptions and users, and the operators that each kind of field has."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """The value is the name on the wire; append-only, for saved segments hold it."""

    TAG = "tag"
    CHANNEL = "channel"
    TYPE = "type"
    LANGUAGE = "language"
    COUNTRY = "country"
    APP_VERSION = "app_version"
    SDK_VERSION = "sdk_version"
    DEVICE_MODEL = "device_model"
    DEVICE_OS = "device_os"
    TEST_TYPE = "test_type"
    PERMISSION = "permission"
    SUBSCRIBED = "subscribed"
    SUBSCRIPTION_STATUS = "subscription_status"
    ERROR_CODE_RANGE = "error_code_range"
    SUBSCRIBED_AT = "subscribed_at"
    UNSUBSCRIBED_AT = "unsubscribed_at"
    CREATED_AT = "created_at"
    LAST_ACTIVE_AT = "last_active_at"
    MESSAGES_RECEIVED = "messages_received"
    MESSAGES_CONVERTED = "messages_converted"
    LAST_RECEIVED_AT = "last_received_at"
    LAST_CONVERTED_AT = "last_converted_at"
    SUBSCRIPTION_ID = "subscription_id"
    HAS_USER = "has_user"
    EXTERNAL_ID = "external_id"
    PROPERTY = "property"
    USER_CREATED_AT = "user_created_at"
    USER_LAST_ACTIVE_AT = "user_last_active_at"
    CAMPAIGN = "campaign"


class Operator(StrEnum):
    """The value is the name on the wire; append-only."""

    EXISTS = "exists"
    NOT_EXISTS = "not_exists"
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    BETWEEN = "between"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    HAS = "has"
    STARTS_WITH = "starts_with"
    BEFORE = "before"
    AFTER = "after"
    IN_LAST_DAYS = "in_last_days"
    OLDER_THAN_DAYS = "older_than_days"
    IN_NEXT_DAYS = "in_next_days"
    SENT = "sent"
    RECEIVED = "received"
    CONVERTED = "converted"


class Kind(StrEnum):
    """How the values of a field are compared; the value says it to people."""

    FACT = "tag or property"
    TEXT = "text"
    LANGUAGE = "language"
    COUNTRY = "country"
    CHOICE = "choice"
    VERSION = "version"
    NUMBER = "whole number"
    SWITCH = "true or false"
    TIME = "time"
    IDENTITY = "id"
    CAMPAIGN = "campaign"


KINDS: Final[Mapping[Field, Kind]] = {
    Field.TAG: Kind.FACT,
    Field.CHANNEL: Kind.CHOICE,
    Field.TYPE: Kind.CHOICE,
    Field.LANGUAGE: Kind.LANGUAGE,
    Field.COUNTRY: Kind.COUNTRY,
    Field.APP_VERSION: Kind.VERSION,
    Field.SDK_VERSION: Kind.VERSION,
    Field.DEVICE_MODEL: Kind.TEXT,
    Field.DEVICE_OS: Kind.TEXT,
    Field.TEST_TYPE: Kind.NUMBER,
    Field.PERMISSION: Kind.CHOICE,
    Field.SUBSCRIBED: Kind.SWITCH,
    Field.SUBSCRIPTION_STATUS: Kind.NUMBER,
    Field.ERROR_CODE_RANGE: Kind.CHOICE,
    Field.SUBSCRIBED_AT: Kind.TIME,
    Field.UNSUBSCRIBED_AT: Kind.TIME,
    Field.CREATED_AT: Kind.TIME,
    Field.LAST_ACTIVE_AT: Kind.TIME,
    Field.MESSAGES_RECEIVED: Kind.NUMBER,
    Field.MESSAGES_CONVERTED: Kind.NUMBER,
    Field.LAST_RECEIVED_AT: Kind.TIME,
    Field.LAST_CONVERTED_AT: Kind.TIME,
    Field.SUBSCRIPTION_ID: Kind.IDENTITY,
    Field.HAS_USER: Kind.SWITCH,
    Field.EXTERNAL_ID: Kind.TEXT,
    Field.PROPERTY: Kind.FACT,
    Field.USER_CREATED_AT: Kind.TIME,
    Field.USER_LAST_ACTIVE_AT: Kind.TIME,
    Field.CAMPAIGN: Kind.CAMPAIGN,
}

PRESENCE: Final = (Operator.EXISTS, Operator.NOT_EXISTS)
EQUALITY: Final = (Operator.EQ, Operator.NE)
ORDER: Final = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
LISTS: Final = (Operator.IN, Operator.NOT_IN)
PIECES: Final = (Operator.CONTAINS, Operator.STARTS_WITH)
MOMENTS: Final = (Operator.BEFORE, Operator.AFTER)
SPANS: Final = (Operator.IN_LAST_DAYS, Operator.OLDER_THAN_DAYS, Operator.IN_NEXT_DAYS)
REACHES: Final = (Operator.SENT, Operator.RECEIVED, Operator.CONVERTED)

OPERATORS: Final[Mapping[Kind, tuple[Operator, ...]]] = {
    Kind.FACT: (
        *PRESENCE,
        *EQUALITY,
        *ORDER,
        Operator.BETWEEN,
        *LISTS,
        *PIECES,
        Operator.HAS,
        *MOMENTS,
        *SPANS,
    ),
    Kind.TEXT: (*PRESENCE, *EQUALITY, *LISTS, *PIECES),
    Kind.LANGUAGE: (*PRESENCE, *EQUALITY, *LISTS),
    Kind.COUNTRY: (*PRESENCE, *EQUALITY, *LISTS),
    Kind.CHOICE: (*PRESENCE, *EQUALITY, *LISTS),
    Kind.VERSION: (*PRESENCE, *EQUALITY, *ORDER, Operator.BETWEEN),
    Kind.NUMBER: (*EQUALITY, *ORDER, Operator.BETWEEN, *LISTS),
    Kind.SWITCH: (Operator.EQ,),
    Kind.TIME: (*PRESENCE, *MOMENTS, Operator.BETWEEN, Operator.IN_LAST_DAYS, Operator.OLDER_THAN_DAYS),
    Kind.IDENTITY: (Operator.EQ, Operator.IN),
    Kind.CAMPAIGN: REACHES,
}


ALWAYS_THERE: Final = frozenset({Field.CHANNEL, Field.TYPE, Field.ERROR_CODE_RANGE})


def kind_of(field: Field) -> Kind:
    return KINDS[field]


def operators_of(field: Field) -> tuple[Operator, ...]:
    """Nobody asks whether a channel exists."""
    found = OPERATORS[KINDS[field]]
    return tuple(one for one in found if one not in PRESENCE) if field in ALWAYS_THERE else found
