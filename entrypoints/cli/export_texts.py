"""The texts of `exports` in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.language import Language

EXPORT_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "help.exports": {
        "en": "Files of many rows: ask for them, follow them, fetch them.",
        "ko": "여러 행을 파일로: 요청하고, 진행을 보고, 내려받습니다.",
    },
    "help.exports_create": {
        "en": "Have a file written; with --output wait for it and fetch it.",
        "ko": "파일을 만듭니다. --output을 주면 기다렸다가 내려받습니다.",
    },
    "help.exports_status": {
        "en": "How far an export is; without --export the newest ones.",
        "ko": "내보내기 진행 상태. --export가 없으면 최근 목록을 보여 줍니다.",
    },
    "help.exports_download": {
        "en": "Fetch a file that is ready.",
        "ko": "완료된 파일을 내려받습니다.",
    },
    "help.exports_application": {"en": "of this application", "ko": "이 애플리케이션의"},
    "help.export": {"en": "id that `exports create` printed", "ko": "`exports create`가 출력한 ID"},
    "help.subject": {
        "en": "messages, recipients, events, subscriptions, ledger or statistics",
        "ko": "messages, recipients, events, subscriptions, ledger, statistics 중 하나",
    },
    "help.format": {"en": "csv, ndjson or parquet", "ko": "csv, ndjson 또는 parquet"},
    "help.export_since": {"en": "RFC 3339; default: everything", "ko": "RFC 3339, 기본값은 처음부터"},
    "help.export_campaign": {
        "en": "only of this campaign; recipients need it",
        "ko": "이 캠페인만. recipients에는 꼭 필요합니다",
    },
    "help.bom": {
        "en": "begin a CSV with a byte order mark, for Excel",
        "ko": "Excel을 위해 CSV 앞에 BOM을 붙입니다",
    },
    "help.output": {"en": "file to write", "ko": "저장할 파일"},
    "help.overwrite": {"en": "write over a file that is there", "ko": "이미 있는 파일을 덮어씁니다"},
    "help.export_timeout": {
        "en": "seconds that --output waits at most",
        "ko": "--output이 기다리는 최대 초",
    },
    "exports.asked": {"en": "asked for {subject} as {format}: {id}", "ko": "{subject} {format} 요청: {id}"},
    "exports.writing": {"en": "writing", "ko": "작성 중"},
    "exports.fetching": {"en": "fetching", "ko": "내려받는 중"},
    "exports.fetched": {
        "en": "{rows} rows, {bytes} bytes in {file}",
        "ko": "{rows}행, {bytes}바이트를 {file}에 저장했습니다",
    },
    "exports.id": {"en": "export", "ko": "내보내기"},
    "exports.subject": {"en": "rows of", "ko": "대상"},
    "exports.format": {"en": "form", "ko": "형식"},
    "exports.state": {"en": "state", "ko": "상태"},
    "exports.progress": {"en": "progress", "ko": "진행"},
    "exports.rows": {"en": "rows", "ko": "행"},
    "exports.bytes": {"en": "bytes", "ko": "바이트"},
}
