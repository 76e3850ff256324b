"""Every text of the command line in both languages; a test sees that placeholders agree."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from entrypoints.cli.analytics_texts import ANALYTICS_TEXTS
from entrypoints.cli.campaign_texts import CAMPAIGN_TEXTS
from entrypoints.cli.channel_texts import CHANNEL_TEXTS
from entrypoints.cli.demo_texts import DEMO_TEXTS
from entrypoints.cli.export_texts import EXPORT_TEXTS
from entrypoints.cli.help_texts import HELP_TEXTS
from entrypoints.cli.language import Language, language_of
from entrypoints.cli.template_texts import TEMPLATE_TEXTS

TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    **CAMPAIGN_TEXTS,
    **CHANNEL_TEXTS,
    **ANALYTICS_TEXTS,
    **EXPORT_TEXTS,
    **HELP_TEXTS,
    **TEMPLATE_TEXTS,
    **DEMO_TEXTS,
    "error": {"en": "error:", "ko": "오류:"},
    "next": {"en": "next:", "ko": "다음:"},
    "interrupted": {"en": "stopped", "ko": "중지했습니다"},
    # up
    "up.dashboard": {
        "en": "Set up your account for the dashboard (the link works once):",
        "ko": "대시보드 계정 만들기(링크는 한 번만 쓸 수 있습니다):",
    },
    "up.step": {"en": "… {step}", "ko": "… {step}"},
    "up.application": {"en": "… making the demo application", "ko": "… 데모 애플리케이션을 만드는 중"},
    "up.waiting": {
        "en": "… another `up` is starting in this folder",
        "ko": "… 이 폴더에서 다른 `up`이 시작하는 중입니다",
    },
    "up.found": {"en": "It runs already (process {pid}).", "ko": "이미 실행 중입니다(프로세스 {pid})."},
    "up.ready": {"en": "Automata-Signal is up.", "ko": "Automata-Signal을 시작했습니다."},
    "up.stop": {
        "en": "Ctrl-C stops everything; the data stays.",
        "ko": "Ctrl-C로 모두 멈춥니다. 데이터는 남습니다.",
    },
    "up.stopping": {"en": "… stopping", "ko": "… 멈추는 중"},
    "up.stopped": {"en": "Everything is stopped.", "ko": "모두 멈췄습니다."},
    "up.send": {"en": "Send a push to a demo device:", "ko": "데모 기기로 푸시 보내기:"},
    "up.read": {"en": "See what became of it:", "ko": "결과 보기:"},
    "up.credentials": {
        "en": "Give the application your credentials, then register devices and send:",
        "ko": "애플리케이션에 자격 증명을 넣은 뒤 기기를 등록하고 보내세요:",
    },
    # operations
    "operators.none": {
        "en": "Nobody yet: `automata-signal operators invite` makes a link.",
        "ko": "아직 없습니다. `automata-signal operators invite`로 링크를 만드세요.",
    },
    "operators.once": {
        "en": "The link works once, for three days.",
        "ko": "이 링크는 사흘 동안 한 번만 쓸 수 있습니다.",
    },
    "migrate.before": {"en": "before: {revision}", "ko": "이전: {revision}"},
    "migrate.after": {"en": "now:    {revision}", "ko": "현재: {revision}"},
    "migrate.none": {"en": "empty", "ko": "비어 있음"},
    "keys.rotating": {"en": "sealing under {key}", "ko": "{key} 키로 봉인 중"},
    "keys.done": {
        "en": "{tokens} tokens and {credentials} credentials are sealed under {key}; {left} are left.",
        "ko": "토큰 {tokens}개와 자격 증명 {credentials}개를 {key} 키로 봉인했습니다. 남은 것 {left}개.",
    },
    "keys.made": {
        "en": "{key} is in {file} now; keys: {keys}.",
        "ko": "{file}에 {key} 키를 넣었습니다. 키: {keys}.",
    },
    "keys.restart": {
        "en": "Restart every node, then run `automata-signal keys rotate`.",
        "ko": "모든 노드를 다시 시작한 뒤 `automata-signal keys rotate`를 실행하세요.",
    },
    "keys.promote": {
        "en": "Restart every node, then make it the first one in the file.",
        "ko": "모든 노드를 다시 시작한 뒤 파일에서 첫 번째로 옮기세요.",
    },
    "ledger.balanced": {"en": "The ledger balances.", "ko": "원장이 맞습니다."},
    "ledger.broken": {"en": "{count} equalities do not hold.", "ko": "{count}개의 등식이 성립하지 않습니다."},
    "ledger.totals": {
        "en": "{applications} applications, {windows} windows: granted {granted} = settled {settled} + released"
        " {released} + open {open}",
        "ko": "애플리케이션 {applications}개, 기간 {windows}개: 승인 {granted} = 정산 {settled} + 반환 {released}"
        " + 미결 {open}",
    },
    "segments.channel": {"en": "channel", "ko": "채널"},
    "segments.matching": {"en": "matching", "ko": "해당"},
    "segments.subscribed": {"en": "can be reached", "ko": "발송 가능"},
    "segments.total": {"en": "total", "ko": "합계"},
    "hold.none": {"en": "Nothing is on hold.", "ko": "보류가 없습니다."},
    "hold.since": {"en": "On hold since {since}: {reason}", "ko": "{since}부터 보류: {reason}"},
    "hold.waiting": {"en": "{messages} messages wait.", "ko": "메시지 {messages}건이 기다립니다."},
    "hold.confirm": {
        "en": "{messages} messages wait; those that were sent after the backup will be sent again. Release?",
        "ko": "메시지 {messages}건이 기다립니다. 백업 뒤에 보낸 것은 다시 나갑니다. 해제할까요?",
    },
    "hold.released": {"en": "Released; sending goes on.", "ko": "해제했습니다. 발송을 계속합니다."},
    "operator.once": {"en": "Keep it: it is not shown again.", "ko": "보관하세요. 다시 보여 주지 않습니다."},
}


def help_text(key: str) -> str:
    """A help text in the language of this process; needed before options are parsed."""
    return TEXTS[f"help.{key}"][language_of(sys.argv[1:], os.environ)]
