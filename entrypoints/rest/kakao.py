"""AlimTalk templates: registered, mirrored, and a message looked at before it is sent."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from msgspec import UNSET, Meta, UnsetType, field, structs

from application.alimtalk.check_alimtalk import Checked
from application.alimtalk.commands import (
    ListTemplatesCommand,
    PreviewAlimTalkCommand,
    ReadTemplateCommand,
    RefreshTemplatesCommand,
    RegisterTemplateCommand,
)
from application.alimtalk.refresh_templates import Refreshed
from application.ports.kakao_templates import TemplateDraft
from domain.alimtalk.buttons import Button, read_buttons
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording
from domain.applications.scopes import Scope
from domain.shared.json_values import Json as JsonValue
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import Json, PageQuery, ProviderName, Timestamp
from entrypoints.rest.use_cases import RestUseCases

StatusName = Literal["pending", "inspecting", "approved", "rejected", "stopped"]
TemplateCode = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,50}$")]
Line = Annotated[str, Meta(max_length=150)]
Paragraph = Annotated[str, Meta(max_length=2_000)]
Link = Annotated[str, Meta(max_length=500)]


class ButtonIn(In):
    """A button; which links it needs depends on its type."""

    type: Literal["WL", "AL", "DS", "BK", "MD", "BC", "BT", "AC", "BF", "P1", "P2", "P3", "TN"]
    name: Annotated[str, Meta(min_length=1, max_length=14)]
    link_mo: Link = ""
    link_pc: Link = ""
    scheme_ios: Link = ""
    scheme_android: Link = ""
    tel: Annotated[str, Meta(max_length=14)] = ""


class KakaoTemplateIn(In):
    """A template to be handed in for Kakao's review, which takes about two working days."""

    name: Annotated[str, Meta(min_length=1, max_length=150)]
    text: Annotated[str, Meta(min_length=1, max_length=1_000)]
    code: TemplateCode | UnsetType = UNSET
    """Where the provider wants you to choose it (NHN Cloud, up to 20 characters)."""
    category: Annotated[str, Meta(max_length=20)] = ""
    message_type: Literal["BA", "EX", "AD", "MI"] = "BA"
    emphasis: Literal["NONE", "TEXT"] = "NONE"
    title: Annotated[str, Meta(max_length=50)] = ""
    subtitle: Annotated[str, Meta(max_length=50)] = ""
    header: Annotated[str, Meta(max_length=16)] = ""
    extra: Annotated[str, Meta(max_length=500)] = ""
    buttons: Annotated[list[ButtonIn], Meta(max_length=5)] = field(default_factory=list)
    provider: ProviderName | UnsetType = UNSET


class ButtonOut(Out):
    """A button of a template."""

    type: str
    name: str
    link_mo: str
    link_pc: str
    scheme_ios: str
    scheme_android: str
    tel: str


class KakaoTemplateOut(Out):
    """A template as the provider last described it."""

    code: str
    provider: str
    name: str
    status: StatusName
    text: str
    title: str
    subtitle: str
    header: str
    extra: str
    message_type: str
    emphasis: str
    buttons: list[ButtonOut]
    variables: list[str]
    category: str
    comment: str
    content_hash: str
    checked_at: Timestamp | None


class KakaoTemplatePage(Out):
    """Templates in order of code."""

    items: list[KakaoTemplateOut]
    next_cursor: str | None


class KakaoTemplateQuery(PageQuery):
    """Which templates."""

    status: StatusName | None = None


class RefreshIn(In):
    """Of which provider; left out, the one that sends."""

    provider: ProviderName | UnsetType = UNSET


class RefreshOut(Out):
    """How many templates were mirrored, and how many the provider no longer lists."""

    refreshed: int
    stopped: int


class AlimTalkIn(In):
    """An AlimTalk as it would be sent: `content.kakao_talk`."""

    template_code: TemplateCode
    variables: Json = field(default_factory=dict)
    buttons: list[Json] | UnsetType = UNSET


class AlimTalkOut(Out):
    """What the recipient would read."""

    template_code: str
    text: str
    title: str
    buttons: list[ButtonOut]


def _button_out(button: Button) -> ButtonOut:
    return ButtonOut(
        type=button.type,
        name=button.name,
        link_mo=button.link_mo,
        link_pc=button.link_pc,
        scheme_ios=button.scheme_ios,
        scheme_android=button.scheme_android,
        tel=button.tel,
    )


def _template_out(one: KakaoTemplate) -> KakaoTemplateOut:
    wording = one.wording
    return KakaoTemplateOut(
        code=one.code,
        provider=one.provider,
        name=one.name,
        status=one.status.value,
        text=wording.text,
        title=wording.title,
        subtitle=wording.subtitle,
        header=wording.header,
        extra=wording.extra,
        message_type=wording.message_type,
        emphasis=wording.emphasis,
        buttons=[_button_out(button) for button in wording.buttons],
        variables=sorted(wording.variables),
        category=one.category,
        comment=one.comment,
        content_hash=wording.hash,
        checked_at=one.checked_at,
    )


