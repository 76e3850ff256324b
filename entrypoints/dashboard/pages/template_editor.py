"""The template editor: what each channel says, with a live preview of phone, mail, text message and in-app."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from application.messaging.preview_sms import PreviewSmsCommand, SmsPreview
from application.templates.commands import (
    CreateTemplateCommand,
    ReadTemplateCommand,
    Sample,
    SourceChange,
    SourceGiven,
    UpdateTemplateCommand,
    ValidateTemplateCommand,
)
from application.templates.views import Preview, Problem, Validation
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput, SignalError
from domain.shared.json_values import Json
from domain.templates.source import Source
from domain.templates.variant import Variant
from entrypoints.dashboard.pages.templates import START, TEMPLATE
from entrypoints.dashboard.rendering import MAIL_POLICY
from entrypoints.dashboard.visit import Action, Changed, Form, Page, Question, Shown, Visit

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("subject", "html", "text"),
    "sms": ("text", "title"),
    "in_app": ("title", "body"),
}
"""The fields of the form by channel, beside the push's own; what else a channel holds stays as it is."""
SAMPLE: Final = '{"name": "김하늘", "grade": "VIP"}'


async def new_template(visit: Visit) -> Shown:
    return Shown("template_form.html", {"template": None, "fields": defaultdict(str), "sample": SAMPLE})


async def edit_template(visit: Visit) -> Shown:
    command = ReadTemplateCommand(application_id=visit.app.id, template_id=visit.path_id("template_id"))
    template, version = await visit.use_cases.read_template(command)
    values = {"template": template, "fields": defaultdict(str, _fields(version.source)), "sample": SAMPLE}
    return Shown("template_form.html", values)


async def create_template(visit: Visit) -> Changed:
    form = visit.form
    template, version = await visit.use_cases.create_template(
        CreateTemplateCommand(
            application_id=visit.app.id,
            name=form.get("name"),
            description=form.get("description"),
            source=SourceGiven(default=_variant(form, {}), strict=form.get("strict") == "yes"),
            created_by=visit.operator.email,
        )
    )
    return Changed(
        location=f"{visit.app_url}/templates/{template.id}",
        note="created",
        subject=template.name,
        after={"version": version.version, "source": version.source.to_json()},
    )


async def update_template(visit: Visit) -> Changed:
    form = visit.form
    command = ReadTemplateCommand(application_id=visit.app.id, template_id=visit.path_id("template_id"))
    before, active = await visit.use_cases.read_template(command)
    variant = _variant(form, active.source.default.channels)
    after, version = await visit.use_cases.update_template(
        UpdateTemplateCommand(
            application_id=visit.app.id,
            template_id=before.id,
            revision=_revision(form),
            changed_by=visit.operator.email,
            name=form.get("name"),
            description=form.get("description"),
            source=SourceChange(
                title_template=variant.title_template,
                body_template=variant.body_template,
                channels=variant.channels,
                strict=form.get("strict") == "yes",
            ),
            activate=form.get("save") != "draft",
        )
    )
    return Changed(
        location=f"{visit.app_url}/templates/{after.id}",
        subject=after.name,
        before={"version": before.version, "source": active.source.to_json()},
        after={"version": after.version, "latest": after.latest_version, "source": version.source.to_json()},
    )


async def preview(visit: Visit) -> Shown:
    """A piece of a page: every channel as its recipient would see it, or what is wrong."""
    validation = await _validation(visit)
    by_channel = {one.channel.wire: one for one in validation.previews if _is_default(visit, one)}
    sms = await _count(visit, by_channel["sms"]) if "sms" in by_channel else None
    return Shown("template_preview.html", {"validation": validation, "previews": by_channel, "sms": sms})


async def preview_mail(visit: Visit) -> Response:
    """The mail's own HTML, without a page around it: for a frame that may do nothing."""
    validation = await _validation(visit)
    body = next((one.body for one in validation.previews if one.channel.wire == "email"), None)
    html = "" if body is None else body.get("html") or ""
    headers = {
        "Content-Security-Policy": MAIL_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html if isinstance(html, str) else "", headers=headers)


async def _validation(visit: Visit) -> Validation:
    """What is wrong, or how it reads; of nothing written nothing."""
    form = visit.form
    variant = _variant(form, {})
    if not variant.bodies():
        return Validation(problems=(), previews=())
    try:
        return await visit.use_cases.validate_template(
            ValidateTemplateCommand(
                application_id=visit.app.id,
                source=SourceGiven(default=variant, strict=form.get("strict") == "yes"),
                sample=Sample(variables=_sample(form.get("sample"))),
            )
        )
    except InvalidInput as refused:
        problem = Problem(refused.code, refused.message, refused.field, refused.fix)
        return Validation(problems=(problem,), previews=())


def _is_default(visit: Visit, one: Preview) -> bool:
    return one.language == visit.app.settings.default_language


async def _count(visit: Visit, one: Preview) -> SmsPreview | None:
    """Bytes and segments of the text message; None when it cannot be counted."""
    body: Mapping[str, Json] = one.body or {}
    text, title = body.get("text"), body.get("title")
    if not isinstance(text, str):
        return None
    try:
        return await visit.use_cases.preview_sms(
            PreviewSmsCommand(
                application_id=visit.app.id,
                text=text,
                title=title if isinstance(title, str) else "",
                content=body,
            )
        )
    except SignalError:
        return None


def _variant(form: Form, channels: Mapping[str, Mapping[str, Json]]) -> Variant:
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
    return Variant(
        title_template=form.get("push.title") or None,
        body_template=form.get("push.body") or None,
        channels=found,
    )


def _fields(source: Source) -> dict[str, str]:
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
    return fields


def _sample(text: str) -> dict[str, Json]:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(
            "the sample is not JSON", field="sample", fix='write an object such as {"name": "Kim"}'
        )
    return found


def _revision(form: Form) -> int:
    text = form.get("revision")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInput("revision is missing", field="revision", fix="load the page again")
    return int(text)


PAGES: Final = (
    Page(path=START + "/new", section="templates", show=new_template, right=Right.CAMPAIGNS),
    Page(path=TEMPLATE + "/edit", section="templates", show=edit_template, right=Right.CAMPAIGNS),
)
QUESTIONS: Final = (
    Question(path=START + "/preview", section="templates", right=Right.CAMPAIGNS, answer=preview),
    Question(path=START + "/preview/mail", section="templates", right=Right.CAMPAIGNS, answer=preview_mail),
)
ACTIONS: Final = (
    Action(
        path=START + "/new",
        section="templates",
        name="template.create",
        right=Right.CAMPAIGNS,
        perform=create_template,
        again=new_template,
    ),
    Action(
        path=TEMPLATE + "/edit",
        section="templates",
        name="template.update",
        right=Right.CAMPAIGNS,
        perform=update_template,
        again=edit_template,
    ),
)
