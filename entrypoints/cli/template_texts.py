"""The texts of `templates` in both languages; part of `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.language import Language

TEMPLATE_TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "help.templates": {"en": "Try templates out.", "ko": "템플릿을 시험합니다."},
    "help.templates_test_send": {
        "en": "Send a version of a template to the devices that are marked for tests.",
        "ko": "템플릿의 한 버전을 테스트로 표시된 기기에 보냅니다.",
    },
    "help.template": {"en": "id of the template", "ko": "템플릿 ID"},
    "help.template_version": {
        "en": "which version, a draft too; default: the active one",
        "ko": "버전 번호. 초안도 되며, 기본값은 활성 버전",
    },
    "help.variables": {
        "en": "values of its placeholders: a JSON object, or @ and the name of a file",
        "ko": "변수 값: JSON 객체, 또는 @ 뒤에 파일 이름",
    },
    "help.test_channel": {
        "en": "only this channel; may be given several times",
        "ko": "이 채널만. 여러 번 줄 수 있습니다",
    },
    "templates.sent": {
        "en": "version {version}: {count} accepted",
        "ko": "버전 {version}: {count}건 접수",
    },
    "templates.reason": {"en": "left out because", "ko": "제외된 이유"},
    "templates.devices": {"en": "devices", "ko": "기기 수"},
}
