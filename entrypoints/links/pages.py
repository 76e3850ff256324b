"""The pages that recipients see, in Korean and English: no script, no cookie, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final, Literal

from entrypoints.http.languages import Language

Page = Literal[
    "confirm", "done", "confirm_address", "confirmed", "unknown", "too_many", "later", "bad_request"
]

STYLE: Final = """
:root{color-scheme:light dark}
body{font:17px/1.6 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}
main{max-width:28rem;padding:2rem 1.5rem;text-align:center}
h1{font-size:1.35rem;margin:0 0 .6rem}
button{font:inherit;padding:.7rem 1.6rem;border:0;border-radius:.5rem;background:#1f5fd0;color:#fff;cursor:pointer}
button:focus-visible{outline:3px solid #9ec1ff;outline-offset:2px}
"""
POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}
FORM_FIELD: Final = "confirm"

_WORDS: Final[Mapping[Language, Mapping[Page, tuple[str, str]]]] = {
    "ko": {
        "confirm": ("수신 거부", "이 주소로 더 이상 메일을 받지 않으시겠습니까?"),
        "done": ("수신 거부가 완료되었습니다", "이 주소로는 더 이상 메일을 보내지 않습니다."),
        "confirm_address": ("주소 확인", "이 주소로 메시지를 받으시겠습니까?"),
        "confirmed": ("확인되었습니다", "이제 이 주소로 메시지를 받습니다."),
        "too_many": ("요청이 너무 많습니다", "잠시 후 다시 시도해 주세요. 아무것도 변경되지 않았습니다."),
        "unknown": ("링크를 찾을 수 없습니다", "링크가 잘렸거나 유효 기간이 지났습니다."),
        "later": ("잠시 후 다시 시도해 주세요", "지금은 처리할 수 없습니다. 아무것도 변경되지 않았습니다."),
        "bad_request": ("요청을 처리할 수 없습니다", "메일에 있는 링크를 다시 열어 주세요."),
    },
    "en": {
        "confirm": ("Unsubscribe", "Do you want no more mail at this address?"),
        "done": ("You are unsubscribed", "No more mail will be sent to this address."),
        "confirm_address": ("Confirm your address", "Do you want to receive messages at this address?"),
        "confirmed": ("Confirmed", "You will receive messages at this address from now on."),
        "too_many": ("Too many requests", "Please try again in a moment. Nothing was changed."),
        "unknown": ("This link is not known", "It was cut off, or it has expired."),
        "later": ("Please try again in a moment", "This cannot be done right now. Nothing was changed."),
        "bad_request": ("This request cannot be used", "Please open the link in the mail again."),
    },
}
_BUTTON: Final[Mapping[Language, Mapping[Page, str]]] = {
    "ko": {"confirm": "수신 거부", "confirm_address": "확인"},
    "en": {"confirm": "Unsubscribe", "confirm_address": "Confirm"},
}


def page(name: Page, language: Language) -> str:
    """One page; those that ask have a form, which posts to the address it was got from."""
    title, text = _WORDS[language][name]
    form = ""
    button = _BUTTON[language].get(name)
    if button is not None:
        form = (
            f'<form method="post"><input type="hidden" name="{FORM_FIELD}" value="yes">'
            f'<button type="submit">{escape(button)}</button></form>'
        )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1><p>{escape(text)}</p>{form}</main></body></html>"
    )
