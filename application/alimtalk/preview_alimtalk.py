"""Show what the recipient of an AlimTalk would read, without sending anything."""

from __future__ import annotations

import attrs

from application.alimtalk.check_alimtalk import CheckAlimTalk, Checked
from application.alimtalk.commands import PreviewAlimTalkCommand


@attrs.frozen(kw_only=True)
class PreviewAlimTalk:
    check: CheckAlimTalk

    async def __call__(self, command: PreviewAlimTalkCommand) -> Checked:
        """Raise InvalidInput or ContentTooLarge naming what is at fault, NotConfigured, Unavailable."""
        return await self.check(command.application_id, command.content, field="content")
