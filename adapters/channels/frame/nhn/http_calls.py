"""One request to an NHN Cloud service, and the header that every answer carries, whatever its HTTP status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import quote

import attrs
import msgspec

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.exchange import JSON_HEADERS, Answer, exchange
from adapters.channels.frame.transport import Host
from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule, outcome
from application.ports.provider_settings import SettingField
from domain.messaging.outcome import Deferred, Details, Outcome
from domain.shared.errors import Unavailable

SUCCESS: Final = 0
THROTTLED: Final = 429
_UNKNOWN: Final = frozenset({502, 504})
_UNAUTHORIZED: Final = frozenset({401, 403})

Shape = TypeVar("Shape")

APP_KEY: Final = SettingField(
    "app_key",
    "the AppKey of the service in NHN Cloud Console",
    pattern=r"[A-Za-z0-9]{8,64}",
    example="AbCd1234…",
)
SECRET_KEY: Final = SettingField(
    "secret_key", "the SecretKey beside the AppKey", secret=True, pattern=r"[A-Za-z0-9]{8,64}"
)
WEBHOOK_SIGNATURE: Final = SettingField(
    "webhook_signature",
    "the signature text entered in the console's webhook settings",
    secret=True,
    required=False,
    longest=100,
)


class _Header(msgspec.Struct, rename="camel"):
    result_code: int
    is_successful: bool = False


class _Envelope(msgspec.Struct):
    header: _Header


@attrs.frozen(slots=True)
class Refusal:
    """An answer that says no, or no answer that can be read."""

    rule: Rule
    reason: str
    status: int
    code: int | None = None
    body: bytes = attrs.field(default=b"", repr=False)
    retry_after: float | None = None

    def outcome(self, credential_version: int, details: Details | None = None) -> Outcome:
        """What it makes of the messages of this request."""
        return outcome(
            self.rule,
            self.reason,
            credential_version=credential_version,
            retry_after=self.retry_after,
            details={"http_status": self.status, **(details or {})},
        )


class NhnCalls:
    """Requests of one credential to one service."""

    def __init__(
        self, host: Host, fields: Mapping[str, str], breaker: Breaker, rule_for: Callable[[int], Rule]
    ) -> None:
        """`rule_for`: the service's own table of API result codes. Raise KeyError when a field is missing."""
        self.app_key = quote(fields["app_key"], safe="")
        self._host = host
        self._headers = {**JSON_HEADERS, "x-secret-key": fields["secret_key"]}
        self._breaker = breaker
        self._rule_for = rule_for

    async def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes | Refusal | Deferred:
        """The body of an answer that says success, else why not. The breaker is told each time."""
        sent = {**self._headers, **(headers or {})}
        answer = await exchange(self._host, self._breaker, method, path, sent, body)
        if isinstance(answer, Deferred):
            return answer
        header = decode(answer.body, _Envelope)
        if header is None:
            return self._unreadable(answer)
        code = header.header.result_code
        if code == SUCCESS and answer.ok:
            return answer.body
        if code == SUCCESS:
            return self._unreadable(answer)
        rule = by_status(answer.status) or self._rule_for(code)
        return Refusal(rule, str(code), answer.status, code, answer.body, answer.retry_after)

    async def read(self, path: str) -> bytes:
        """The same of a GET; raise Unavailable when NHN cannot be asked now."""
        answered = await self.ask("GET", path)
        if isinstance(answered, bytes):
            return answered
        raise Unavailable(
            f"NHN Cloud cannot be asked: {answered.reason}", retry_after=answered.retry_after or 60.0
        )

    def _unreadable(self, answer: Answer) -> Refusal:
        rule = by_status(answer.status)
        if rule is None and answer.ok:
            rule = Rule(Mark.RETRY, unknown=True)
        rule = rule or Rule(Mark.CREDENTIAL if answer.status in _UNAUTHORIZED else Mark.BUG)
        return Refusal(rule, f"http_{answer.status}", answer.status, None, answer.body, answer.retry_after)


def verdict(answered: Refusal | Deferred, credential_version: int) -> Outcome:
    """What a question that was not answered means."""
    return answered.outcome(credential_version) if isinstance(answered, Refusal) else answered


def by_status(status: int) -> Rule | None:
    """HTTP statuses that decide by themselves."""
    if status == THROTTLED:
        return Rule(Mark.THROTTLE, default_wait=60.0)
    if status in _UNKNOWN:
        return Rule(Mark.RETRY, unknown=True)
    if status >= SERVER_ERROR:
        return Rule(Mark.RETRY)
    return None


def decode(answer: bytes, type: type[Shape]) -> Shape | None:
    """An answer in the shape we read, or None when it has another one."""
    try:
        return msgspec.json.decode(answer, type=type, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
