"""AlimTalk templates: registered, mirrored, and a message looked at before it is sent."""

from __future__ import annotations

from typing import Any, cast

from msgspec import UNSET, structs

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
from domain.alimtalk.buttons import read_buttons
from domain.alimtalk.template import TemplateStatus, Wording
from domain.applications.scopes import Scope
from domain.shared.json_values import Json as JsonValue
from entrypoints.http.route import Call, Reply, Route
from entrypoints.rest.kakao_wire import (
    AlimTalkIn,
    AlimTalkOut,
    KakaoTemplateIn,
    KakaoTemplateOut,
    KakaoTemplatePage,
    KakaoTemplateQuery,
    RefreshIn,
    RefreshOut,
    button_out,
    template_out,
)
from entrypoints.rest.use_cases import RestUseCases


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
    return Reply(template_out(made), status=201)


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
        KakaoTemplatePage(items=[template_out(one) for one in page.items], next_cursor=page.next_cursor)
    )


async def read_template(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/kakao/templates/{template_code}"""
    found = await use_cases.read_kakao_template(
        ReadTemplateCommand(application_id=call.application_id, code=call.path["template_code"])
    )
    return Reply(template_out(found))


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
    return Reply(template_out(done.templates[0]))


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
            buttons=[button_out(button) for button in found.filled.buttons],
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
