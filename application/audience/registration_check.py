"""Checks one registration by itself, before anything is read or written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

import attrs

from application.audience.commands import Registration
from application.audience.confirmation_request import must_confirm
from application.audience.sealing import TokenIndexes, token_indexes
from application.ports.vault import Vault
from domain.applications.settings import ApplicationSettings
from domain.audience.address import MALFORMED, Address, parse_address
from domain.audience.confirmation import CONFIRMED_TYPES
from domain.audience.install import check_install_id
from domain.audience.status_catalogue import Setter
from domain.audience.subscription_event import ChangeSource
from domain.audience.subscription_status import SubscriptionStatus, check_settable
from domain.audience.suppression import SuppressionReason, code_of
from domain.audience.tags import changed_facts
from domain.audience.user import check_external_id
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput, Unauthenticated
from domain.shared.unset import Unset

Canonical = Callable[[SubscriptionType, str], str]
"""`application.ports.provider_directory.ProviderDirectory.canonical_address`."""


@attrs.frozen(slots=True)
class Checked:
    """A registration that may be tried; `place` is its position in the call."""

    place: int
    registration: Registration
    address: Address | None
    indexes: TokenIndexes | None
    confirms: bool = False
    """A new address waits until its owner has confirmed it."""


def check_registration(
    place: int,
    registration: Registration,
    *,
    application_id: UUID,
    source: ChangeSource,
    settings: ApplicationSettings,
    identity_verified: bool,
    vault: Vault,
    canonical: Canonical | None = None,
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
    if registration.double_opt_in and type not in CONFIRMED_TYPES:
        raise InvalidInput(
            "double_opt_in is for e-mail and SMS", field="double_opt_in", fix="leave it out for this type"
        )
    changed_facts({}, set=registration.tags, remove=(), field="tags")
    address = check_by_channel(type, _check_token(registration), canonical)
    indexes = None if address is None else token_indexes(vault, application_id, address.text)
    # The device of whoever registers cannot vouch for the address; a server that says so can.
    wanted = registration.double_opt_in or (
        None if source is ChangeSource.SDK else registration.double_opt_in
    )
    return Checked(place, registration, address, indexes, must_confirm(type, wanted, settings.double_opt_in))


def check_by_channel(
    type: SubscriptionType, address: Address | None, canonical: Canonical | None
) -> Address | None:
    """The address as the channel's plug-in writes it. What an e-mail or SMS plug-in refuses is kept with the fault that
    stands for it; what another refuses is refused."""
    if canonical is None or address is None or address.fault is not None:
        return address
    try:
        return Address(canonical(type, address.text))
    except InvalidInput:
        fault = MALFORMED.get(type)
        if fault is None:
            raise
        return Address(address.text, fault)


def with_suppression(checked: Checked, reasons: Mapping[tuple[Channel, bytes], SuppressionReason]) -> Checked:
    """With the code that suppressed this address, if one did and its type can have it."""
    address, indexes, type = checked.address, checked.indexes, checked.registration.type
    if address is None or indexes is None or address.fault is not None:
        return checked
    for index in indexes.all:
        code = code_of(reasons.get((type.channel, index)))
        if code is not None and SubscriptionStatus(code).applies_to(type):
            return attrs.evolve(checked, address=attrs.evolve(address, fault=code))
    return checked


def check_identity(
    settings: ApplicationSettings, external_id: str | None, type: SubscriptionType | None, *, verified: bool
) -> None:
    """An application may want a token of its own server's for logins and for registering addresses from devices."""
    claims = external_id is not None or (
        type is not None and type.channel not in (Channel.PUSH, Channel.IN_APP)
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
    if type.channel not in (Channel.PUSH, Channel.IN_APP):
        raise InvalidInput("token is missing", field="token", fix="send the address or phone number")
    return None
