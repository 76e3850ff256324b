"""The scheduler's loops of campaigns: launching, fan-out, counting and cancelling side by side, none waiting for another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from application.campaigns.fan_out import FanOut
from application.campaigns.keep_moving import KeepMoving
from application.campaigns.launch_due import LaunchDue
from application.ports.measures import JobMeasures
from application.steps import repeat

LAUNCH_EVERY: Final = 1.0
FAN_OUT_EVERY: Final = 0.1
COUNT_EVERY: Final = 0.5
CANCEL_EVERY: Final = 0.5
"""Seconds between two looks when there was nothing to do."""


class RunCampaigns:
    """`await run(stopping)` until it is set; a step that fails is logged and tried again."""

    def __init__(
        self,
        launch_due: LaunchDue,
        fan_out: FanOut,
        keep_moving: KeepMoving,
        measures: JobMeasures | None = None,
    ) -> None:
        """`measures` hears how long each look took."""
        self._measures = measures
        self._steps: dict[str, tuple[float, Callable[[], Awaitable[int]]]] = {
            "launched": (LAUNCH_EVERY, launch_due),
            "fanned_out": (FAN_OUT_EVERY, fan_out),
            "counted": (COUNT_EVERY, keep_moving),
            "canceled": (CANCEL_EVERY, keep_moving.cancel_waiting),
        }
        self.actions: Counter[str] = Counter()
        """What was done since the start, by step."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Every step in a loop of its own: a launch that takes seconds keeps no fan-out waiting."""
        async with asyncio.TaskGroup() as group:
            for name, (seconds, step) in self._steps.items():
                group.create_task(
                    repeat(
                        f"campaigns {name}",
                        partial(self._take, name, step),
                        stopping,
                        every=seconds,
                        measures=self._measures,
                    )
                )

    async def _take(self, name: str, step: Callable[[], Awaitable[int]]) -> bool:
        done = await step()
        self.actions[name] += done
        # What did something may have more to do at once; counting has its own clock in the rows.
        return done > 0 and name != "counted"
