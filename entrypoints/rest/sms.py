"""Text messages counted before they are sent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, structs

from application.messaging.preview_sms import PreviewSmsCommand, SmsPreview
from domain.applications.scopes import Scope
from domain.messaging.sms_text import SmsKind, plain_way
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.rest.use_cases import RestUseCases

LongText = Annotated[str, Meta(max_length=8_192)]


class SmsPreviewIn(In):
    """A text message as it would be sent: `content.sms`."""

    text: LongText
    title: LongText | UnsetType = UNSET
    type: Literal["auto", "sms", "lms"] | UnsetType = UNSET
    alphabet: Literal["korean", "unicode"] | UnsetType = UNSET
    advertising: bool | UnsetType = UNSET
    sender: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


class CharacterOut(Out):
    """A character that Korean text messages lack, and what to write instead ("" leaves it out, null: nothing is close)."""

    character: str
    instead: str | None


class KoreanTextOut(Out):
    """As Korean gateways count and bill it."""

    type: Literal["sms", "lms", "mms"]
    bytes: int
    limit: int
    title_bytes: int
    fits: bool
    unmappable: list[CharacterOut]
    risky: list[str]


class InternationalTextOut(Out):
    """As it is cut outside Korea; each segment is billed."""

    alphabet: Literal["gsm-7", "ucs-2"]
    units: int
    segments: int
    room: int


class ProblemOut(Out):
    """Why it would be refused."""

    code: str
    field: str | None
    detail: str
    fix: str | None


class SmsPreviewOut(Out):
    """Both counts, and whether it would be accepted."""

    accepted: bool
    problem: ProblemOut | None
    korean: KoreanTextOut
    international: InternationalTextOut


def _preview_out(found: SmsPreview) -> SmsPreviewOut:
    korean, abroad, problem = found.korean, found.abroad, found.problem
    return SmsPreviewOut(
        accepted=problem is None,
        problem=None
        if problem is None
        else ProblemOut(code=problem.code, field=problem.field, detail=problem.message, fix=problem.fix),
        korean=KoreanTextOut(
            type=korean.kind.value,
            bytes=korean.bytes,
            limit=korean.limit,
            title_bytes=korean.title_bytes,
            fits=korean.fits,
            unmappable=[CharacterOut(character=one, instead=plain_way(one)) for one in korean.unmappable],
            risky=list(korean.risky),
        ),
        international=InternationalTextOut(
            alphabet=abroad.alphabet.value, units=abroad.units, segments=abroad.count, room=abroad.room
        ),
    )


async def preview_sms(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/sms/preview"""
    body: SmsPreviewIn = call.body
    content: dict[str, Any] = {
        name: value for name, value in structs.asdict(body).items() if value is not UNSET
    }
    kind = content.get("type", "auto")
    found = await use_cases.preview_sms(
        PreviewSmsCommand(
            application_id=call.application_id,
            text=body.text,
            title=content.get("title", ""),
            kind=None if kind == "auto" else SmsKind(kind),
            content=content,
        )
    )
    return Reply(_preview_out(found))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/sms/preview",
        name="preview_sms",
        tag="sms",
        summary="Count bytes and segments of a text message, without sending it",
        scope=Scope.MESSAGES_READ,
        body=SmsPreviewIn,
        replies={200: SmsPreviewOut},
        handler=preview_sms,
    ),
)
