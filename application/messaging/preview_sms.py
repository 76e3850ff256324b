"""Count a text message before it is sent: what a Korean gateway bills, how many segments it is abroad, what is wrong."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.ports.applications import Applications
from application.ports.provider_directory import ProviderDirectory
from domain.messaging.content import Body
from domain.messaging.sms_text import KoreanText, Segments, SmsKind, composed, korean_text, segments
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput


@attrs.frozen(slots=True, kw_only=True)
class PreviewSmsCommand:
    application_id: UUID
    text: str
    title: str = ""
    kind: SmsKind | None = None
    """None: chosen by length."""
    content: Body
    """The same as it would be sent."""


@attrs.frozen(slots=True)
class SmsPreview:
    """The counts, and why it would be refused."""

    korean: KoreanText
    abroad: Segments
    problem: InvalidInput | None


@attrs.frozen(kw_only=True)
class PreviewSms:
    applications: Applications
    providers: ProviderDirectory

    async def __call__(self, command: PreviewSmsCommand) -> SmsPreview:
        """Raise NotFound without such an application; what is wrong with the text is answered, not raised."""
        await self.applications.get(command.application_id)
        problem: InvalidInput | None = None
        plugin = self.providers.plugins.get(Channel.SMS)
        if plugin is not None:
            try:
                plugin.check_content(command.content, field="content")
            except InvalidInput as error:
                problem = error
        text, title = composed(command.text), composed(command.title)
        return SmsPreview(korean_text(text, title=title, wanted=command.kind), segments(text), problem)
