"""What one may ask about applications, their keys and their channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs

from domain.applications.identity_key import IdentityAlgorithm
from domain.applications.scopes import APPLICATION_DEFAULT, Scope
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json
from domain.shared.page import DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class CreateApplicationCommand:
    name: str
    settings: Mapping[str, Json] = attrs.field(factory=dict)


@attrs.frozen(slots=True, kw_only=True)
class UpdateApplicationCommand:
    """None leaves a field as it is; settings are merged key by key."""

    application_id: UUID
    name: str | None = None
    settings: Mapping[str, Json] | None = None
    is_active: bool | None = None


@attrs.frozen(slots=True, kw_only=True)
class ReadApplicationCommand:
    application_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class ListApplicationsCommand:
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class IssueKeyCommand:
    """`application_id` None issues an operator's key, which has every scope."""

    application_id: UUID | None
    label: str = ""
    scopes: frozenset[Scope] = APPLICATION_DEFAULT
    expires_at: datetime | None = None


@attrs.frozen(slots=True, kw_only=True)
class RevokeKeyCommand:
    application_id: UUID | None
    key_id: str


@attrs.frozen(slots=True, kw_only=True)
class ListKeysCommand:
    application_id: UUID | None


@attrs.frozen(slots=True, kw_only=True)
class SetCredentialCommand:
    application_id: UUID
    provider: str
    fields: Mapping[str, str] = attrs.field(repr=False)


@attrs.frozen(slots=True, kw_only=True)
class ListCredentialsCommand:
    application_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class DeleteCredentialCommand:
    application_id: UUID
    provider: str


@attrs.frozen(slots=True, kw_only=True)
class ListPausesCommand:
    application_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class PauseChannelCommand:
    application_id: UUID
    type: SubscriptionType
    reason: str = "requested"


@attrs.frozen(slots=True, kw_only=True)
class ResumeChannelCommand:
    application_id: UUID
    type: SubscriptionType


@attrs.frozen(slots=True, kw_only=True)
class ListAlertsCommand:
    """`application_id` None lists the alerts of the whole installation."""

    application_id: UUID | None
    include_resolved: bool = False
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class AddIdentityKeyCommand:
    application_id: UUID
    kid: str
    algorithm: IdentityAlgorithm
    material: str = attrs.field(repr=False)
    """A public key in PEM, or the shared secret of HS256."""


@attrs.frozen(slots=True, kw_only=True)
class ListIdentityKeysCommand:
    application_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class RemoveIdentityKeyCommand:
    application_id: UUID
    kid: str


@attrs.frozen(slots=True, kw_only=True)
class VerifyIdentityCommand:
    """`external_id` None: the token alone says who it is."""

    application_id: UUID
    token: str | None = attrs.field(repr=False)
    external_id: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class CheckSdkCommand:
    """`header` is X-SDK, as `flutter/0.1.0`."""

    application_id: UUID
    header: str | None


@attrs.frozen(slots=True, kw_only=True)
class RecordSdkReportCommand:
    """One install's figures of one window; milliseconds of start-ups, and counts."""

    begins_at: datetime
    ends_at: datetime
    start_p50_ms: int
    start_p95_ms: int
    starts: int
    registered: int
    not_registered: int
    identified: int
    not_identified: int
    errors: Mapping[str, int]
