"""Where it is counted how apps fare, as their SDKs report it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class SdkMeasures(Protocol):
    def reported(
        self,
        *,
        initialize_ms: Mapping[str, float],
        calls: Mapping[tuple[str, str], int],
        errors: Mapping[str, int],
    ) -> None:
        """One app told how it fared in one window. Cheap, never raises.

        `initialize_ms`: p50, p95 and n; `calls`: how many by (operation, outcome), as ("register", "ok"); `errors`: how many
        by code. Codes come from devices: whoever counts them bounds their number.
        """
        ...
