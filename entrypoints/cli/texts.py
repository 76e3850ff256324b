"""Every text of the command line in both languages; a test sees that placeholders agree."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from entrypoints.cli.analytics_texts import ANALYTICS_TEXTS
from entrypoints.cli.campaign_texts import CAMPAIGN_TEXTS
from entrypoints.cli.channel_texts import CHANNEL_TEXTS
from entrypoints.cli.export_texts import EXPORT_TEXTS
from entrypoints.cli.language import Language, language_of

TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    **CAMPAIGN_TEXTS,
    **CHANNEL_TEXTS,
    **ANALYTICS_TEXTS,
    **EXPORT_TEXTS,
    "error": {"en": "error:", "ko": "오류:"},
    "next": {"en": "next:", "ko": "다음:"},
    "interrupted": {"en": "stopped", "ko": "중지했습니다"},
    # help
    "help.app": {
        "en": "Self-hosted, multi-tenant messaging.",
        "ko": "자체 운영하는 멀티테넌트 메시징 플랫폼.",
    },
    "help.lang": {"en": "ko or en; default: LANG", "ko": "ko 또는 en, 기본값은 LANG"},
    "help.json": {"en": "print one JSON object", "ko": "JSON 객체 하나만 출력"},
    "help.folder": {
        "en": "data folder; default: SIGNAL_DATA_FOLDER",
        "ko": "데이터 폴더, 기본값은 SIGNAL_DATA_FOLDER",
    },
    "help.port": {"en": "port of the API; 0: a free one", "ko": "API 포트, 0이면 빈 포트"},
    "help.up": {
        "en": "Start everything until Ctrl-C: servers, roles, simulator, and a demo application to try it with.",
        "ko": "서버, 역할, 시뮬레이터와 데모 애플리케이션까지 모두 시작합니다. Ctrl-C로 끝냅니다.",
    },
    "help.real": {
        "en": "send to Apple and Google instead of the simulator",
        "ko": "시뮬레이터 대신 Apple과 Google로 보냅니다",
    },
    "help.demo": {
        "en": "Send real HTTP/2 pushes through the whole system and audit every single one.",
        "ko": "실제 HTTP/2 푸시를 시스템 전체로 보내고 한 건씩 대조합니다.",
    },
    "help.demo_campaign": {
        "en": "send by one campaign from a template instead of batch calls",
        "ko": "배치 호출 대신 템플릿을 쓰는 캠페인 하나로 보냅니다",
    },
    "help.recipients": {"en": "devices to register and send to", "ko": "등록하고 보낼 기기 수"},
    "help.timeout": {
        "en": "seconds until everything must be settled; default: by the number of recipients",
        "ko": "모두 정산될 때까지 기다릴 초, 기본값은 수신자 수에 따름",
    },
    "help.simulator": {
        "en": "Play APNs, FCM and Google's token endpoint until SIGTERM.",
        "ko": "APNs, FCM, Google 토큰 서버를 흉내 냅니다. SIGTERM까지 실행됩니다.",
    },
    "help.simulator_folder": {
        "en": "for certificates and simulator.json",
        "ko": "인증서와 simulator.json을 둘 폴더",
    },
    "help.behaviour": {"en": "a .json or .toml script", "ko": ".json 또는 .toml 시나리오"},
    "help.any_port": {"en": "0: a free one", "ko": "0이면 빈 포트"},
    "help.migrate": {
        "en": "Bring the database to this version's schema; safe to run on every node.",
        "ko": "데이터베이스를 이 버전의 스키마로 올립니다. 모든 노드에서 실행해도 안전합니다.",
    },
    "help.keys": {
        "en": "Keys that encrypt tokens and credentials.",
        "ko": "토큰과 자격 증명을 암호화하는 키.",
    },
    "help.keys_new": {
        "en": "Put a new current key into the key file.",
        "ko": "키 파일에 새 현재 키를 넣습니다.",
    },
    "help.keys_second": {
        "en": "put it second: known to all nodes before it is used",
        "ko": "두 번째에 넣습니다. 쓰기 전에 모든 노드가 알게 합니다",
    },
    "help.keys_rotate": {
        "en": "Seal every token and credential under the current key, while everything runs.",
        "ko": "실행 중에 모든 토큰과 자격 증명을 현재 키로 다시 봉인합니다.",
    },
    "help.batch": {"en": "tokens in one transaction", "ko": "한 트랜잭션의 토큰 수"},
    "help.force": {
        "en": "also when running roles do not know the key yet",
        "ko": "실행 중인 역할이 아직 키를 몰라도 진행",
    },
    "help.ledger": {"en": "The ledger of quotas and money.", "ko": "쿼터와 금액의 원장."},
    "help.ledger_check": {
        "en": "Prove the ledger from its lines; exit code 1 when something does not add up.",
        "ko": "원장을 한 줄씩 검증합니다. 맞지 않으면 종료 코드 1.",
    },
    "help.application": {"en": "only this application", "ko": "이 애플리케이션만"},
    "help.segments": {
        "en": "Segments: named parts of an application's audience.",
        "ko": "세그먼트: 애플리케이션의 대상자 가운데 이름을 붙인 일부.",
    },
    "help.segments_count": {
        "en": "Count who is in a segment now, by channel.",
        "ko": "세그먼트에 지금 속한 대상을 채널별로 셉니다.",
    },
    "help.segments_application": {"en": "whose audience", "ko": "대상자를 가진 애플리케이션"},
    "help.segment": {"en": "a saved segment", "ko": "저장된 세그먼트"},
    "help.predicate": {
        "en": "instead of a saved one: JSON, or @ and the name of a file",
        "ko": "저장된 세그먼트 대신 JSON, 또는 @ 뒤에 파일 이름",
    },
    "help.sample": {"en": "members to show, 20 at most", "ko": "보여 줄 구성원 수, 최대 20"},
    "help.hold": {
        "en": "The hold in which a restored backup starts.",
        "ko": "복원한 백업이 시작하는 보류 상태.",
    },
    "help.hold_status": {
        "en": "Tell whether sending is on hold, and why.",
        "ko": "발송 보류 여부와 이유를 보여 줍니다.",
    },
    "help.hold_release": {
        "en": "Let everything that waits be sent.",
        "ko": "기다리는 것을 모두 보내게 합니다.",
    },
    "help.yes": {"en": "do not ask", "ko": "묻지 않음"},
    "help.openapi": {"en": "Print the OpenAPI 3.1 document.", "ko": "OpenAPI 3.1 문서를 출력합니다."},
    "help.operator_key": {"en": "Keys of the operator.", "ko": "운영자 키."},
    "help.operator_key_new": {
        "en": "Issue an operator key; it is printed once.",
        "ko": "운영자 키를 발급합니다. 한 번만 출력됩니다.",
    },
    "help.operators": {"en": "People of the dashboard.", "ko": "대시보드 사용자."},
    "help.operators_list": {"en": "List who may sign in.", "ko": "로그인할 수 있는 사람을 보여 줍니다."},
    "help.operators_invite": {
        "en": "Make a link by which somebody sets up an account; it works once.",
        "ko": "계정을 만들 수 있는 일회용 링크를 만듭니다.",
    },
    "help.operators_reset": {
        "en": "Make a link by which somebody sets a new password and code.",
        "ko": "비밀번호와 인증 코드를 새로 정하는 링크를 만듭니다.",
    },
    "help.operators_email": {"en": "their e-mail address", "ko": "이메일 주소"},
    "help.operators_role": {
        "en": "owner, marketer, operator or viewer",
        "ko": "owner, marketer, operator, viewer 가운데 하나",
    },
    "operators.none": {
        "en": "Nobody yet: `automata-signal operators invite` makes a link.",
        "ko": "아직 없습니다. `automata-signal operators invite`로 링크를 만드세요.",
    },
    "operators.once": {
        "en": "The link works once, for three days.",
        "ko": "이 링크는 사흘 동안 한 번만 쓸 수 있습니다.",
    },
    "up.dashboard": {
        "en": "Set up your account for the dashboard (the link works once):",
        "ko": "대시보드 계정 만들기(링크는 한 번만 쓸 수 있습니다):",
    },
    "help.label": {"en": "to tell keys apart", "ko": "키를 구분할 이름"},
    "help.run": {
        "en": "Run one role of a node until SIGTERM (production; DATABASE_URL and NATS_URL must be set).",
        "ko": "노드의 역할 하나를 SIGTERM까지 실행합니다(운영용, DATABASE_URL과 NATS_URL 필요).",
    },
    # up
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
    # demo
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
    # operations
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
