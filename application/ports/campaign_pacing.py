"""The rate of a campaign, held across all workers: one bucket each, moved forward by every reservation."""

from __future__ import annotations

from typing import Protocol


class CampaignPacing(Protocol):
    async def reserve_soon(self, bucket: str, n: int, rate: float, within: float) -> float | None:
        """Reserve a slot of n sends at `rate` a second; answer the seconds until it begins.

        None, and nothing reserved, when that would be later than `within` seconds from now. Raise Unavailable.
        """
        ...
