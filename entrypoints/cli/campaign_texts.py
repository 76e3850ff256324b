"""The texts of `campaigns` in both languages; part of `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.language import Language

CAMPAIGN_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "help.campaigns": {
        "en": "Look at campaigns, launch, pause, resume and cancel them, watch them, and ask why somebody got nothing.",
        "ko": "캠페인을 조회하고, 시작·일시중지·재개·취소하고, 지켜보고, 못 받은 이유를 확인합니다.",
    },
    "help.campaigns_list": {"en": "List campaigns, newest first.", "ko": "캠페인을 최신순으로 나열합니다."},
    "help.campaigns_show": {
        "en": "Show one campaign and its history.",
        "ko": "캠페인 하나와 그 이력을 보여 줍니다.",
    },
    "help.campaigns_dry_run": {
        "en": "Say who would get a campaign, who not and why, and what it would cost; nothing is sent.",
        "ko": "누가 받고 누가 왜 빠지는지, 비용이 얼마인지 알려 줍니다. 아무것도 보내지 않습니다.",
    },
    "help.campaigns_launch": {"en": "Send a campaign now.", "ko": "캠페인을 지금 보냅니다."},
    "help.campaigns_pause": {
        "en": "Start nothing more of a campaign.",
        "ko": "캠페인 발송을 일시중지합니다.",
    },
    "help.campaigns_resume": {
        "en": "Go on exactly where it stopped.",
        "ko": "멈춘 곳에서 그대로 재개합니다.",
    },
    "help.campaigns_cancel": {
        "en": "Cancel what is not sent and free its quota.",
        "ko": "아직 보내지 않은 것을 취소하고 할당량을 돌려줍니다.",
    },
    "help.campaigns_watch": {
        "en": "Watch a campaign until it is over.",
        "ko": "끝날 때까지 진행 상황을 지켜봅니다.",
    },
    "help.campaigns_explain": {
        "en": "Say step by step why somebody did or did not get a campaign.",
        "ko": "받았거나 못 받은 이유를 단계별로 설명합니다.",
    },
    "help.api_url": {
        "en": "where the API is; default: SIGNAL_API_URL, else what runs in the data folder",
        "ko": "API 주소. 기본값은 SIGNAL_API_URL, 없으면 데이터 폴더에서 실행 중인 것",
    },
    "help.api_key": {"en": "an API key; default: SIGNAL_API_KEY", "ko": "API 키. 기본값은 SIGNAL_API_KEY"},
    "help.campaign_application": {
        "en": "application id, needed with an operator's key",
        "ko": "애플리케이션 ID. 운영자 키를 쓸 때 필요",
    },
    "help.campaign": {"en": "the campaign's id", "ko": "캠페인 ID"},
    "help.recipient": {
        "en": "a subscription's id or a user's external id",
        "ko": "구독 ID 또는 사용자 external ID",
    },
    "help.campaign_status": {"en": "only campaigns in this state", "ko": "이 상태의 캠페인만"},
    "help.fingerprint": {
        "en": "of a dry run: launch to exactly that audience or not at all",
        "ko": "드라이런의 지문. 그때와 똑같은 대상에게만 보냅니다",
    },
    "help.reason": {"en": "why; it stands in the history", "ko": "사유. 이력에 남습니다"},
    "campaigns.none": {"en": "There are no campaigns.", "ko": "캠페인이 없습니다."},
    "campaigns.name": {"en": "name", "ko": "이름"},
    "campaigns.status": {"en": "status", "ko": "상태"},
    "campaigns.recipients": {"en": "recipients", "ko": "대상"},
    "campaigns.successful": {"en": "successful", "ko": "성공"},
    "campaigns.failed": {"en": "failed", "ko": "실패"},
    "campaigns.canceled": {"en": "canceled", "ko": "취소"},
    "campaigns.excluded": {"en": "excluded", "ko": "제외"},
    "campaigns.scheduled": {"en": "scheduled", "ko": "예정"},
    "campaigns.history": {"en": "History", "ko": "이력"},
    "campaigns.event": {"en": "event", "ko": "사건"},
    "campaigns.when": {"en": "when", "ko": "시각"},
    "campaigns.actor": {"en": "who", "ko": "누가"},
    "campaigns.reason": {"en": "why", "ko": "사유"},
    "campaigns.is": {"en": "{name}: {status}", "ko": "{name}: {status}"},
    "campaigns.paused": {"en": "paused: {reason}", "ko": "일시중지: {reason}"},
    "campaigns.failed_because": {"en": "failed: {reason}", "ko": "실패: {reason}"},
    "campaigns.waiting": {"en": "to come", "ko": "대기"},
    "campaigns.in_queue": {"en": "in the queue", "ko": "대기열"},
    "campaigns.rate": {"en": "{rate}/s", "ko": "초당 {rate}건"},
    "campaigns.eta": {"en": "{seconds} s left", "ko": "{seconds}초 남음"},
    "campaigns.cost": {"en": "cost: {cost} {currency}", "ko": "비용: {cost} {currency}"},
    "campaigns.missing": {
        "en": "the {kind} limit lacks {missing} messages",
        "ko": "{kind} 한도가 {missing}건 부족합니다",
    },
    "campaigns.fingerprint": {"en": "fingerprint: {fingerprint}", "ko": "지문: {fingerprint}"},
    "campaigns.channel": {"en": "channel", "ko": "채널"},
    "campaigns.verdict": {"en": "{subscription} {type}: {verdict}", "ko": "{subscription} {type}: {verdict}"},
    "campaigns.step": {"en": "step", "ko": "단계"},
    "campaigns.detail": {"en": "detail", "ko": "내용"},
}
