"""The template editor's form: which field is which part of a template, written and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from domain.templates.source import Source
from domain.templates.variant import Variant
from entrypoints.dashboard.visit import Form

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("subject", "html", "text"),
    "sms": ("text", "title"),
    "kakao_talk": ("template_code",),
    "in_app": ("title", "body"),
}
"""The fields of the form by channel, beside the push's own; what else a channel holds stays as it is."""
SAMPLE: Final = '{"name": "김하늘", "grade": "VIP"}'
_VARIABLES: Final = "kakao_talk.variables"


def template_variant(form: Form, channels: Mapping[str, Mapping[str, Json]]) -> Variant:
    """What the form says; fields that it does not have are kept from `channels`."""
    found: dict[str, dict[str, Json]] = {name: dict(body) for name, body in channels.items()}
    for channel, names in FIELDS.items():
        kept = {key: value for key, value in found.get(channel, {}).items() if key not in names}
        written: dict[str, Json] = {
            name: text for name in names if (text := form.get(f"{channel}.{name}")).strip()
        }
        if written:
            found[channel] = {**kept, **written}
        else:
            found.pop(channel, None)
    if "kakao_talk" in found:
        variables = _variables(form.get(_VARIABLES))
        kept = {key: value for key, value in found["kakao_talk"].items() if key != "variables"}
        found["kakao_talk"] = {**kept, "variables": variables} if variables else kept
    return Variant(
        title_template=form.get("push.title") or None,
        body_template=form.get("push.body") or None,
        channels=found,
    )


def form_fields(source: Source) -> dict[str, str]:
    """What the form shows of a version; the opposite of `template_variant`."""
    default = source.default
    fields: dict[str, Any] = {
        "push.title": default.title_template or "",
        "push.body": default.body_template or "",
        "strict": "yes" if source.strict else "",
    }
    for channel, names in FIELDS.items():
        body = default.channels.get(channel, {})
        for name in names:
            value = body.get(name, "")
            fields[f"{channel}.{name}"] = value if isinstance(value, str) else ""
    variables = default.channels.get("kakao_talk", {}).get("variables")
    if isinstance(variables, Mapping):
        fields[_VARIABLES] = "\n".join(f"{name} = {value}" for name, value in sorted(variables.items()))
    return fields


def _variables(text: str) -> dict[str, Json]:
    """One variable a line: `name = what it says`; raise InvalidInput naming the line that is not."""
    found: dict[str, Json] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(
                f"line {number} names no variable",
                field=_VARIABLES,
                fix="write a line for each: name = {{ name }}",
            )
        found[name.strip().removeprefix("#{").removesuffix("}")] = value.strip()
    return found


def json_object(text: str, *, field: str) -> dict[str, Json]:
    """Values that somebody wrote as JSON; nothing for nothing. Raise InvalidInput for what is no object."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(
            f"{field} is no JSON object", field=field, fix='write one, such as {"name": "Kim"}'
        )
    return found


def revision(form: Form) -> int:
    """Which state of the template the form was made of; raise InvalidInput without one."""
    text = form.get("revision")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInput("revision is missing", field="revision", fix="load the page again")
    return int(text)
