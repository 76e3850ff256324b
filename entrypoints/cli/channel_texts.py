"""The texts of `demo --channels`, `channels` and `bench --channel` in both languages; part of `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.credential_advice import ADVICE_TEXTS
from entrypoints.cli.language import Language

CHANNEL_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "help.demo_channels": {
        "en": "push: ten thousand pushes; all: people with every channel that is installed",
        "ko": "push는 푸시 1만 건, all은 설치된 모든 채널을 쓰는 사람들",
    },
    "help.demo_recipients": {
        "en": "devices, or people with --channels all, to register and send to; default: 10,000, or 56 people",
        "ko": "등록하고 보낼 기기 수(--channels all이면 사람 수), 기본값은 10,000대 또는 56명",
    },
    "help.channels": {
        "en": "Look after an application's channels.",
        "ko": "애플리케이션의 채널을 관리합니다.",
    },
    "help.channels_check": {
        "en": "Try the stored credentials at their providers and say what is wrong and what to do; nothing is sent.",
        "ko": "저장된 자격 증명을 프로바이더에 시험해 무엇이 잘못되었고 어떻게 할지 알려 줍니다. 아무것도 보내지 않습니다.",
    },
    "help.channels_application": {"en": "whose credentials", "ko": "자격 증명을 확인할 애플리케이션"},
    "help.channels_provider": {"en": "only this provider's", "ko": "이 프로바이더만"},
    "channels.none": {
        "en": "There is no credential to try. Store one: PUT /v1/applications/{{id}}/credentials/{{provider}}",
        "ko": "시험할 자격 증명이 없습니다. 먼저 저장하세요: PUT /v1/applications/{{id}}/credentials/{{provider}}",
    },
    "channels.sound": {"en": "sound", "ko": "정상"},
    "channels.refused": {"en": "refused", "ko": "거절됨"},
    "channels.away": {"en": "could not be asked", "ko": "확인하지 못함"},
    "channels.unused": {"en": "not set up", "ko": "설정 안 됨"},
    "channels.untried": {"en": "cannot be tried", "ko": "시험할 수 없음"},
    "channels.sends": {"en": "sends now", "ko": "현재 발송에 사용"},
    "channels.said": {"en": "it said: {words}", "ko": "응답: {words}"},
    "channels.paused": {
        "en": "the channel is paused ({reason}); storing a sound credential lifts that",
        "ko": "채널이 멈춰 있습니다({reason}). 올바른 자격 증명을 저장하면 풀립니다",
    },
    **ADVICE_TEXTS,
    "demo.by_channel": {"en": "By channel", "ko": "채널별"},
    "demo.people": {"en": "{recipients} messages", "ko": "메시지 {recipients}건"},
    "figure.channel": {"en": "channel", "ko": "채널"},
    "figure.fallbacks": {"en": "instead of another", "ko": "대체 발송"},
    "figure.charged": {"en": "charged", "ko": "과금"},
    "figure.amount": {"en": "amount, KRW", "ko": "금액(원)"},
    "check.everybody_on_every_channel": {
        "en": "everybody has one message on every channel, and a text where the AlimTalk could not arrive",
        "ko": "모두에게 채널마다 메시지가 하나씩, 알림톡이 닿지 못한 곳에만 대체 문자가 있다",
    },
    "check.ends_as_scripted": {
        "en": "each message ended as the providers were told to end it",
        "ko": "메시지마다 시나리오대로 끝났다",
    },
    "check.codes_as_scripted": {
        "en": "each subscription carries the code of what befell it, and no other",
        "ko": "구독마다 일어난 일에 맞는 코드만 있다",
    },
    "check.providers_agree": {
        "en": "each provider's own count agrees",
        "ko": "프로바이더마다 센 값과 일치한다",
    },
    "check.children_know_their_parents": {
        "en": "each text instead of an AlimTalk belongs to one that failed",
        "ko": "대체 문자는 모두 실패한 알림톡에 딸려 있다",
    },
    "check.charges_as_scripted": {
        "en": "each channel charges what was sent and not given back",
        "ko": "채널마다 실제로 보낸 만큼만 과금되었다",
    },
    "check.ledger_adds_up": {
        "en": "the ledger grants, settles and releases just these messages",
        "ko": "원장의 승인·정산·반환이 메시지 수와 맞는다",
    },
}
