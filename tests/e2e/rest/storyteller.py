"""Carries out the story of examples against the running product, and says what came back in the story's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import attrs
import httpx

from domain.shared.channels import Channel
from entrypoints.http.examples import Step, named
from entrypoints.http.route import Route

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
RANDOM = re.compile(r"(?<=[/=])(?![0-9a-f]{8}-[0-9a-f]{4}-)[A-Za-z0-9_.-]{24,}")
"""Secret parts of addresses."""
EXPIRES = re.compile(r"expires=\d+")
MEMBERS = {"next_cursor": "MDE5YTJiM2MtNGQ1ZS03ZjYw", "request_id": "0123456789abcdef0123456789abcdef"}
"""Members whose texts differ from run to run."""
BUILT_IN = frozenset({"push", "email", "sms", "kakao_talk", "in_app"})
SHOWN_TIME, SHOWN_DAY = "2026-03-02T09:00:00Z", "2026-03-02"


def illustrative(n: int) -> str:
    """The n-th id that the document shows."""
    return str(UUID(int=(0x019A2B3C_4D5E_7F60_8A7B << 48) + n))


def plain(answer: httpx.Response) -> Any:
    """The JSON of an answer, without the channels that other tests of this process installed."""
    installed = {one.wire for one in Channel} - BUILT_IN

    def built_in(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: built_in(one) for key, one in value.items() if key not in installed}
        return [built_in(one) for one in value] if isinstance(value, list) else value

    return built_in(answer.json())


@attrs.define
class Storyteller:
    routes: Mapping[str, Route[Any]]
    client: httpx.Client
    names: dict[str, Any]
    """What each name stands for in this run."""
    shown: dict[str, str] = attrs.field(factory=dict)
    """What was told in this run → what the document shows instead."""
    leads: Mapping[str, Callable[[Storyteller], None]] = attrs.field(factory=dict)

    def tell(self, step: Step) -> httpx.Response:
        """One call."""
        if step.lead:
            self.leads[step.lead](self)
        route = self.routes[step.operation]
        path = route.path
        for name, value in named(step.path, self.names).items():
            path = path.replace(f"{{{name}}}", str(value))
        answer = self.client.request(
            route.method,
            path,
            params=named(step.query, self.names),
            headers={**self._credentials(step.by), **named(step.headers, self.names)},
            **({} if step.body is None else {"json": named(step.body, self.names)}),
        )
        assert answer.status_code == step.status, (
            f"{step.operation}: {answer.status_code} {answer.text[:600]}"
        )
        for name, where in step.keep.items():
            self.names[name] = _at(answer.json(), where)
        return answer

    def _credentials(self, by: str) -> dict[str, str]:
        if by in ("install", "newcomer"):
            given = {"X-App-Id": self.names["application"], "X-Install-Id": "an-install-of-the-story"}
            return {**given, "X-Install-Secret": self.names["install_secret"]} if by == "install" else given
        if by == "nobody":
            return {}
        return {"Authorization": f"Bearer {self.names['operator_key' if by == 'operator' else 'api_key']}"}

    def retold(self, answer: httpx.Response) -> Any:
        """What came back, with ids, times and secrets as the document shows them; the same in every run."""
        if not answer.content:
            return None
        if "json" in answer.headers["content-type"] and "ndjson" not in answer.headers["content-type"]:
            return self._retold(plain(answer))
        return self._text(answer.text)[:4_000]

    def _retold(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._text(key): MEMBERS[key] if key in MEMBERS and one else self._retold(one)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [self._retold(one) for one in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        for name, value in self.names.items():
            if isinstance(value, str) and len(value) >= 6 and value in text and not ID.fullmatch(value):
                text = text.replace(value, self.showing(name))
        text = ID.sub(lambda found: self._id(found[0]), text)
        text = RANDOM.sub("EXAMPLE", text)
        text = EXPIRES.sub(f"expires={SHOWN['expires']}", text)
        text = TIME.sub(SHOWN_TIME, text)
        return DAY.sub(SHOWN_DAY, MINUTE.sub(f"{SHOWN_DAY} 18:00", text))

    def _id(self, id: str) -> str:
        return self.shown.setdefault(id, illustrative(len(self.shown) + 1))

    def showing(self, name: str) -> Any:
        """What the document shows of a name."""
        value = self.names[name]
        if name in SHOWN:
            return SHOWN[name]
        return self._id(value) if isinstance(value, str) and ID.fullmatch(value) else value


SHOWN: Mapping[str, Any] = {
    "operator_key": "as_operator_0123456789ab_EXAMPLE",
    "api_key": "as_live_0123456789ab_EXAMPLE",
    "key": "0123456789ab",
    "old_key": "ba9876543210",
    "install_secret": "EXAMPLE-install-secret",
    "identity_secret": "0" * 64,
    "address_hash": "0" * 64,
    "fingerprint": "f" * 64,
    "webhook_secret": "whsec_RVhBTVBMRQ==",
    "new_secret": "whsec_TkVXLUVYQU1QTEU=",
    "signature": "5" * 64,
    "expires": 1_772_445_600,
    "month": "2026-03",
    "yesterday": "2026-03-01T09:00:00Z",
    "now": "2026-03-02T09:00:00Z",
    "next_week": "2026-03-09T09:00:00Z",
    "template_code": "KA01TP260302090000EXAMPLE",
    "solapi": {"api_key": "EXAMPLEAPIKEY", "api_secret": "EXAMPLE", "sender": "0223456789"},
}
"""Secrets, and what differs from run to run."""


def _at(answer: Any, where: str) -> Any:
    path, _, parameter = where.partition("?")
    for part in path.split("."):
        answer = answer[int(part) if part.isdecimal() else part]
    if not parameter:
        return answer
    found = parse_qs(urlsplit(answer).query)[parameter][0]
    return int(found) if found.isdecimal() and len(found) < 12 else found


def shape(value: Any) -> Any:
    """Names and kinds without values: what of an answer must be the same where figures and order may differ."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return (
        "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    )
