"""Look at an AlimTalk before it costs anything: is its template approved, and do its variables fit?

A template that was never seen, or was not approved then, is asked for at the provider; what it says is mirrored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from application.alimtalk.desk_credential import DeskCredential
from application.ports.clock import Clock
from application.ports.kakao_templates import KakaoTemplates
from application.ports.provider_directory import ProviderDirectory
from domain.alimtalk.buttons import read_buttons
from domain.alimtalk.template import Filled, KakaoTemplate, read_variables
from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput

ASK_AGAIN_AFTER: Final = timedelta(seconds=15)


@attrs.frozen(slots=True)
class Checked:
    """A template, and what its recipient would read."""

    template: KakaoTemplate
    filled: Filled


@attrs.frozen(kw_only=True)
class CheckAlimTalk:
    """`await check(application_id, content, field="content.kakao_talk")`."""

    templates: KakaoTemplates
    open_desk: DeskCredential
    providers: ProviderDirectory
    clock: Clock

    async def __call__(self, application_id: UUID, content: Body, *, field: str) -> Checked:
        """Raise InvalidInput or ContentTooLarge naming what is at fault, NotConfigured, Unavailable."""
        plugin = self.providers.plugins.get(Channel.KAKAO_TALK)
        if plugin is not None:
            plugin.check_content(content, field=field)
        code = content.get("template_code")
        if not isinstance(code, str) or not code:
            raise InvalidInput(
                f"{field}.template_code is missing",
                field=f"{field}.template_code",
                fix="name an approved template",
            )
        template = await self.template(application_id, code)
        return examine(template, code, content, field=field)

    async def template(self, application_id: UUID, code: str, *, anew: bool = False) -> KakaoTemplate | None:
        """From the mirror where it is approved there, unless it is asked for `anew`; None: the provider has none."""
        desk, credential = await self.open_desk(application_id, None)
        if not anew:
            found = await self.templates.find(application_id, credential.provider, [code])
            known = found.get(code)
            if known is not None and (known.is_sendable or not self.is_old(known.checked_at)):
                return known
        template = await desk.read(credential, code)
        if template is not None:
            await self.templates.put([template])
        return template

    def is_old(self, checked_at: datetime | None) -> bool:
        """A review may end any minute; the provider is not asked for every message."""
        return checked_at is None or checked_at <= self.clock.now() - ASK_AGAIN_AFTER


def examine(
    template: KakaoTemplate | None, code: str, content: Body, *, field: str, final: bool = True
) -> Checked:
    """Hold a message up to its template. Raise InvalidInput or ContentTooLarge naming what is at fault.

    Not `final`: its values are still to be rendered, so only their names are compared, and what comes back is not read.
    """
    if template is None or not template.is_sendable:
        status = "unknown to the provider" if template is None else template.status.value
        raise InvalidInput(
            f"the AlimTalk template {code} is {status}",
            field=f"{field}.template_code",
            fix="use an approved template",
        )
    variables = read_variables(content.get("variables"), field=f"{field}.variables")
    if not final:
        template.check_names(variables, field=field)
        return Checked(template, Filled("", "", ()))
    buttons = read_buttons(content.get("buttons"), field=f"{field}.buttons")
    return Checked(template, template.fill(variables, field=field, buttons=buttons))
