"""AlimTalk templates at NHN Cloud: registering one hands it in for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from adapters.channels.frame.nhn.http_calls import NhnCalls, Refusal, decode
from adapters.channels.kakao.nhn.account import PROVIDER, nhn_accounts
from adapters.channels.kakao.nhn.results import root
from application.ports.channels import ChannelSettings, Credential
from application.ports.kakao_templates import TemplateDraft
from domain.alimtalk.buttons import Button
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording, check_code
from domain.messaging.outcome import Deferred
from domain.shared.errors import InvalidInput, Unavailable

PAGE: Final = 1_000
PAGES: Final = 20
LONGEST_CODE: Final = 20
NO_TEMPLATE: Final = -3003
_STATUS: Final[Mapping[str, TemplateStatus]] = {
    "TSC01": TemplateStatus.PENDING,
    "TSC02": TemplateStatus.INSPECTING,
    "TSC03": TemplateStatus.APPROVED,
    "TSC04": TemplateStatus.REJECTED,
}


class _Button(msgspec.Struct, rename="camel"):
    ordering: int = 0
    type: str = ""
    name: str = ""
    link_mo: str | None = None
    link_pc: str | None = None
    scheme_ios: str | None = None
    scheme_android: str | None = None
    tel_number: str | None = None


class _Comment(msgspec.Struct):
    content: str | None = None
    status: str | None = None


class _Template(msgspec.Struct, rename="camel"):
    template_code: str
    template_name: str = ""
    status: str = ""
    template_content: str | None = None
    template_message_type: str | None = None
    template_emphasize_type: str | None = None
    template_title: str | None = None
    template_subtitle: str | None = None
    template_header: str | None = None
    template_extra: str | None = None
    category_code: str | None = None
    block: bool = False
    dormant: bool = False
    buttons: list[_Button] | None = None
    comments: list[_Comment] | None = None


class _Single(msgspec.Struct):
    templates: _Template | None = None


class _Listed(msgspec.Struct, rename="camel"):
    templates: list[_Template]
    total_count: int = 0


class _List(msgspec.Struct):
    listed: _Listed = msgspec.field(name="templateListResponse")


class _Header(msgspec.Struct, rename="camel"):
    result_message: str = ""


class _Words(msgspec.Struct):
    header: _Header


class NhnTemplates:
    """Implements `application.ports.kakao_templates.TemplateDesk`."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._accounts = nhn_accounts(settings)

    async def register(self, credential: Credential, draft: TemplateDraft) -> KakaoTemplate:
        check_code(draft.code, field="code", longest=LONGEST_CODE)
        calls = self._accounts.calls(credential)
        await _ask(calls, "POST", _path(calls, credential.fields), msgspec.json.encode(_draft(draft)))
        made = await self.read(credential, draft.code)
        return made or KakaoTemplate(
            credential.application_id,
            PROVIDER,
            draft.code,
            draft.name,
            TemplateStatus.PENDING,
            draft.wording,
            draft.category,
            checked_at=datetime.now(UTC),
        )

    async def read(self, credential: Credential, code: str) -> KakaoTemplate | None:
        calls = self._accounts.calls(credential)
        return await read_template(calls, credential.fields, credential.application_id, code)

    async def list(self, credential: Credential) -> Sequence[KakaoTemplate]:
        calls = self._accounts.calls(credential)
        found: list[KakaoTemplate] = []
        for number in range(1, PAGES + 1):
            query = urlencode({"pageNum": number, "pageSize": PAGE})
            page = decode(await _ask(calls, "GET", f"{_path(calls, credential.fields)}?{query}"), _List)
            if page is None:
                raise Unavailable("NHN Cloud answered unreadably", retry_after=60.0)
            found += [_template(one, credential.application_id) for one in page.listed.templates]
            if len(page.listed.templates) < PAGE:
                break
        return found

    async def close(self) -> None:
        await self._accounts.close()


