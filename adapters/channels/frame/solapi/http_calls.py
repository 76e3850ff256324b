"""One request to Solapi: signed, sent, and read; a refusal comes with the rule of the answer table."""

from __future__ import annotations

from typing import TypeVar

import attrs
import msgspec

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.exchange import JSON_HEADERS, Answer, exchange
from adapters.channels.frame.solapi.account import SolapiAccount
from adapters.channels.frame.solapi.codes import refusal_rule
from adapters.channels.frame.transport import Host
from adapters.channels.frame.verdict import Mark, Rule, outcome
from domain.messaging.outcome import Deferred, Outcome

Shape = TypeVar("Shape")


class _ErrorBody(msgspec.Struct, rename="camel"):
    error_code: str | None = None
    error_message: str | None = None


@attrs.frozen(slots=True)
class Refusal:
    """An HTTP error that Solapi answered."""

    rule: Rule
    reason: str
    status: int
    retry_after: float | None = None
    message: str = ""
    """Solapi's own words. They may quote what was sent: shown to who sent it, never logged."""

    def outcome(self, credential_version: int) -> Outcome:
        """What it makes of the messages of this request."""
        return outcome(
            self.rule,
            self.reason,
            credential_version=credential_version,
            retry_after=self.retry_after,
            details={"http_status": self.status},
        )


class SolapiCalls:
    """Requests of one account to one host."""

    def __init__(self, host: Host, account: SolapiAccount, breaker: Breaker) -> None:
        self._host = host
        self._account = account
        self._breaker = breaker

    async def ask(self, method: str, path: str, body: bytes | None = None) -> bytes | Refusal | Deferred:
        """The body of a 2xx answer, what Solapi said against it, or what became of a request without answer.

        A signature that was seen before is replaced once. The breaker is told each time.
        """
        answered = await self._once(method, path, body)
        if isinstance(answered, Refusal) and answered.rule.mark is Mark.RENEW:
            answered = await self._once(method, path, body)
            if isinstance(answered, Refusal) and answered.rule.mark is Mark.RENEW:
                return attrs.evolve(answered, rule=Rule(Mark.RETRY))
        return answered

    async def _once(self, method: str, path: str, body: bytes | None) -> bytes | Refusal | Deferred:
        headers = {**JSON_HEADERS, "authorization": self._account.authorization()}
        answered = await exchange(self._host, self._breaker, method, path, headers, body)
        if isinstance(answered, Deferred):
            return answered
        return answered.body if answered.ok else _refusal(answered)


def _refusal(answer: Answer) -> Refusal:
    found = decode(answer.body, _ErrorBody)
    code = None if found is None else found.error_code
    rule = refusal_rule(answer.status, code)
    words = "" if found is None else found.error_message or ""
    return Refusal(rule, code or f"http_{answer.status}", answer.status, answer.retry_after, words)


def decode(answer: bytes, type: type[Shape]) -> Shape | None:
    """An answer in the shape we read, or None when it has another one."""
    try:
        return msgspec.json.decode(answer, type=type, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
