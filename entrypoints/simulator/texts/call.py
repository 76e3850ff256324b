"""One request to a gateway for texts, read once, and how it is answered and recorded."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

from entrypoints.simulator.recorder import Detail, Headers
from entrypoints.simulator.stage import Answer, Stage, retry_after_header
from entrypoints.simulator.text_script import Fate

_JSON: Final = ("content-type", "application/json; charset=utf-8")
JsonObject = dict[str, object]


class Call(NamedTuple):
    """Method, path and query taken apart."""

    method: str
    path: str
    parts: tuple[str, ...]
    query: dict[str, list[str]]
    headers: Headers
    body: bytes
    now: float

    @classmethod
    def read(cls, method: str, target: str, headers: Headers, body: bytes, now: float) -> Call:
        """`target` is the path with its query."""
        path, _, query = target.partition("?")
        parts = tuple(unquote(part) for part in path.split("/") if part)
        return cls(method, path, parts, parse_qs(query, keep_blank_values=True), headers, body, now)

    def one(self, name: str) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def number(self, name: str, otherwise: int, most: int) -> int:
        """A query parameter as a number."""
        text = self.one(name) or ""
        return min(int(text), most) if text.isascii() and text.isdigit() and int(text) > 0 else otherwise

    def document(self) -> JsonObject | None:
        """The body as a JSON object, or None."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None


class Reply(NamedTuple):
    """What a gateway says, before faults."""

    status: int
    content: object
    outcome: str = "answered"
    fate: Fate = Fate()


def answered(stage: Stage, provider: str, call: Call, reply: Reply, playable: frozenset[str]) -> Answer:
    """The reply as an answer, and the request in the ring of the last ones."""
    fault = reply.fate.fault if reply.fate.fault in playable else None
    headers = [_JSON]
    if reply.fate.retry_after is not None and reply.status in (429, 503):
        headers.append(retry_after_header(reply.fate.retry_after, call.now))
    body = reply.content if isinstance(reply.content, bytes) else msgspec.json.encode(reply.content)
    stage.recorder.realms[provider] += 1
    stage.recorder.last.append(
        Detail(
            call.now,
            provider,
            call.parts[0] if call.parts else "",
            call.method,
            call.path,
            call.headers,
            call.body,
            None,
            1,
            f"fault:{fault}" if fault is not None else reply.outcome,
            reply.status,
        )
    )
    delay = stage.script.latency(provider, call.path, stage.recorder.realms[provider])
    return Answer(reply.status, headers, body, delay, fault)
