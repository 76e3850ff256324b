"""What one may ask about users and subscriptions.

`install_id` in a command is our id of an install (of `AuthenticatedInstall.install`): with it, a subscription of any
other install is NotFound. Servers leave it None.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs

from domain.audience.device import DeviceReport, Permission
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json
from domain.shared.page import DEFAULT_LIMIT
from domain.shared.unset import UNSET, Unset

UserKey = UUID | str
"""Our id of a user, or the application's own (the external id)."""


@attrs.frozen(slots=True, kw_only=True)
class Registration:
    """One subscription to register; what is UNSET stays as it is when the subscription exists already."""

    type: SubscriptionType
    token: str | None = attrs.field(default=None, repr=False)
    external_id: str | None = None
    """Link to this user, who is created or revived; None leaves the link as it is."""
    install_id: str | None = None
    """The SDK's own id of the install."""
    install_secret: str | None = attrs.field(default=None, repr=False)
    device: DeviceReport = attrs.field(factory=DeviceReport)
    permission: Permission | Unset | None = UNSET
    push_error: int | Unset | None = UNSET
    """A code that the SDK may set, of the type's band; None: nothing stands in the way any longer."""
    enabled: bool | Unset = UNSET
    tags: Mapping[str, Json] = attrs.field(factory=dict)
    """Merged into the tags that are there."""
    double_opt_in: bool | None = None
    """A new e-mail address or number waits for confirmation (-98); None: as the application's setting says."""


@attrs.frozen(slots=True, kw_only=True)
class RegisterSubscriptionCommand:
    application_id: UUID
    source: ChangeSource
    registration: Registration
    identity_verified: bool = False
    """An identity token vouched for `external_id`."""


@attrs.frozen(slots=True, kw_only=True)
class RegisterSubscriptionsCommand:
    """Up to 1,000 registrations by a server; each is reported on its own."""

    application_id: UUID
    registrations: tuple[Registration, ...]
    source: ChangeSource = ChangeSource.API


@attrs.frozen(slots=True, kw_only=True)
class UpdateSubscriptionCommand:
    application_id: UUID
    subscription_id: UUID
    source: ChangeSource
    install_id: UUID | None = None
    token: str | Unset = attrs.field(default=UNSET, repr=False)
    device: DeviceReport = attrs.field(factory=DeviceReport)
    permission: Permission | Unset | None = UNSET
    push_error: int | Unset | None = UNSET
    enabled: bool | Unset = UNSET
    tags: Mapping[str, Json] | Unset = UNSET
    """Replaces all tags; `ChangeTagsCommand` changes some."""


@attrs.frozen(slots=True, kw_only=True)
class ChangeTagsCommand:
    application_id: UUID
    subscription_id: UUID
    source: ChangeSource
    install_id: UUID | None = None
    set: Mapping[str, Json] = attrs.field(factory=dict)
    remove: tuple[str, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class ArchiveSubscriptionCommand:
    application_id: UUID
    subscription_id: UUID
    source: ChangeSource
    install_id: UUID | None = None


@attrs.frozen(slots=True, kw_only=True)
class ReadSubscriptionCommand:
    application_id: UUID
    subscription_id: UUID
    install_id: UUID | None = None


@attrs.frozen(slots=True, kw_only=True)
class ListSubscriptionsCommand:
    """`user` that does not exist gives an empty page."""

    application_id: UUID
    user: UserKey | None = None
    type: SubscriptionType | None = None
    subscribed: bool | None = None
    include_archived: bool = False
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class ListSubscriptionEventsCommand:
    application_id: UUID
    subscription_id: UUID
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class DisableSubscriptionCommand:
    application_id: UUID
    subscription_id: UUID
    reason: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class EnableSubscriptionCommand:
    application_id: UUID
    subscription_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class PutUserCommand:
    """Create the user, or revive and update the one there is. `properties` None leaves them as they are."""

    application_id: UUID
    external_id: str
    properties: Mapping[str, Json] | None = None


@attrs.frozen(slots=True, kw_only=True)
class ReadUserCommand:
    application_id: UUID
    user: UserKey


@attrs.frozen(slots=True, kw_only=True)
class ListUsersCommand:
    application_id: UUID
    include_archived: bool = False
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class UpdateUserCommand:
    application_id: UUID
    user: UserKey
    set: Mapping[str, Json] = attrs.field(factory=dict)
    remove: tuple[str, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class ArchiveUserCommand:
    application_id: UUID
    user: UserKey


@attrs.frozen(slots=True, kw_only=True)
class LoginCommand:
    """Every live subscription of the install is linked; `subscription_ids` are those the SDK knows of."""

    application_id: UUID
    install_id: UUID
    external_id: str
    subscription_ids: tuple[UUID, ...] = ()
    identity_verified: bool = False


@attrs.frozen(slots=True, kw_only=True)
class LogoutCommand:
    application_id: UUID
    install_id: UUID
    subscription_ids: tuple[UUID, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class ChangePropertiesCommand:
    """Change the properties of the user that a subscription of the install is linked to."""

    application_id: UUID
    subscription_id: UUID
    install_id: UUID | None = None
    set: Mapping[str, Json] = attrs.field(factory=dict)
    remove: tuple[str, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class AuthenticateInstallCommand:
    application_id: UUID
    install_id: str
    """The SDK's own id of the install."""
    secret: str = attrs.field(repr=False)


@attrs.frozen(slots=True, kw_only=True)
class RotateKeysCommand:
    """Seal everything under the vault's current key."""

    batch_size: int = 500
