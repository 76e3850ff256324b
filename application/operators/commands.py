"""What one may ask about operators."""

from __future__ import annotations

from uuid import UUID

import attrs

from domain.operators.roles import Role
from domain.shared.page import DEFAULT_LIMIT
from domain.shared.unset import UNSET, Unset


@attrs.frozen(slots=True, kw_only=True)
class SignInCommand:
    email: str
    password: str = attrs.field(repr=False)
    code: str = attrs.field(repr=False)
    peer: str
    """The address that the attempt comes from."""


@attrs.frozen(slots=True, kw_only=True)
class InviteCommand:
    """`operator_id` names somebody who is there already and gets a new password and code."""

    role: Role
    email: str | None = None
    operator_id: UUID | None = None
    actor: str


@attrs.frozen(slots=True, kw_only=True)
class AcceptInvitationCommand:
    secret: str = attrs.field(repr=False)
    email: str
    name: str
    password: str = attrs.field(repr=False)
    code: str = attrs.field(repr=False)
    peer: str


@attrs.frozen(slots=True, kw_only=True)
class ChangeOperatorCommand:
    """What is UNSET stays."""

    operator_id: UUID
    role: Role | Unset = UNSET
    disabled: bool | Unset = UNSET
    language: str | Unset | None = UNSET


@attrs.frozen(slots=True, kw_only=True)
class ListAuditCommand:
    application_id: UUID | None = None
    operator_id: UUID | None = None
    action: str | None = None
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT
