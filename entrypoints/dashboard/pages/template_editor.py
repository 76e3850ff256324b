"""The template editor: what each channel says, with a live preview of phone, mail, text message, AlimTalk and in-app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import HTMLResponse, Response

from application.alimtalk.check_alimtalk import Checked
from application.alimtalk.commands import ListTemplatesCommand as ListKakaoTemplatesCommand
from application.alimtalk.commands import PreviewAlimTalkCommand
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
from domain.alimtalk.template import KakaoTemplate, TemplateStatus
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput, SignalError
from domain.shared.json_values import Json
from domain.shared.page import MAX_LIMIT
from entrypoints.dashboard.pages.template_fields import (
    SAMPLE,
    form_fields,
    json_object,
    revision,
    template_variant,
)
from entrypoints.dashboard.pages.templates import START, TEMPLATE
from entrypoints.dashboard.rendering import MAIL_POLICY
from entrypoints.dashboard.visit import Action, Changed, Page, Question, Shown, Visit


async def new_template(visit: Visit) -> Shown:
    return await _editor(visit, {"template": None, "fields": defaultdict(str)})


async def edit_template(visit: Visit) -> Shown:
    command = ReadTemplateCommand(application_id=visit.app.id, template_id=visit.path_id("template_id"))
    template, version = await visit.use_cases.read_template(command)
    return await _editor(
        visit, {"template": template, "fields": defaultdict(str, form_fields(version.source))}
    )


async def _editor(visit: Visit, values: Mapping[str, object]) -> Shown:
    approved = await _approved(visit)
    return Shown("template_form.html", {**values, "sample": SAMPLE, "approved": approved})


async def create_template(visit: Visit) -> Changed:
    form = visit.form
    template, version = await visit.use_cases.create_template(
        CreateTemplateCommand(
            application_id=visit.app.id,
            name=form.get("name"),
            description=form.get("description"),
            source=SourceGiven(default=template_variant(form, {}), strict=form.get("strict") == "yes"),
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
    variant = template_variant(form, active.source.default.channels)
    after, version = await visit.use_cases.update_template(
        UpdateTemplateCommand(
            application_id=visit.app.id,
            template_id=before.id,
            revision=revision(form),
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
    kakao = await _alimtalk(visit, by_channel["kakao_talk"]) if "kakao_talk" in by_channel else None
    values = {"validation": validation, "previews": by_channel, "sms": sms, "kakao": kakao}
    return Shown("template_preview.html", values)


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
    try:
        variant = template_variant(form, {})
        if not variant.bodies():
            return Validation(problems=(), previews=())
        return await visit.use_cases.validate_template(
            ValidateTemplateCommand(
                application_id=visit.app.id,
                source=SourceGiven(default=variant, strict=form.get("strict") == "yes"),
                sample=Sample(variables=json_object(form.get("sample"), field="sample")),
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


async def _approved(visit: Visit) -> Sequence[KakaoTemplate]:
    """The AlimTalk templates that may be named, as they were last mirrored."""
    command = ListKakaoTemplatesCommand(
        application_id=visit.app.id, status=TemplateStatus.APPROVED, limit=MAX_LIMIT
    )
    return (await visit.use_cases.list_kakao_templates(command)).items


async def _alimtalk(visit: Visit, one: Preview) -> Checked | SignalError:
    """What the AlimTalk's recipient reads, or what is wrong; the provider is not asked while somebody types."""
    body: Mapping[str, Json] = one.body or {}
    if body.get("template_code") not in {template.code for template in await _approved(visit)}:
        return InvalidInput(
            "no approved AlimTalk template has this code",
            field="kakao_talk.template_code",
            fix="choose one of the list, or fetch the templates from the provider first",
        )
    try:
        command = PreviewAlimTalkCommand(application_id=visit.app.id, content=body)
        return await visit.use_cases.preview_alimtalk(command)
    except SignalError as refused:
        return refused


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
