"""What the pretended mail providers took: attempts per recipient, and the last mails in full."""

from collections import deque
from typing import NamedTuple


class TakenMail(NamedTuple):
    """One mail as it came; `content` is empty for a bulk request, whose template is in `request`."""

    at: float
    provider: str
    mail_from: str
    recipient: str
    message_id: str | None
    content: bytes
    request: bytes = b""
    secure: bool = False


class Mailbox:
    """Bounded; attempts are counted per provider and recipient since the last reset."""

    def __init__(self, last_mails: int) -> None:
        self._attempts: dict[tuple[str, str], int] = {}
        self._first_seen: dict[str, float] = {}
        self.last: deque[TakenMail] = deque(maxlen=last_mails)

    def attempt(self, provider: str, recipient: str) -> int:
        """Count one: 1 for the first."""
        key = (provider, recipient)
        count = self._attempts[key] = self._attempts.get(key, 0) + 1
        return count

    def known_for(self, recipient: str, now: float) -> float:
        """Seconds since the first attempt at a recipient."""
        return now - self._first_seen.setdefault(recipient, now)

    def reset(self) -> None:
        """Forget everything."""
        self._attempts.clear()
        self._first_seen.clear()
        self.last.clear()
