"""The sender number that Korean gateways want registered, as a field of their credentials."""

from __future__ import annotations

from application.ports.provider_settings import SettingField
from domain.messaging.sender_number import check_korean_sender


def korean_sender(*, required: bool) -> SettingField:
    """`sender`; not required where messages bring their own, or none is shown."""
    return SettingField(
        "sender",
        "the registered sender number (발신번호)",
        required=required,
        check=lambda value, field: check_korean_sender(value, field=field),
        example="0223456789",
    )
