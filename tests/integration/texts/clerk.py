"""The AlimTalk use cases of one application and provider on a real database, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from adapters.channels.kakao import plugin as kakao
from adapters.channels.kakao.desks import template_desks
from adapters.channels.sms import plugin as sms
from adapters.postgres.kakao_templates import PostgresKakaoTemplates
from application.alimtalk.check_alimtalk import CheckAlimTalk
from application.alimtalk.commands import (
    RefreshTemplatesCommand,
    RegisterTemplateCommand,
)
from application.alimtalk.desk_credential import DeskCredential
from application.alimtalk.list_templates import ListTemplates
from application.alimtalk.read_template import ReadTemplate
from application.alimtalk.refresh_templates import RefreshTemplates
from application.alimtalk.register_template import RegisterTemplate
from application.alimtalk.sync_templates import SyncTemplates
from application.applications.commands import SetCredentialCommand
from application.applications.set_credential import SetCredential
from application.dispatch.credential_cache import CredentialCache
from application.ports.delivery_reports import CALLBACK_TOKEN
from application.ports.kakao_templates import TemplateDraft
from application.ports.provider_directory import ProviderDirectory
from domain.alimtalk.buttons import Button
from domain.alimtalk.template import KakaoTemplate, Wording
from tests.conformance.channels.texts import NhnKakaoCase, SolapiKakaoCase, TextCase
from tests.integration.audience.world import World

CASES = {"solapi": SolapiKakaoCase, "nhn_alimtalk": NhnKakaoCase}
WORDING = Wording(
    "#{name}님, 주문 #{no}이 출발했습니다.",
    buttons=(Button("WL", "배송 조회", link_mo="https://shop.kr/#{no}"),),
)
DRAFT = TemplateDraft("주문 출발", WORDING, "999999", "ORDER01")


class Clerk:
    """The use cases of one application and provider, wired as the product wires them."""

    def __init__(self, world: World, case: TextCase, application_id: UUID) -> None:
        self.world, self.case, self.application_id = world, case, application_id
        directory = ProviderDirectory([sms, kakao])
        self.mirror = PostgresKakaoTemplates(world.engine)
        cache = CredentialCache(world.credentials, world.vault, directory)
        self.desks = template_desks(case.settings)
        open_desk = DeskCredential(applications=world.applications, credentials=cache, desks=self.desks)
        self.register = RegisterTemplate(templates=self.mirror, open_desk=open_desk)
        self.read = ReadTemplate(templates=self.mirror)
        self.list = ListTemplates(applications=world.applications, templates=self.mirror)
        self.refresh = RefreshTemplates(templates=self.mirror, open_desk=open_desk, clock=world.clock)
        self.sync = SyncTemplates(templates=self.mirror, refresh=self.refresh, clock=world.clock)
        self.check = CheckAlimTalk(
            templates=self.mirror, open_desk=open_desk, providers=directory, clock=world.clock
        )
        self.put = SetCredential(
            credentials=world.credentials,
            providers=directory,
            vault=world.vault,
            clock=world.clock,
            randomness=world.randomness,
        )

    async def credential(self, fields: Mapping[str, str] | None = None) -> None:
        """Store the case's credential."""
        given = {name: value for name, value in self.case.fields().items() if name != CALLBACK_TOKEN}
        await self.put(
            SetCredentialCommand(
                application_id=self.application_id, provider=self.case.provider, fields=fields or given
            )
        )

    async def hand_in(self) -> KakaoTemplate:
        """Register the one template."""
        return await self.register(RegisterTemplateCommand(application_id=self.application_id, draft=DRAFT))

    async def refresh_all(self) -> Any:
        """Ask for everything."""
        return await self.refresh(RefreshTemplatesCommand(application_id=self.application_id))
