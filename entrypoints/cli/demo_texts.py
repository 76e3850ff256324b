"""The texts of `demo` in both languages: its steps, figures and checks; part of `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.language import Language

DEMO_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "demo.prepare": {"en": "preparing", "ko": "준비"},
    "demo.register": {"en": "registering devices", "ko": "기기 등록"},
    "demo.accept": {"en": "accepting", "ko": "접수"},
    "demo.launch": {"en": "launching the campaign", "ko": "캠페인 시작"},
    "demo.campaign": {"en": "Campaign: {status}", "ko": "캠페인: {status}"},
    "demo.counter": {"en": "campaign", "ko": "캠페인 집계"},
    "demo.recount": {"en": "recount", "ko": "다시 센 값"},
    "demo.deliver": {"en": "delivering", "ko": "발송"},
    "demo.receipts": {"en": "receipts", "ko": "수신 확인"},
    "demo.audit": {"en": "auditing", "ko": "대조"},
    "demo.start": {"en": "starting", "ko": "시작"},
    "demo.table": {"en": "{recipients} recipients", "ko": "수신자 {recipients}명"},
    "demo.checks": {"en": "Audit", "ko": "대조 결과"},
    "demo.figure": {"en": "figure", "ko": "항목"},
    "demo.value": {"en": "value", "ko": "값"},
    "demo.check": {"en": "what must hold", "ko": "성립해야 하는 것"},
    "demo.holds": {"en": "holds", "ko": "성립"},
    "demo.seconds": {"en": "seconds", "ko": "초"},
    "demo.all_hold": {"en": "Every sum holds.", "ko": "모든 합이 맞습니다."},
    "demo.look": {
        "en": "Look at it, in the dashboard or here:",
        "ko": "대시보드나 여기에서 결과 보기:",
    },
    "demo.look_later": {
        "en": "The data stays. Look at it: start, open the page below the address it prints, or count here:",
        "ko": "데이터는 남아 있습니다. 다시 시작해 출력된 주소에서 아래 페이지를 열거나 여기에서 집계를 보세요:",
    },
    "demo.broken": {
        "en": "{count} of {of} sums do not hold.",
        "ko": "{of}개 가운데 {count}개가 맞지 않습니다.",
    },
    "figure.accepted": {"en": "accepted", "ko": "접수"},
    "figure.successful": {"en": "successful", "ko": "성공"},
    "figure.sent": {"en": "sent", "ko": "발송"},
    "figure.failed": {"en": "failed", "ko": "실패"},
    "figure.retried": {"en": "retried", "ko": "재시도"},
    "figure.received": {"en": "received", "ko": "수신"},
    "figure.converted": {"en": "converted", "ko": "전환"},
    "figure.dead": {"en": "dead tokens (-10)", "ko": "무효 토큰(-10)"},
    "figure.provider_requests": {"en": "requests at the provider", "ko": "프로바이더 요청"},
    "figure.duplicates": {"en": "duplicates", "ko": "중복"},
    "figure.lost": {"en": "lost", "ko": "유실"},
    "figure.elapsed_s": {"en": "elapsed, seconds", "ko": "경과(초)"},
    "figure.total_recipients": {"en": "recipients", "ko": "수신자"},
    "figure.successful_count": {"en": "successful", "ko": "성공"},
    "figure.failed_count": {"en": "failed", "ko": "실패"},
    "figure.canceled_count": {"en": "canceled", "ko": "취소"},
    "figure.excluded_count": {"en": "excluded", "ko": "제외"},
    "check.everyone_once": {
        "en": "everybody has exactly one message",
        "ko": "모두에게 메시지가 정확히 하나씩 있다",
    },
    "check.devices_once": {
        "en": "every living device was reached exactly once",
        "ko": "살아 있는 기기마다 정확히 한 번 도착했다",
    },
    "check.addressed_by_name": {
        "en": "everybody is addressed by name",
        "ko": "모두 자기 이름으로 받았다",
    },
    "check.campaign_sent": {
        "en": "the campaign is sent, and cannot be launched again",
        "ko": "캠페인이 발송 완료되었고 다시 시작할 수 없다",
    },
    "check.counters_are_a_recount": {
        "en": "the campaign's counters equal a recount",
        "ko": "캠페인 집계가 다시 센 값과 같다",
    },
    "check.told_is_stored": {
        "en": "what was told is stored, for whom it was told",
        "ko": "알려 준 것이 그 수신자에게 저장되어 있다",
    },
    "check.replay_does_nothing": {
        "en": "the repeated call did nothing",
        "ko": "반복 호출은 아무 일도 하지 않았다",
    },
    "check.nothing_lost": {"en": "nothing is lost", "ko": "잃은 것이 없다"},
    "check.everything_settled": {"en": "everything is settled", "ko": "모두 정산되었다"},
    "check.accepted_is_successful_plus_failed": {
        "en": "accepted = successful + failed",
        "ko": "접수 = 성공 + 실패",
    },
    "check.provider_agrees": {"en": "the provider's own count agrees", "ko": "프로바이더의 수와 일치한다"},
    "check.nothing_twice": {"en": "nothing was sent twice", "ko": "두 번 보낸 것이 없다"},
    "check.dead_tokens_unsubscribed": {
        "en": "dead tokens carry -10, and no others",
        "ko": "무효 토큰만 -10이다",
    },
    "check.retried_succeeded": {"en": "what was retried succeeded", "ko": "재시도한 것은 성공했다"},
    "check.receipts_recorded": {"en": "every receipt is on its message", "ko": "모든 수신 확인이 기록되었다"},
    "check.history_leads_to_status": {
        "en": "each history leads to its status",
        "ko": "이력이 상태와 일치한다",
    },
    "check.ledger_balances": {"en": "the ledger balances", "ko": "원장이 맞는다"},
    "check.in_time": {"en": "it was over in time", "ko": "제시간에 끝났다"},
}
