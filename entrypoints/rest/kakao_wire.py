"""AlimTalk templates and messages as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from domain.alimtalk.buttons import Button
from domain.alimtalk.template import KakaoTemplate
from entrypoints.http.decoding import In, Out
from entrypoints.http.wire import Json, PageQuery, ProviderName, Timestamp

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


def button_out(button: Button) -> ButtonOut:
    return ButtonOut(
        type=button.type,
        name=button.name,
        link_mo=button.link_mo,
        link_pc=button.link_pc,
        scheme_ios=button.scheme_ios,
        scheme_android=button.scheme_android,
        tel=button.tel,
    )


def template_out(one: KakaoTemplate) -> KakaoTemplateOut:
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
        buttons=[button_out(button) for button in wording.buttons],
        variables=sorted(wording.variables),
        category=one.category,
        comment=one.comment,
        content_hash=wording.hash,
        checked_at=one.checked_at,
    )
