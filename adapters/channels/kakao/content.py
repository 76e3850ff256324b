"""What an AlimTalk says: a template's code, its variables, and its buttons.

Keys: `template_code`; `variables`; `buttons` (optional: they are the template's, and checked to be). Whether the variables
are those of the approved template is told where the template is known. A text message for whom Kakao cannot reach is the
message's own `fallback`: `{"channels": ["kakao_talk", "sms"]}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from domain.alimtalk.buttons import Button, read_buttons
from domain.alimtalk.template import check_code, read_variables
from domain.messaging.content import Body
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

KEYS: Final = frozenset({"template_code", "variables", "buttons"})
_FALLBACK: Final = (
    'say it in the message itself: fallback {"channels": ["kakao_talk", "sms"]} and content.sms'
)


@attrs.frozen(slots=True)
class KakaoContent:
    """Content that passed the checks which need no template."""

    template_code: str
    variables: Mapping[str, Json]
    buttons: tuple[Button, ...]


def read_kakao_content(content: Body, *, field: str) -> KakaoContent:
    """Raise InvalidInput or ContentTooLarge naming the offending key. A key whose value is null counts as absent."""
    for key in content:
        if key not in KEYS:
            raise InvalidInput(
                f"{field}.{key} is not known",
                field=f"{field}.{key}",
                fix=_FALLBACK if key == "fallback" else f"use only {', '.join(sorted(KEYS))}",
            )
    code = content.get("template_code")
    if not isinstance(code, str) or not code:
        raise InvalidInput(
            f"{field}.template_code is missing",
            field=f"{field}.template_code",
            fix="name an approved template",
        )
    return KakaoContent(
        check_code(code, field=f"{field}.template_code"),
        read_variables(content.get("variables"), field=f"{field}.variables"),
        read_buttons(content.get("buttons"), field=f"{field}.buttons"),
    )
