"""The page on which a recipient chooses channels and topics: one form, no script, in Korean and English."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final

from application.audience.preferences import ChannelChoice, Preferences
from domain.shared.channels import Channel
from entrypoints.http.languages import Language
from entrypoints.links.pages import HEADERS, STYLE

CHANNEL_FIELD: Final = "channel"
TOPIC_FIELD: Final = "topic"
SAVE_FIELD: Final = "save"

_STYLE: Final = (
    STYLE
    + """
main{text-align:left;width:min(28rem,100%)}
fieldset{border:1px solid #8886;border-radius:.5rem;margin:0 0 1rem;padding:.6rem 1rem}
label{display:flex;gap:.7rem;align-items:center;min-height:2.6rem}
input{width:1.2rem;height:1.2rem;flex:none}
small{opacity:.75}
nav{text-align:right;font-size:.9rem}
.saved{border-left:4px solid #2a8a4a;padding-left:.7rem}
"""
)
PAGE_HEADERS: Final[Mapping[str, str]] = {
    **HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'"
    ),
}
_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "ko": {
        "title": "수신 설정",
        "intro": "{name}에서 받을 소식을 선택하세요.",
        "channels": "받는 방법",
        "topics": "주제",
        "save": "저장",
        "saved": "저장했습니다.",
        "waiting": "확인을 기다리는 중입니다",
        "unreachable": "지금은 바꿀 수 없습니다",
        "other": "English",
    },
    "en": {
        "title": "Your preferences",
        "intro": "Choose what you want to receive from {name}.",
        "channels": "How",
        "topics": "What about",
        "save": "Save",
        "saved": "Saved.",
        "waiting": "Waiting for your confirmation",
        "unreachable": "This cannot be changed at the moment",
        "other": "한국어",
    },
}
_CHANNELS: Final[Mapping[Language, Mapping[Channel, str]]] = {
    "ko": {
        Channel.PUSH: "앱 알림",
        Channel.EMAIL: "이메일",
        Channel.SMS: "문자",
        Channel.KAKAO_TALK: "카카오톡",
        Channel.IN_APP: "앱 안의 메시지",
    },
    "en": {
        Channel.PUSH: "App notifications",
        Channel.EMAIL: "E-mail",
        Channel.SMS: "Text messages",
        Channel.KAKAO_TALK: "KakaoTalk",
        Channel.IN_APP: "Messages in the app",
    },
}
_WAITING: Final = -98


def preference_page(shown: Preferences, language: Language, *, saved: bool) -> str:
    """The whole page; everything that somebody else wrote is escaped. The form posts to the page's own address."""
    words = _WORDS[language]
    other: Language = "en" if language == "ko" else "ko"
    channels = "".join(_channel(one, language) for one in shown.channels)
    topics = "".join(
        _box(TOPIC_FIELD, one.key, one.ko if language == "ko" else one.en, "", one.is_on, True)
        for one in shown.topics
    )
    parts = [
        f'<nav><a href="?lang={other}" lang="{other}" hreflang="{other}">{words["other"]}</a></nav>',
        f"<h1>{words['title']}</h1>",
        f'<p class="saved" role="status">{words["saved"]}</p>' if saved else "",
        f"<p>{escape(words['intro'].format(name=shown.application_name))}</p>",
        f'<form method="post" action="?lang={language}">',
        f'<input type="hidden" name="{SAVE_FIELD}" value="yes">',
        f"<fieldset><legend>{words['channels']}</legend>{channels}</fieldset>",
        f"<fieldset><legend>{words['topics']}</legend>{topics}</fieldset>" if topics else "",
        f'<button type="submit">{words["save"]}</button></form>',
    ]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{words["title"]}</title>'
        f"<style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _channel(one: ChannelChoice, language: Language) -> str:
    name = _CHANNELS[language].get(one.type.channel, one.type.wire)
    note = one.label
    if not one.may_switch:
        reason = _WORDS[language]["waiting" if one.status == _WAITING else "unreachable"]
        note = f"{note} · {reason}" if note else reason
    return _box(CHANNEL_FIELD, str(one.subscription_id), name, note, one.is_on, one.may_switch)


def _box(field: str, value: str, name: str, note: str, is_on: bool, enabled: bool) -> str:
    checked = " checked" if is_on else ""
    disabled = "" if enabled else " disabled"
    small = f" <small>{escape(note)}</small>" if note else ""
    return (
        f'<label><input type="checkbox" name="{field}" value="{escape(value, quote=True)}"{checked}{disabled}>'
        f"<span>{escape(name)}{small}</span></label>"
    )
