"""Tells a bucket that all workers share to slow down, once for the many answers that say so at the same moment."""

from __future__ import annotations

import time
from typing import Final

import structlog

from application.ports.channels import Pacing

EVERY: Final = 1.0
"""Seconds."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Brake:
    """One provider account's, in this process."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._pulled_at = float("-inf")

    async def pull(self, bucket: str, seconds: float) -> None:
        """Let nothing of the bucket start within these seconds; a store that is away only costs a line in the log."""
        now = time.monotonic()
        if now - self._pulled_at < EVERY:
            return
        self._pulled_at = now
        try:
            await self._pacing.slow_down(bucket, seconds)
        except Exception as error:
            _log.error("email_slow_down_failed", bucket=bucket, error=type(error).__name__)
