"""A subscription: one route by which one person or device can be reached, with all the specification's fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from domain.audience.device import DEVICE_FIELDS, DeviceReport, Permission
from domain.audience.registration import SealedToken, SubscriptionUpdate
from domain.audience.status_catalogue import (
    AWAITING_CONFIRMATION,
    DISABLED_BY_API,
    IN_APP_SWITCHED_OFF,
    IN_APP_UNSUPPORTED,
    NEVER_SUBSCRIBED,
    PERMISSION_NOT_ASKED,
    PERMISSION_PENDING,
    PERMISSION_REVOKED,
    SUBSCRIBED,
    UNSUBSCRIBED_BY_USER,
    CodeRange,
    Setter,
)
from domain.audience.subscription_event import (
    ChangeReason,
    ChangeSource,
    SubscriptionChange,
    SubscriptionEventType,
)
from domain.audience.subscription_status import SubscriptionStatus, check_settable
from domain.audience.tags import changed_facts
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.json_values import Json
from domain.shared.unset import Unset

_BY_PERMISSION: Final[Mapping[Permission, int]] = {
    Permission.NOT_ASKED: PERMISSION_NOT_ASKED,
    Permission.PENDING: PERMISSION_PENDING,
    Permission.DENIED: PERMISSION_REVOKED,
}
_PERMISSION_OF: Final[Mapping[int, Permission]] = {code: name for name, code in _BY_PERMISSION.items()}
_DERIVED: Final = frozenset(_PERMISSION_OF)
_PUSH: Final = frozenset({SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH})


@attrs.define(slots=True)
class Subscription:
    """Archived, never deleted. `subscription_status` follows from the user's switch, the API's switch, what stands
    in the way (`standing_code`: a fault that the SDK, a provider or double opt-in set), permission and token."""

    id: UUID
    application_id: UUID
    type: SubscriptionType
    created_at: datetime
    updated_at: datetime
    user_id: UUID | None = None
    install_id: UUID | None = None
    token: SealedToken | None = None
    token_version: int = 0
    token_registered_at: datetime | None = None
    token_environment: int | None = None
    device_model: str | None = None
    device_os: str | None = None
    device_language: str | None = None
    app_version: str | None = None
    sdk_version: str | None = None
    country_code: str | None = None
    test_type: int = 0
    tags: Mapping[str, Json] = attrs.field(factory=dict)
    permission: Permission | None = None
    standing_code: int | None = None
    enabled: bool = True
    api_disabled: bool = False
    subscription_status: int = NEVER_SUBSCRIBED
    subscribed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    last_active_at: datetime | None = None
    total_messages_received: int = 0
    total_messages_converted: int = 0
    is_archived: bool = False
    archived_at: datetime | None = None
    changes: list[SubscriptionChange] = attrs.field(factory=list, eq=False, repr=False)
    """What happened since it was loaded; storing it writes these as events."""

    @classmethod
    def create(
        cls, id: UUID, application_id: UUID, type: SubscriptionType, *, source: ChangeSource, now: datetime
    ) -> Subscription:
        """A subscription without token, user or install, never subscribed so far."""
        made = cls(id, application_id, type, created_at=now, updated_at=now, last_active_at=now)
        made._note(SubscriptionEventType.CREATED, source, now, ChangeReason.REGISTERED)
        return made

    @property
    def status(self) -> SubscriptionStatus:
        return SubscriptionStatus(self.subscription_status)

    @property
    def is_push_channel(self) -> bool:
        return self.type in _PUSH

    @property
    def is_messaging_channel(self) -> bool:
        return self.type.channel not in (Channel.PUSH, Channel.IN_APP)

    @property
    def is_in_app_channel(self) -> bool:
        return self.type.channel is Channel.IN_APP

    @property
    def is_subscribed(self) -> bool:
        return self.status.is_subscribed

    @property
    def is_unsubscribed(self) -> bool:
        return self.status.is_unsubscribed

    @property
    def has_error(self) -> bool:
        return self.status.has_error

    @property
    def error_code_range(self) -> CodeRange:
        return self.status.error_code_range

    def touch(self, now: datetime) -> None:
        """The device or the person was active; time never runs backwards."""
        if self.last_active_at is None or now > self.last_active_at:
            self.last_active_at = now
        self.updated_at = now

    def report(self, report: DeviceReport, *, source: ChangeSource, now: datetime) -> None:
        """Take over what the device says about itself; an event is written when something differs."""
        changed: list[Json] = []
        for name in (*DEVICE_FIELDS, "test_type"):
            value: str | int | Unset | None = getattr(report, name)
            if not isinstance(value, Unset) and getattr(self, name) != value:
                setattr(self, name, value)
                changed.append(name)
        if "app_version" in changed:
            self._absorb()
            if self.standing_code == IN_APP_UNSUPPORTED:
                self.standing_code = None  # the new version may be able to
                self._settle(source, now, ChangeReason.REPORTED)
        if "test_type" in changed:
            self.token_environment = None  # learnt for another kind of build
        if changed:
            self._note(SubscriptionEventType.UPDATED, source, now, metadata={"fields": changed})

    def apply(self, update: SubscriptionUpdate, *, source: ChangeSource, now: datetime) -> None:
        """Take over a registration or a device's report as one step, with at most one change of status.

        The user's and the API's switch survive whatever happens to the token. A new token drops the old one's
        fault; so does the same push token registered again, for a verdict from before does not hold any longer. An
        address registered again stays what its provider said it is. Raise InvalidInput for a code that is not the
        SDK's to report.
        """
        self._absorb()
        reason = ChangeReason.REPORTED
        if update.token is not None:
            self._take(update.token, update.fault, source, now)
            reason = ChangeReason.REGISTERED
        elif update.token_again:
            self.token_registered_at = now
            if self.is_push_channel:
                self.standing_code = None
            reason = ChangeReason.REGISTERED
        if not isinstance(update.permission, Unset):
            self.permission = update.permission
        if not isinstance(update.error, Unset):
            self._report_error(update.error)
        if update.await_confirmation and update.fault is None:
            self.standing_code = check_settable(AWAITING_CONFIRMATION, Setter.DOUBLE_OPT_IN, self.type).code
        if not isinstance(update.enabled, Unset) and update.enabled != self.enabled:
            self.enabled = update.enabled
            reason = ChangeReason.USER_ENABLED if update.enabled else ChangeReason.USER_DISABLED
        if update.enabled is True and self.standing_code == IN_APP_SWITCHED_OFF:
            self.standing_code = None
        self._settle(source, now, reason)

    def _take(self, token: SealedToken, fault: int | None, source: ChangeSource, now: datetime) -> None:
        first = self.token_version == 0
        self.token = token
        self.token_version += 1
        self.token_registered_at = now
        self.token_environment = None
        if self.standing_code != AWAITING_CONFIRMATION:
            self.standing_code = None
        if fault is not None:
            self.standing_code = check_settable(fault, Setter.SERVER, self.type).code
        if not first:
            self._note(SubscriptionEventType.TOKEN_CHANGED, source, now)

    def _report_error(self, code: int | None) -> None:
        """The SDK lifts no more than what it may set itself."""
        if code is None:
            standing = self.standing_code
            if standing is not None and SubscriptionStatus(standing).may_be_set_by(Setter.SDK):
                self.standing_code = None
        elif check_settable(code, Setter.SDK, self.type).code in _PERMISSION_OF:
            self.permission = _PERMISSION_OF[code]
        elif not self._is_refused():
            self.standing_code = code if code < NEVER_SUBSCRIBED else None

    def _is_refused(self) -> bool:
        """A provider's verdict, or a pending confirmation, stands, which the SDK may not replace."""
        standing = self.standing_code
        return standing is not None and not SubscriptionStatus(standing).may_be_set_by(Setter.SDK)

    def confirm(self, *, source: ChangeSource, now: datetime) -> None:
        """The person confirmed the address; nothing else that stands in the way is lifted."""
        self._absorb()
        if self.standing_code == AWAITING_CONFIRMATION:
            self.standing_code = None
        self._settle(source, now, ChangeReason.CONFIRMED)

    def choose(self, wanted: bool, *, lifts: int | None = None, source: ChangeSource, now: datetime) -> None:
        """The recipient's own word about this route; `lifts` is the code of an opt-out that it takes back."""
        self._absorb()
        if wanted and self.standing_code is not None and self.standing_code == lifts:
            self.standing_code = None
        self.enabled = wanted
        self._settle(source, now, ChangeReason.PREFERENCES)

    def refuse(self, code: int, *, source: ChangeSource, reason: str, now: datetime) -> None:
        """A provider's verdict; raise InvalidInput for a code that is not the server's to set."""
        self._absorb()
        self.standing_code = check_settable(code, Setter.SERVER, self.type).code
        self._settle(source, now, reason)

    def enable_by_api(self, *, now: datetime) -> None:
        """Lift -31; a user's -2 stays."""
        self._absorb()
        self.api_disabled = False
        self._settle(ChangeSource.API, now, ChangeReason.API_ENABLED)

    def disable_by_api(self, *, reason: str | None = None, now: datetime) -> None:
        """-31, which only the API lifts."""
        self._absorb()
        self.api_disabled = True
        self._settle(ChangeSource.API, now, reason or ChangeReason.API_DISABLED)

    def link(self, user_id: UUID, *, source: ChangeSource, reason: str, now: datetime) -> None:
        if self.user_id == user_id:
            return
        self.unlink(source=source, reason=reason, now=now)
        self.user_id = user_id
        self._note(SubscriptionEventType.LINKED, source, now, reason)

    def unlink(self, *, source: ChangeSource, reason: str, now: datetime) -> None:
        """Token, tags and status stay: general messages go on."""
        if self.user_id is not None:
            self._note(SubscriptionEventType.UNLINKED, source, now, reason)
            self.user_id = None

    def move_to_install(self, install_id: UUID, *, source: ChangeSource, now: datetime) -> None:
        if self.install_id != install_id:
            self.install_id = install_id
            self._note(SubscriptionEventType.UPDATED, source, now, ChangeReason.INSTALL_MOVED)

    def change_tags(
        self, *, set: Mapping[str, Json], remove: Iterable[str], source: ChangeSource, now: datetime
    ) -> None:
        """Raise InvalidInput when the tags would pass their limits."""
        before = self.tags
        self.tags = changed_facts(before, set=set, remove=remove, field="tags")
        if self.tags != before:
            names: list[Json] = [
                *sorted(key for key in {*before, *self.tags} if before.get(key) != self.tags.get(key))
            ]
            self._note(SubscriptionEventType.TAGS_CHANGED, source, now, metadata={"keys": names})

    def give_up_token(self, *, source: ChangeSource, now: datetime) -> None:
        """Another install, or the same device anew, registered this token: nobody is reached here any longer."""
        self.token = None
        self.token_version += 1
        self.archive(source=source, reason=ChangeReason.TOKEN_MOVED, now=now)

    def archive(self, *, source: ChangeSource, reason: str, now: datetime) -> None:
        """Nothing is sent any longer; archiving twice changes nothing."""
        if self.is_archived:
            return
        self._absorb()
        self._move(NEVER_SUBSCRIBED, source, now, reason)
        self.is_archived = True
        self.archived_at = now
        self._note(SubscriptionEventType.ARCHIVED, source, now, reason)

    def restore(self, *, source: ChangeSource, now: datetime) -> None:
        """Registered again: the switches are as they were."""
        self.is_archived = False
        self.archived_at = None
        self._note(SubscriptionEventType.RESTORED, source, now, ChangeReason.REGISTERED)
        self._settle(source, now, ChangeReason.REGISTERED)

    def _absorb(self) -> None:
        """Workers write their verdict into the status alone: make it stand before the status is worked out anew."""
        if self.enabled and not self.api_disabled and not self.is_archived:
            code = self.subscription_status
            if code == AWAITING_CONFIRMATION or (code not in _DERIVED and SubscriptionStatus(code).has_error):
                self.standing_code = code

    def _settle(self, source: ChangeSource, now: datetime, reason: str) -> None:
        """Work the status out: API's switch, user's switch, what stands in the way, permission, token."""
        if self.api_disabled:
            code = DISABLED_BY_API
        elif not self.enabled:
            code = UNSUBSCRIBED_BY_USER
        elif self.standing_code is not None:
            code = self.standing_code
        elif self.is_push_channel and self.permission is not None and self.permission in _BY_PERMISSION:
            code = _BY_PERMISSION[self.permission]
        elif self.token is not None or self.is_in_app_channel:
            code = max(SUBSCRIBED, self.subscription_status)
        else:
            code = NEVER_SUBSCRIBED
        self._move(code, source, now, reason)

    def _move(self, code: int, source: ChangeSource, now: datetime, reason: str) -> None:
        before = self.subscription_status
        if code == before:
            return
        self.subscription_status = code
        kind = SubscriptionEventType.STATUS_CHANGED
        if before < SUBSCRIBED <= code:
            kind = SubscriptionEventType.SUBSCRIBED
            self.subscribed_at, self.unsubscribed_at = now, None
        elif code < SUBSCRIBED <= before:
            kind = SubscriptionEventType.UNSUBSCRIBED
            self.unsubscribed_at = now
        self._note(kind, source, now, reason, {"from": before, "to": code})

    def _note(
        self,
        kind: SubscriptionEventType,
        source: ChangeSource,
        now: datetime,
        reason: str | None = None,
        metadata: Mapping[str, Json] | None = None,
    ) -> None:
        self.updated_at = now
        self.changes.append(SubscriptionChange(kind, source, now, self.user_id, reason, metadata or {}))