async def read_template(
    calls: NhnCalls, fields: Mapping[str, str], application_id: UUID, code: str
) -> KakaoTemplate | None:
    """One template, or None when the sender profile has no such. Raise Unavailable when NHN cannot be asked now."""
    answered = await calls.ask("GET", f"{_path(calls, fields)}/{quote(code, safe='')}")
    if isinstance(answered, Refusal) and answered.code == NO_TEMPLATE:
        return None
    if not isinstance(answered, bytes):
        raise Unavailable(
            f"NHN Cloud cannot be asked: {answered.reason}", retry_after=answered.retry_after or 30.0
        )
    found = decode(answered, _Single)
    if found is None:
        raise Unavailable("NHN Cloud answered unreadably", retry_after=60.0)
    return None if found.templates is None else _template(found.templates, application_id)


async def ask_templates(calls: NhnCalls, fields: Mapping[str, str]) -> bytes | Refusal | Deferred:
    """What a small question about this sender key's templates is answered."""
    return await calls.ask("GET", f"{_path(calls, fields)}?pageNum=1&pageSize=1")


def _path(calls: NhnCalls, fields: Mapping[str, str]) -> str:
    return f"{root(calls)}/senders/{quote(fields['sender_key'], safe='')}/templates"


async def _ask(calls: NhnCalls, method: str, path: str, body: bytes | None = None) -> bytes:
    answered = await calls.ask(method, path, body)
    if isinstance(answered, Deferred) or (isinstance(answered, Refusal) and answered.status >= 429):
        raise Unavailable(
            f"NHN Cloud cannot be asked: {answered.reason}", retry_after=answered.retry_after or 30.0
        )
    if isinstance(answered, Refusal):
        words = decode(answered.body, _Words)
        said = words.header.result_message if words is not None else ""
        raise InvalidInput(
            f"NHN Cloud refused the template: {said or answered.reason}",
            field="template",
            fix="change what NHN Cloud names",
        )
    return answered


def _template(found: _Template, application_id: UUID) -> KakaoTemplate:
    status = _STATUS.get(found.status, TemplateStatus.PENDING)
    if found.block or found.dormant:
        status = TemplateStatus.STOPPED
    said = [one.content for one in found.comments or () if one.content and one.status == "REJ"]
    ordered = sorted(found.buttons or (), key=lambda one: one.ordering)
    return KakaoTemplate(
        application_id,
        PROVIDER,
        found.template_code,
        found.template_name,
        status,
        Wording(
            found.template_content or "",
            found.template_title or "",
            found.template_subtitle or "",
            found.template_header or "",
            found.template_extra or "",
            found.template_message_type or "BA",
            found.template_emphasize_type or "NONE",
            tuple(_button(one) for one in ordered),
        ),
        found.category_code or "",
        said[-1] if said else "",
        datetime.now(UTC),
    )


def _button(one: _Button) -> Button:
    return Button(
        one.type,
        one.name,
        one.link_mo or "",
        one.link_pc or "",
        one.scheme_ios or "",
        one.scheme_android or "",
        one.tel_number or "",
    )


def _draft(draft: TemplateDraft) -> dict[str, object]:
    wording = draft.wording
    buttons = [
        {
            "ordering": place,
            "type": button.type,
            "name": button.name,
            "linkMo": button.link_mo,
            "linkPc": button.link_pc,
            "schemeIos": button.scheme_ios,
            "schemeAndroid": button.scheme_android,
            "telNumber": button.tel,
        }
        for place, button in enumerate(wording.buttons, 1)
    ]
    fields: dict[str, object] = {
        "templateCode": draft.code,
        "templateName": draft.name,
        "templateContent": wording.text,
        "templateMessageType": wording.message_type,
        "templateEmphasizeType": wording.emphasis,
        "templateTitle": wording.title,
        "templateSubtitle": wording.subtitle,
        "templateHeader": wording.header,
        "templateExtra": wording.extra,
        "categoryCode": draft.category,
        "buttons": [{key: value for key, value in one.items() if value} for one in buttons],
    }
    return {key: value for key, value in fields.items() if value}
