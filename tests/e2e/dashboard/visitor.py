"""Somebody with a browser, without one: cookies, forms with their tokens, and the code of this moment."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import attrs
import httpx

from adapters.crypto.one_time_codes import STEP_SECONDS, code_at

PASSWORD = "초록 지붕 아래 일곱 마리 고래"
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
KEY = re.compile(r'id="code-key">([A-Z2-7 ]+)<')


@attrs.define
class Visitor:
    """One person: an address, and the key of the codes once it is set up."""

    url: str
    email: str
    key: str = ""
    forget_codes: Callable[[], None] = attrs.field(kw_only=True)
    """Lets a code of this moment be used once more: tests sign in more often than every thirty seconds."""
    client: httpx.Client = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        # Plain HTTP: there is no certificate to verify, and loading authorities takes 25 ms a visitor.
        self.client = httpx.Client(
            base_url=self.url, headers={"Accept-Language": "en"}, timeout=30, verify=False
        )

    def close(self) -> None:
        self.client.close()

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def text(self, path: str) -> str:
        """The page's HTML; it must be there."""
        found = self.client.get(path)
        assert found.status_code == 200, f"{path}: {found.status_code} {found.text[:2000]}"
        return found.text

    def token(self, path: str) -> str:
        match = TOKEN.search(self.text(path))
        assert match, f"{path} has no form"
        return match[1]

    def post(
        self, path: str, fields: dict[str, Any] | None = None, *, page: str | None = None
    ) -> httpx.Response:
        """Send a form with the token of `page` (default: the path itself)."""
        given = {"form_token": self.token(page or path), **(fields or {})}
        return self.client.post(path, data=given)

    def code(self) -> str:
        """The code of this moment, good to be used."""
        self.forget_codes()
        return code_at(self.key, int(time.time()) // STEP_SECONDS)

    def set_up(self, link: str, name: str = "김하늘") -> httpx.Response:
        """Accept an invitation."""
        match = KEY.search(self.text(link))
        assert match
        self.key = unescape(match[1]).replace(" ", "")
        return self.post(link, {"name": name, "email": self.email, "password": PASSWORD, "code": self.code()})

    def sign_in(self, **instead: str) -> httpx.Response:
        fields = {"email": self.email, "password": PASSWORD, "code": instead.get("code") or self.code()}
        return self.post("/dashboard/sign-in", {**fields, **instead})


def path_of(response: httpx.Response) -> str:
    """Where a redirect leads, without the note."""
    return response.headers["location"].partition("?")[0]
