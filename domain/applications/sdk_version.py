"""Which versions of the SDK an application still takes."""

from __future__ import annotations

import re
from typing import Final

from domain.applications.settings import ApplicationSettings
from domain.shared.errors import SdkTooOld

_HEADER: Final = re.compile(r"flutter/(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?(?:[-+].*)?")
_SETTING: Final = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")

Version = tuple[int, int, int]


def check_sdk(settings: ApplicationSettings, header: str | None) -> None:
    """Raise SdkTooOld below `min_sdk_version`.

    `header` is X-SDK, as `flutter/0.1.0`. What is no version of this SDK is not judged: other clients speak the same API.
    """
    if _below(header, settings.min_sdk_version):
        raise SdkTooOld(
            f"this application takes the SDK from version {settings.min_sdk_version} on",
            field="X-SDK",
            fix="update the app",
            extra={"min_sdk_version": settings.min_sdk_version},
        )


def is_deprecated(settings: ApplicationSettings, header: str | None) -> bool:
    """Whether this SDK should be replaced soon."""
    return _below(header, settings.deprecated_sdk_version)


def _below(header: str | None, setting: str | None) -> bool:
    if setting is None:
        return False
    version, least = _version(_HEADER, header), _version(_SETTING, setting)
    return version is not None and least is not None and version < least


def _version(form: re.Pattern[str], text: str | None) -> Version | None:
    found = None if text is None else form.fullmatch(text)
    if found is None:
        return None
    return int(found[1]), int(found[2] or 0), int(found[3] or 0)
