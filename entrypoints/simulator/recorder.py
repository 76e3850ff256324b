"""What arrived: one compact row per message and provider, totals, and the last requests in full.

A million messages cost some 200 MB. Beyond `max_messages` requests are still counted in the totals, but no
longer by message (`untracked`).
"""

from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

OVERFLOW_SLOT: Final = 0
ACCEPTED: Final = "accepted"
TEXT_PROVIDERS: Final = ("solapi", "nhn", "nhn_alimtalk", "twilio")


class Headers(Protocol):
    """What a request's headers can do in every listener; names are lower case."""

    def get(self, key: str, /) -> str | None: ...

    def items(self) -> Iterable[tuple[str, str]]: ...


class Detail(NamedTuple):
    """One request as it came, with what became of it; `at` is epoch seconds."""

    at: float
    provider: str
    realm: str
    method: str
    path: str
    headers: Headers
    body: bytes
    message_id: str | None
    attempt: int
    outcome: str
    status: int


class Delivery(NamedTuple):
    """What one provider saw of one message. `device` is a hash of the token, times are epoch seconds."""

    message_id: str
    provider: str
    accepted: int
    attempts: int
    device: str
    first_at: float
    last_at: float
    last_outcome: str


def device_hash(token: str) -> int:
    """The 64-bit stand-in for a token in records."""
    return int.from_bytes(blake2b(token.encode(), digest_size=8).digest(), "big")


class MessageLedger:
    """Per-message counts of one provider, in parallel columns."""

    def __init__(self, provider: str, max_messages: int) -> None:
        self.provider = provider
        self.requests = 0
        self.accepted_total = 0
        self.duplicates = 0
        self.untracked = 0
        self.outcomes: Counter[str] = Counter()
        self._max_messages = max_messages
        self._slots: dict[str, int] = {}
        self._ids: list[str | None] = [None]
        self._attempts = array("I", [0])
        self._accepted = array("I", [0])
        self._device = array("Q", [0])
        self._first_at = array("d", [0.0])
        self._last_at = array("d", [0.0])
        self._outcome = array("H", [0])
        self._outcome_names: list[str] = []
        self._outcome_codes: dict[str, int] = {}

    def arrive(self, message_id: str | None, token: str, now: float) -> tuple[int, int]:
        """Count a request; answers (slot, attempt). Without a message id, attempts are counted per token."""
        self.requests += 1
        key = message_id if message_id is not None else "\x00" + token
        slot = self._slots.get(key)
        if slot is None:
            if len(self._slots) >= self._max_messages:
                self.untracked += 1
                return OVERFLOW_SLOT, 1
            slot = len(self._ids)
            self._slots[key] = slot
            self._ids.append(message_id)
            self._attempts.append(1)
            self._accepted.append(0)
            self._device.append(device_hash(token))
            self._first_at.append(now)
            self._last_at.append(now)
            self._outcome.append(0)
            return slot, 1
        attempt = self._attempts[slot] + 1
        self._attempts[slot] = attempt
        self._last_at[slot] = now
        return slot, attempt

    def settle(self, slot: int, outcome: str) -> None:
        """Note what became of the request that `arrive` counted; `ACCEPTED` means taken for delivery."""
        self.outcomes[outcome] += 1
        if outcome == ACCEPTED:
            self.accepted_total += 1
        if slot == OVERFLOW_SLOT:
            return
        code = self._outcome_codes.get(outcome)
        if code is None:
            code = self._outcome_codes[outcome] = len(self._outcome_names)
            self._outcome_names.append(outcome)
        self._outcome[slot] = code
        if outcome == ACCEPTED:
            accepted = self._accepted[slot] + 1
            self._accepted[slot] = accepted
            if accepted == 2 and self._ids[slot] is not None:
                self.duplicates += 1

    def delivery(self, message_id: str) -> Delivery | None:
        """The record of one message, or None if this provider never saw it."""
        slot = self._slots.get(message_id)
        return None if slot is None else self._at(slot, message_id)

    def deliveries(self, *, only_duplicates: bool = False) -> Iterator[Delivery]:
        """Every message with an id, in order of first arrival, up to those present at the call."""
        for slot in range(1, len(self._ids)):
            message_id = self._ids[slot]
            if message_id is not None and (not only_duplicates or self._accepted[slot] > 1):
                yield self._at(slot, message_id)

    @property
    def messages(self) -> int:
        """Distinct messages with or without an id."""
        return len(self._slots)

    def _at(self, slot: int, message_id: str) -> Delivery:
        return Delivery(
            message_id=message_id,
            provider=self.provider,
            accepted=self._accepted[slot],
            attempts=self._attempts[slot],
            device=f"{self._device[slot]:016x}",
            first_at=self._first_at[slot],
            last_at=self._last_at[slot],
            last_outcome=self._outcome_names[self._outcome[slot]],
        )


class Recorder:
    """The ledgers of all providers, the token endpoint's counts, and the ring of last requests."""

    def __init__(self, *, max_messages: int, last_requests: int) -> None:
        self._max_messages = max_messages
        self.last: deque[Detail] = deque(maxlen=last_requests)
        self.reset()

    def reset(self) -> None:
        """Forget everything recorded."""
        self.apns = MessageLedger("apns", self._max_messages)
        self.fcm = MessageLedger("fcm", self._max_messages)
        self.smtp = MessageLedger("smtp", self._max_messages)
        self.ses = MessageLedger("ses", self._max_messages)
        self.texts = {name: MessageLedger(name, self._max_messages) for name in TEXT_PROVIDERS}
        self.realms: Counter[str] = Counter()
        self.oauth: Counter[str] = Counter()
        self.last.clear()

    @property
    def ledgers(self) -> tuple[MessageLedger, ...]:
        """Every provider's ledger."""
        return self.apns, self.fcm, self.smtp, self.ses, *self.texts.values()
