"""One relay as an application uses it: its idle connections, its bound, its breaker, and whether it had enough of us."""

from __future__ import annotations

import ssl
import time
from collections import deque
from typing import Final

import structlog

from adapters.channels.email.smtp.session import Session, connect
from adapters.channels.email.smtp.settings import SmtpSettings
from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Link
from adapters.channels.frame.transport import Slots

IDLE: Final = 30.0
"""Seconds after which a connection is rather made anew: relays close idle ones, and mail on its way is lost with them."""
DATA_SHARE: Final = 4.0
"""A relay may think about a whole mail for so many times the time of one command (60 s of 15)."""
REMEMBERED: Final = 200
LEAST_REMEMBERED: Final = 100
POLICY_SHARE: Final = 0.02
POLICY_PAUSE: Final = 60.0
"""Seconds without a send after more than 2 % of the last mails were refused as spam or by policy."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Relay:
    """The connections of one credential."""

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext, *, most: int, timeout: float) -> None:
        """`most`: connections at once."""
        self.settings = settings
        self._tls = tls
        self._timeout = timeout
        self._idle: deque[Session] = deque()
        self.link = Link(Slots(most), Breaker())
        self._refusals: deque[bool] = deque(maxlen=REMEMBERED)
        self._paused_until = float("-inf")
        self._dropped = False

    async def lease(self, *, fresh: bool = False) -> Session:
        """A connection that nobody else uses until it is given back; raise NotConnected. `fresh`: none that was used."""
        now = time.monotonic()
        while self._idle and not fresh:
            session = self._idle.pop()
            if session.is_alive and now - session.idle_since < IDLE:
                return session
            session.close()
        return await connect(
            self.settings, self._tls, timeout=self._timeout, data_timeout=self._timeout * DATA_SHARE
        )

    def give_back(self, session: Session) -> None:
        """Keep it for the next mail, unless it is gone or was used often enough."""
        if self._dropped or not session.is_alive or session.sent >= self.settings.messages_per_connection:
            session.close()
            return
        session.idle_since = time.monotonic()
        self._idle.append(session)

    def note(self, *, policy: bool) -> bool:
        """Count an answer; True when too many mails were refused by policy, and sending pauses for a minute."""
        self._refusals.append(policy)
        count = len(self._refusals)
        if not policy or count < LEAST_REMEMBERED or sum(self._refusals) <= POLICY_SHARE * count:
            return False
        self._refusals.clear()
        self._paused_until = time.monotonic() + POLICY_PAUSE
        _log.error("smtp_policy_refusals", relay=self.settings.host, pause_seconds=POLICY_PAUSE)
        return True

    @property
    def pause(self) -> float:
        """Seconds until sends may start again; 0: now."""
        return max(0.0, self._paused_until - time.monotonic())

    def drop(self) -> None:
        """Close what is idle now, and what is in use when it is given back."""
        self._dropped = True
        while self._idle:
            self._idle.pop().close()

    async def close(self) -> None:
        """Leave politely."""
        while self._idle:
            await self._idle.pop().quit()
