"""One batch's messages checked against their approved templates, before any request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from adapters.channels.frame.phone_codes import TEMPLATE_FAULT
from adapters.channels.kakao.content import KakaoContent, read_kakao_content
from adapters.channels.kakao.shelf import Ask, TemplateShelf
from application.ports.channels import Envelope, SendBatch
from domain.alimtalk.template import KakaoTemplate, as_text
from domain.messaging.outcome import NotAttempted, Outcome, Rejected
from domain.shared.errors import ContentTooLarge, InvalidInput

ASK_AGAIN: Final = 30.0
"""Seconds until messages are offered again whose template could not be looked at."""


@attrs.frozen(slots=True)
class Ready:
    """One content as a gateway gets it."""

    template: KakaoTemplate
    variables: Mapping[str, str]


class Filling:
    """The contents of one batch, each looked at once."""

    def __init__(
        self,
        contents: Mapping[int, KakaoContent | Rejected],
        templates: Mapping[str, KakaoTemplate | None],
    ) -> None:
        self._known: dict[int, Ready | Outcome] = {
            id_: content if isinstance(content, Rejected) else _fill(content, templates)
            for id_, content in contents.items()
        }

    def of(self, envelope: Envelope) -> Ready | Outcome:
        """The filled template, or why nothing can be sent."""
        # The batch holds every content, so an id stays the same content's.
        return self._known[id(envelope.content)]


async def fill_batch(batch: SendBatch, shelf: TemplateShelf, ask: Ask) -> Filling:
    """Read every content of a batch and take its templates from the shelf."""
    bodies = {id(envelope.content): envelope.content for envelope in batch.envelopes}
    contents = {id_: _read(body) for id_, body in bodies.items()}
    codes: Sequence[str] = sorted(
        {one.template_code for one in contents.values() if isinstance(one, KakaoContent)}
    )
    templates = await shelf.take(batch.application_id, codes, ask) if codes else {}
    return Filling(contents, templates)


def _read(body: Mapping[str, object]) -> KakaoContent | Rejected:
    try:
        return read_kakao_content(body, field="content")  # type: ignore[arg-type]
    except ContentTooLarge as error:
        return Rejected(error.code, details={"field": error.field})
    except InvalidInput as error:
        return Rejected("invalid_content", bug=True, details={"field": error.field})


def _fill(content: KakaoContent, templates: Mapping[str, KakaoTemplate | None]) -> Ready | Outcome:
    code = content.template_code
    if code not in templates:
        return NotAttempted("template_unknown", retry_after=ASK_AGAIN)
    template = templates[code]
    if template is None or not template.is_sendable:
        status = "missing" if template is None else template.status.value
        return Rejected(
            "template_not_approved",
            message_code=TEMPLATE_FAULT,
            details={"template_code": code, "status": status},
        )
    try:
        template.fill(content.variables, field="content", buttons=content.buttons)
    except InvalidInput as error:
        return Rejected(
            "template_mismatch",
            message_code=TEMPLATE_FAULT,
            details={"template_code": code, "field": error.field, "problem": error.message},
        )
    return Ready(template, {name: as_text(value, field=name) for name, value in content.variables.items()})
