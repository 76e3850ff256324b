"""Which SDKs an application still takes."""

from __future__ import annotations

import pytest

from domain.applications.sdk_version import check_sdk, is_deprecated
from domain.applications.settings import ApplicationSettings
from domain.shared.errors import Forbidden, SdkTooOld

SETTINGS = ApplicationSettings(min_sdk_version="1.2", deprecated_sdk_version="2.0.0")


@pytest.mark.parametrize("header", ["flutter/1.1.9", "flutter/0.9", "flutter/1.1.9+4"])
def test_an_sdk_below_the_minimum_is_refused(header: str) -> None:
    """With the version it would need, and a code of its own."""
    with pytest.raises(SdkTooOld) as refused:
        check_sdk(SETTINGS, header)
    assert isinstance(refused.value, Forbidden)
    assert refused.value.field == "X-SDK"
    assert refused.value.extra == {"min_sdk_version": "1.2"}


@pytest.mark.parametrize(("header", "deprecated"), [("flutter/1.2.0", True), ("flutter/1.10", True)])
def test_an_old_sdk_is_told_so(header: str, deprecated: bool) -> None:
    """Numbers compare as numbers."""
    check_sdk(SETTINGS, header)
    assert is_deprecated(SETTINGS, header) is deprecated


@pytest.mark.parametrize("header", ["flutter/2.0.0", "flutter/10.0", "simulator/1", "nonsense", "", None])
def test_what_is_new_or_no_sdk_of_ours_is_not_judged(header: str | None) -> None:
    """Other clients speak the same API."""
    check_sdk(SETTINGS, header)
    assert is_deprecated(SETTINGS, header) is False


def test_without_settings_every_version_is_welcome() -> None:
    """Both settings are off by default."""
    check_sdk(ApplicationSettings(), "flutter/0.0.1")
    assert is_deprecated(ApplicationSettings(), "flutter/0.0.1") is False
