"""What `--help` says of commands and options, in both languages; part of `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.language import Language

HELP_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
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
    "help.label": {"en": "to tell keys apart", "ko": "키를 구분할 이름"},
    "help.run": {
        "en": "Run one role of a node until SIGTERM (production; DATABASE_URL and NATS_URL must be set).",
        "ko": "노드의 역할 하나를 SIGTERM까지 실행합니다(운영용, DATABASE_URL과 NATS_URL 필요).",
    },
}
