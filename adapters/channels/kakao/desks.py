"""The providers at which AlimTalk templates are registered, for whoever keeps the mirror."""

from __future__ import annotations

from adapters.channels.frame.solapi.account import PROVIDER as SOLAPI
from adapters.channels.kakao.nhn.account import PROVIDER as NHN
from adapters.channels.kakao.nhn.templates import NhnTemplates
from adapters.channels.kakao.solapi_templates import SolapiTemplates
from application.ports.channels import ChannelSettings
from application.ports.kakao_templates import TemplateDesks


def template_desks(settings: ChannelSettings) -> TemplateDesks:
    """One desk per provider; connections are made when they are first needed."""
    return {SOLAPI: SolapiTemplates(settings), NHN: NhnTemplates(settings)}
