"""Checks one registration by itself, before anything is read or written."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.audience.commands import Registration
from application.audience.sealing import TokenIndexes, token_indexes
from application.ports.vault import Vault
from domain.applications.settings import ApplicationSettings
from domain.audience.address import Address, parse_address
from domain.audience.install import check_install_id
from domain.audience.status_catalogue import Setter
from domain.audience.subscription_event import ChangeSource
from domain.audience.subscription_status import check_settable
from domain.audience.tags import changed_facts
from domain.audience.user import check_external_id
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput, Unauthenticated
from domain.shared.unset import Unset


@attrs.frozen(slots=True)
class Checked:
    """A registration that may be tried; `place` is its position in the call."""

    place: int
    registration: Registration
    address: Address | None
    indexes: TokenIndexes | None


def check_registration(
    place: int,
    registration: Registration,
    *,
    application_id: UUID,
    source: ChangeSource,
    settings: ApplicationSettings,
    identity_verified: bool,
    vault: Vault,
) -> Checked:
    """Raise InvalidInput naming the field; Unauthenticated where the application wants an identity token."""
    type = registration.type
    if registration.external_id is not None:
        check_external_id(registration.external_id)
    if registration.install_id is not None:
        check_install_id(registration.install_id)
    elif source is ChangeSource.SDK:
        raise InvalidInput("install_id is missing", field="install_id", fix="send the SDK's install id")
    if source is ChangeSource.SDK:
        check_identity(settings, registration.external_id, type, verified=identity_verified)
    if isinstance(registration.push_error, int):
        check_settable(registration.push_error, Setter.SDK, type)
    if registration.double_opt_in and type.channel in (Channel.PUSH, Channel.IN_APP):
        raise InvalidInput(
            "double_opt_in is for addresses", field="double_opt_in", fix="leave it out for push and in-app"
        )
    changed_facts({}, set=registration.tags, remove=(), field="tags")
    address = _check_token(registration)
    indexes = None if address is None else token_indexes(vault, application_id, address.text)
    return Checked(place, registration, address, indexes)


def check_identity(
    settings: ApplicationSettings, external_id: str | None, type: SubscriptionType | None, *, verified: bool
) -> None:
    """An application may want a token of its own server's for logins and for registering addresses from devices."""
    claims = external_id is not None or (
        type is not None and type.channel in (Channel.EMAIL, Channel.SMS, Channel.KAKAO_TALK)
    )
    if settings.identity_token_required and claims and not verified:
        raise Unauthenticated(
            "this application requires an identity token", field="identity_token", fix="send identity_token"
        )


def _check_token(registration: Registration) -> Address | None:
    type = registration.type
    if type is SubscriptionType.IN_APP_MESSAGE and registration.install_id is None:
        raise InvalidInput("in-app messages need an install", field="install_id", fix="send install_id")
    if registration.token is not None:
        device = registration.device
        country = None if isinstance(device.country_code, Unset) else device.country_code
        return parse_address(type, registration.token, country)
    if type.channel is Channel.PUSH and registration.install_id is None:
        raise InvalidInput("token is missing", field="token", fix="send the device token")
    if type.channel in (Channel.EMAIL, Channel.SMS, Channel.KAKAO_TALK):
        raise InvalidInput("token is missing", field="token", fix="send the address or phone number")
    return None
