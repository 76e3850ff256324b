"""Templates on a real database: every use case wired as the product wires it, and a clock that tests move."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.channels.in_app import plugin as in_app
from adapters.channels.push import plugin as push
from adapters.postgres.applications import PostgresApplications
from adapters.postgres.templates import PostgresTemplates
from adapters.system.identifiers import Uuid7
from adapters.templating.engine import LiquidTemplating
from application.applications.commands import CreateApplicationCommand
from application.applications.create_application import CreateApplication
from application.ports.provider_directory import ProviderDirectory
from application.templates.activate_version import ActivateVersion
from application.templates.archive_template import ArchiveTemplate
from application.templates.commands import (
    ActivateVersionCommand,
    ArchiveTemplateCommand,
    CreateTemplateCommand,
    PreviewTemplateCommand,
    ReadTemplateCommand,
    SourceChange,
    SourceGiven,
    UpdateTemplateCommand,
)
from application.templates.create_template import CreateTemplate
from application.templates.preview_template import PreviewTemplate
from application.templates.read_template import ReadTemplate
from application.templates.rendering import SampleRendering
from application.templates.source_check import SourceCheck
from application.templates.update_template import UpdateTemplate
from application.templates.validate_template import ValidateTemplate
from application.templates.views import Preview
from domain.shared.channels import Channel
from domain.templates.template import Template, TemplateVersion
from domain.templates.variant import Variant
from tests.integration.audience.world import Hands

Found = tuple[Template, TemplateVersion]


@attrs.define(slots=False)
class Workshop:
    """The use cases; methods fill in what a test does not care about."""

    engine: AsyncEngine
    templates: PostgresTemplates
    clock: Hands
    app: UUID

    def __attrs_post_init__(self) -> None:
        self.identifiers = Uuid7()
        self.applications = PostgresApplications(self.engine)
        templating, plugins = LiquidTemplating(), {Channel.PUSH: push, Channel.IN_APP: in_app}
        self.check = SourceCheck(templating=templating, plugins=plugins)
        self.render = SampleRendering(templating=templating, plugins=plugins)
        self.validate = ValidateTemplate(
            applications=self.applications, check_source=self.check, render_sample=self.render
        )

    async def new_app(self) -> UUID:
        create = CreateApplication(
            applications=self.applications,
            clock=self.clock,
            identifiers=self.identifiers,
            providers=ProviderDirectory([push]),
        )
        return (await create(CreateApplicationCommand(name="Shop"))).id

    async def create(
        self,
        name: str = "welcome",
        *,
        app: UUID | None = None,
        source: SourceGiven | None = None,
        **variant: Any,
    ) -> Found:
        """A template; keyword arguments are the default variant's fields."""
        given = source or SourceGiven(default=Variant(**(variant or {"body_template": "Hi {{ name }}"})))
        use_case = CreateTemplate(
            applications=self.applications,
            templates=self.templates,
            check_source=self.check,
            clock=self.clock,
            identifiers=self.identifiers,
        )
        return await use_case(
            CreateTemplateCommand(application_id=app or self.app, name=name, source=given, created_by="key-1")
        )

    async def update(self, template: Template, *, app: UUID | None = None, **changes: Any) -> Found:
        """Change fields of the template or, by their names, of its content."""
        fields = {field.name for field in attrs.fields(SourceChange)}
        source = {name: changes.pop(name) for name in list(changes) if name in fields}
        use_case = UpdateTemplate(templates=self.templates, check_source=self.check, clock=self.clock)
        return await use_case(
            UpdateTemplateCommand(
                application_id=app or self.app,
                template_id=template.id,
                revision=changes.pop("revision", template.revision),
                changed_by="key-2",
                source=SourceChange(**source),
                **changes,
            )
        )

    async def read(self, template: Template) -> Found:
        use_case = ReadTemplate(templates=self.templates)
        return await use_case(ReadTemplateCommand(application_id=self.app, template_id=template.id))

    async def activate(self, template: Template, version: int, revision: int | None = None) -> Found:
        use_case = ActivateVersion(templates=self.templates, clock=self.clock)
        return await use_case(
            ActivateVersionCommand(
                application_id=self.app, template_id=template.id, version=version, revision=revision
            )
        )

    async def archive(self, template: Template) -> None:
        use_case = ArchiveTemplate(templates=self.templates, clock=self.clock)
        await use_case(ArchiveTemplateCommand(application_id=self.app, template_id=template.id))

    async def preview(self, template: Template, **asked: Any) -> Preview:
        use_case = PreviewTemplate(templates=self.templates, render_sample=self.render)
        return await use_case(
            PreviewTemplateCommand(application_id=self.app, template_id=template.id, **asked)
        )

    async def count(self, table: str) -> int:
        async with self.engine.begin() as connection:
            return int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def open_workshop(engine: AsyncEngine) -> Workshop:
    """With one application."""
    opened = Workshop(engine, PostgresTemplates(engine), Hands(), UUID(int=0))
    opened.app = await opened.new_app()
    return opened
