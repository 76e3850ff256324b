"""What a device or a server reports about a subscription; a field that is UNSET stays as it is."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

import attrs

from domain.shared.errors import InvalidInput
from domain.shared.json_values import check_line
from domain.shared.unset import UNSET, Unset

MAX_TEXT: Final = 128
DEVICE_FIELDS: Final = (
    "device_model",
    "device_os",
    "device_language",
    "app_version",
    "sdk_version",
    "country_code",
)
_COUNTRY = re.compile(r"[A-Z]{2}")


class Permission(StrEnum):
    """Where the device stands with the notification permission."""

    NOT_ASKED = "not_asked"
    PENDING = "pending"
    GRANTED = "granted"
    DENIED = "denied"

    @classmethod
    def from_wire(cls, name: str) -> Permission:
        """Raise InvalidInput for an unknown name."""
        try:
            return cls(name)
        except ValueError:
            raise InvalidInput(
                f"{name!r} is not a permission", field="permission", fix=f"use one of {', '.join(cls)}"
            ) from None


@attrs.frozen(slots=True, kw_only=True)
class DeviceReport:
    """Raise InvalidInput, on construction, for a value that breaks its rule."""

    device_model: str | Unset | None = UNSET
    device_os: str | Unset | None = UNSET
    device_language: str | Unset | None = UNSET
    app_version: str | Unset | None = UNSET
    sdk_version: str | Unset | None = UNSET
    country_code: str | Unset | None = UNSET
    """ISO 3166-1 alpha-2."""
    test_type: int | Unset = UNSET
    """0 production, 1 development, 2 ad-hoc."""

    def __attrs_post_init__(self) -> None:
        for name in DEVICE_FIELDS:
            value: str | Unset | None = getattr(self, name)
            if isinstance(value, str):
                check_line(value, field=name, longest=MAX_TEXT)
        if isinstance(self.country_code, str) and not _COUNTRY.fullmatch(self.country_code):
            raise InvalidInput(
                "country_code is not a country", field="country_code", fix="use ISO 3166-1, as KR"
            )
        if not isinstance(self.test_type, Unset) and self.test_type not in (0, 1, 2):
            raise InvalidInput(f"test_type is {self.test_type}", field="test_type", fix="use 0, 1 or 2")