def _given(value: Any) -> Any:
    return None if value is UNSET else value


async def register_template(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/kakao/templates"""
    body: KakaoTemplateIn = call.body
    buttons = cast(list[JsonValue], [structs.asdict(button) for button in body.buttons])
    wording = Wording(
        body.text,
        body.title,
        body.subtitle,
        body.header,
        body.extra,
        body.message_type,
        body.emphasis,
        read_buttons(buttons, field="buttons"),
    )
    draft = TemplateDraft(body.name, wording, body.category, _given(body.code) or "")
    made = await use_cases.register_kakao_template(
        RegisterTemplateCommand(
            application_id=call.application_id, draft=draft, provider=_given(body.provider)
        )
    )
    return Reply(_template_out(made), status=201)


async def list_templates(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/kakao/templates"""
    query: KakaoTemplateQuery = call.query
    page = await use_cases.list_kakao_templates(
        ListTemplatesCommand(
            application_id=call.application_id,
            status=None if query.status is None else TemplateStatus(query.status),
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(
        KakaoTemplatePage(items=[_template_out(one) for one in page.items], next_cursor=page.next_cursor)
    )


async def read_template(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/kakao/templates/{template_code}"""
    found = await use_cases.read_kakao_template(
        ReadTemplateCommand(application_id=call.application_id, code=call.path["template_code"])
    )
    return Reply(_template_out(found))


async def refresh_template(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/kakao/templates/{template_code}/refresh"""
    body: RefreshIn = call.body
    done: Refreshed = await use_cases.refresh_kakao_templates(
        RefreshTemplatesCommand(
            application_id=call.application_id,
            code=call.path["template_code"],
            provider=_given(body.provider),
        )
    )
    return Reply(_template_out(done.templates[0]))


async def refresh_templates(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/kakao/refresh"""
    body: RefreshIn = call.body
    done: Refreshed = await use_cases.refresh_kakao_templates(
        RefreshTemplatesCommand(application_id=call.application_id, provider=_given(body.provider))
    )
    return Reply(RefreshOut(refreshed=len(done.templates), stopped=done.stopped))


async def preview_alimtalk(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/kakao/preview"""
    body: AlimTalkIn = call.body
    content = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    found: Checked = await use_cases.preview_alimtalk(
        PreviewAlimTalkCommand(application_id=call.application_id, content=content)
    )
    return Reply(
        AlimTalkOut(
            template_code=found.template.code,
            text=found.filled.text,
            title=found.filled.title,
            buttons=[_button_out(button) for button in found.filled.buttons],
        )
    )


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/kakao/templates",
        name="list_kakao_templates",
        tag="kakao",
        summary="List AlimTalk templates as they were last seen",
        scope=Scope.MESSAGES_READ,
        query=KakaoTemplateQuery,
        replies={200: KakaoTemplatePage},
        handler=list_templates,
    ),
    Route(
        method="POST",
        path="/v1/kakao/templates",
        name="register_kakao_template",
        tag="kakao",
        summary="Hand an AlimTalk template in for Kakao's review",
        scope=Scope.MESSAGES_WRITE,
        body=KakaoTemplateIn,
        replies={201: KakaoTemplateOut},
        handler=register_template,
    ),
    Route(
        method="GET",
        path="/v1/kakao/templates/{template_code}",
        name="read_kakao_template",
        tag="kakao",
        summary="Read an AlimTalk template as it was last seen",
        scope=Scope.MESSAGES_READ,
        replies={200: KakaoTemplateOut},
        handler=read_template,
    ),
    Route(
        method="POST",
        path="/v1/kakao/templates/{template_code}/refresh",
        name="refresh_kakao_template",
        tag="kakao",
        summary="Ask the provider how a template stands with Kakao",
        scope=Scope.MESSAGES_WRITE,
        body=RefreshIn,
        replies={200: KakaoTemplateOut},
        handler=refresh_template,
    ),
    Route(
        method="POST",
        path="/v1/kakao/refresh",
        name="refresh_kakao_templates",
        tag="kakao",
        summary="Ask the provider for all templates",
        scope=Scope.MESSAGES_WRITE,
        body=RefreshIn,
        replies={200: RefreshOut},
        handler=refresh_templates,
    ),
    Route(
        method="POST",
        path="/v1/kakao/preview",
        name="preview_alimtalk",
        tag="kakao",
        summary="Fill in an AlimTalk and check it, without sending it",
        scope=Scope.MESSAGES_READ,
        body=AlimTalkIn,
        replies={200: AlimTalkOut},
        handler=preview_alimtalk,
    ),
)
