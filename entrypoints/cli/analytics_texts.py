"""The texts of `analytics` in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.language import Language

ANALYTICS_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "help.analytics": {
        "en": "Figures of messages, exact and live.",
        "ko": "메시지 통계. 정확하고 실시간입니다.",
    },
    "help.analytics_totals": {
        "en": "Figures of a time, told apart by --by.",
        "ko": "기간의 통계. --by로 나누어 보여 줍니다.",
    },
    "help.analytics_series": {
        "en": "Figures by the hour, day or month.",
        "ko": "시간, 일, 월별 통계.",
    },
    "help.analytics_funnel": {
        "en": "Accepted, sent, received, opened, and the time to open.",
        "ko": "접수, 발송, 도달, 오픈과 오픈까지 걸린 시간.",
    },
    "help.analytics_check": {
        "en": "Recount every figure from messages and events; exit code 1 when one is wrong.",
        "ko": "모든 통계를 메시지와 이벤트에서 다시 셉니다. 틀린 것이 있으면 종료 코드 1.",
    },
    "help.analytics_application": {"en": "of this application", "ko": "이 애플리케이션의"},
    "help.since": {"en": "RFC 3339; default: a week ago", "ko": "RFC 3339, 기본값은 일주일 전"},
    "help.until": {"en": "RFC 3339; default: now", "ko": "RFC 3339, 기본값은 지금"},
    "help.zone": {
        "en": "IANA time zone; default: the application's",
        "ko": "IANA 시간대, 기본값은 애플리케이션의 시간대",
    },
    "help.granularity": {"en": "hour, day or month", "ko": "hour, day 또는 month"},
    "help.by": {
        "en": "up to three of channel, type, provider, campaign_id, template_id, country, app_version, reason",
        "ko": "channel, type, provider, campaign_id, template_id, country, app_version, reason 중 셋까지",
    },
    "analytics.at": {"en": "from", "ko": "시작"},
    "analytics.all": {"en": "all", "ko": "전체"},
    "analytics.accepted": {"en": "accepted", "ko": "접수"},
    "analytics.sent": {"en": "sent", "ko": "발송"},
    "analytics.failed": {"en": "failed", "ko": "실패"},
    "analytics.received": {"en": "received", "ko": "도달"},
    "analytics.converted": {"en": "converted", "ko": "오픈"},
    "analytics.open_rate": {"en": "open rate", "ko": "오픈율"},
    "analytics.to_open": {
        "en": "mean time to open {mean} s, half within {median} s",
        "ko": "오픈까지 평균 {mean}초, 절반은 {median}초 이내",
    },
    "analytics.exact": {
        "en": "{events} figures of {applications} applications recounted: all exact",
        "ko": "애플리케이션 {applications}개의 {events}건을 다시 세었고 모두 정확합니다",
    },
    "analytics.wrong": {
        "en": "{count} figures are not what a recount finds",
        "ko": "다시 센 값과 다른 통계가 {count}개 있습니다",
    },
    "analytics.partial": {
        "en": "old messages were dropped by retention: figures may be higher than a recount, never lower",
        "ko": "보존 기간이 지난 메시지가 삭제되어 통계가 다시 센 값보다 클 수 있습니다",
    },
}
