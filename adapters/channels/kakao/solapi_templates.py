"""AlimTalk templates at Solapi: registered, handed in for review, read and listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from adapters.channels.frame.solapi.http_calls import Refusal, SolapiCalls, decode
from adapters.channels.frame.solapi.route import SolapiAccounts
from application.ports.channels import ChannelSettings, Credential
from application.ports.kakao_templates import TemplateDraft
from domain.alimtalk.buttons import Button
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording
from domain.messaging.outcome import Deferred
from domain.shared.errors import InvalidInput, NotConfigured, Unavailable

PATH: Final = "/kakao/v2/templates"
PAGE: Final = 100
PAGES: Final = 100
NOT_FOUND: Final = 404
_STATUS: Final[Mapping[str, TemplateStatus]] = {
    "PENDING": TemplateStatus.PENDING,
    "INSPECTING": TemplateStatus.INSPECTING,
    "APPROVED": TemplateStatus.APPROVED,
    "REJECTED": TemplateStatus.REJECTED,
}


class _Button(msgspec.Struct, rename="camel"):
    button_name: str = ""
    button_type: str = ""
    link_mo: str | None = None
    link_pc: str | None = None
    link_and: str | None = None
    link_ios: str | None = None


class _Comment(msgspec.Struct, rename="camel"):
    content: str | None = None
    is_admin: bool = False


class _Template(msgspec.Struct, rename="camel"):
    template_id: str
    name: str = ""
    status: str = ""
    content: str | None = None
    message_type: str | None = None
    emphasize_type: str | None = None
    emphasize_title: str | None = None
    emphasize_subtitle: str | None = None
    header: str | None = None
    extra: str | None = None
    category_code: str | None = None
    is_hidden: bool = False
    buttons: list[_Button] | None = None
    comments: list[_Comment] | None = None


class _TemplateList(msgspec.Struct, rename="camel"):
    template_list: list[_Template]
    next_key: str | None = None


class SolapiTemplates:
    """Implements `application.ports.kakao_templates.TemplateDesk`."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._accounts = SolapiAccounts(settings)

    async def register(self, credential: Credential, draft: TemplateDraft) -> KakaoTemplate:
        """Made, then handed in for review: Solapi does not do the second by itself."""
        account, calls = self._accounts.calls(credential)
        if account.pf_id is None:
            raise NotConfigured(
                "the credential names no KakaoTalk channel",
                field="pf_id",
                fix="store pf_id with the credential",
            )
        answer = await _ask(calls, "POST", PATH, msgspec.json.encode(_draft(draft, account.pf_id)))
        made = _read(answer)
        if made.status == "PENDING":
            made = _read(await _ask(calls, "PUT", f"{PATH}/{quote(made.template_id, safe='')}/inspection"))
        return _template(made, credential.application_id)

    async def read(self, credential: Credential, code: str) -> KakaoTemplate | None:
        _, calls = self._accounts.calls(credential)
        return await read_template(calls, credential.application_id, code)

    async def list(self, credential: Credential) -> Sequence[KakaoTemplate]:
        """Those of the credential's KakaoTalk channel, if it names one."""
        account, calls = self._accounts.calls(credential)
        found: list[KakaoTemplate] = []
        query = {"limit": str(PAGE), **({"channelId": account.pf_id} if account.pf_id else {})}
        for _ in range(PAGES):
            answer = await _ask(calls, "GET", f"{PATH}?{urlencode(query)}")
            page = decode(answer, _TemplateList)
            if page is None:
                raise Unavailable("Solapi answered unreadably", retry_after=60.0)
            found += [_template(one, credential.application_id) for one in page.template_list]
            if not page.next_key:
                break
            query["startKey"] = page.next_key
        return found

    async def close(self) -> None:
        await self._accounts.close()


async def read_template(calls: SolapiCalls, application_id: UUID, code: str) -> KakaoTemplate | None:
    """One template, or None when the account has no such. Raise Unavailable when Solapi cannot be asked now."""
    answered = await calls.ask("GET", f"{PATH}/{quote(code, safe='')}")
    if isinstance(answered, Refusal) and (
        answered.status == NOT_FOUND or answered.reason == "ResourceNotFound"
    ):
        return None
    if not isinstance(answered, bytes):
        raise Unavailable(
            f"Solapi cannot be asked: {answered.reason}", retry_after=answered.retry_after or 30.0
        )
    return _template(_read(answered), application_id)


async def _ask(calls: SolapiCalls, method: str, path: str, body: bytes | None = None) -> bytes:
    answered = await calls.ask(method, path, body)
    if isinstance(answered, Deferred) or (isinstance(answered, Refusal) and answered.status >= 429):
        raise Unavailable(
            f"Solapi cannot be asked: {answered.reason}", retry_after=answered.retry_after or 30.0
        )
    if isinstance(answered, Refusal):
        raise InvalidInput(
            f"Solapi refused the template: {answered.message or answered.reason}",
            field="template",
            fix="change what Solapi names",
        )
    return answered


def _read(answer: bytes) -> _Template:
    found = decode(answer, _Template)
    if found is None:
        raise Unavailable("Solapi answered unreadably", retry_after=60.0)
    return found


def _template(found: _Template, application_id: UUID) -> KakaoTemplate:
    status = TemplateStatus.STOPPED if found.is_hidden else _STATUS.get(found.status, TemplateStatus.PENDING)
    said = [one.content for one in found.comments or () if one.content and one.is_admin]
    return KakaoTemplate(
        application_id,
        "solapi",
        found.template_id,
        found.name,
        status,
        Wording(
            found.content or "",
            found.emphasize_title or "",
            found.emphasize_subtitle or "",
            found.header or "",
            found.extra or "",
            found.message_type or "BA",
            found.emphasize_type or "NONE",
            tuple(_button(one) for one in found.buttons or ()),
        ),
        found.category_code or "",
        said[-1] if said else "",
        datetime.now(UTC),
    )


def _button(one: _Button) -> Button:
    return Button(
        one.button_type,
        one.button_name,
        one.link_mo or "",
        one.link_pc or "",
        one.link_ios or "",
        one.link_and or "",
    )


def _draft(draft: TemplateDraft, channel: str) -> dict[str, object]:
    wording = draft.wording
    fields: dict[str, object] = {
        "channelId": channel,
        "name": draft.name,
        "content": wording.text,
        "categoryCode": draft.category,
        "messageType": wording.message_type,
        "emphasizeType": wording.emphasis,
        "emphasizeTitle": wording.title,
        "emphasizeSubTitle": wording.subtitle,
        "header": wording.header,
        "extra": wording.extra,
        "buttons": [
            {
                "buttonType": button.type,
                "buttonName": button.name,
                "linkMo": button.link_mo,
                "linkPc": button.link_pc,
                "linkIos": button.scheme_ios,
                "linkAnd": button.scheme_android,
            }
            for button in wording.buttons
        ],
    }
    buttons = fields["buttons"]
    assert isinstance(buttons, list)
    fields["buttons"] = [{key: value for key, value in one.items() if value} for one in buttons]
    return {key: value for key, value in fields.items() if value}
