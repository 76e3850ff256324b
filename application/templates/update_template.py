"""Change a template: a changed content becomes its next version, everything else is just changed."""

from __future__ import annotations

from typing import TypeVar

import attrs

from application.ports.clock import Clock
from application.ports.templates import Templates
from application.templates.commands import SourceChange, UpdateTemplateCommand
from application.templates.source_check import SourceCheck
from domain.shared.unset import Unset
from domain.templates.source import Source
from domain.templates.template import Template, TemplateVersion
from domain.templates.variant import Variant

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class UpdateTemplate:
    templates: Templates
    check_source: SourceCheck
    clock: Clock

    async def __call__(self, command: UpdateTemplateCommand) -> tuple[Template, TemplateVersion]:
        """Answer the template with the version that is active then.

        Raise NotFound, RevisionMismatch when it was changed since it was read, Conflict when it is archived,
        AlreadyExists when the name is taken, InvalidInput or TemplateInvalid naming the field.
        """
        template, active = await self.templates.get(command.application_id, command.template_id)
        template.check_open(command.revision)
        source = merged(active.source, command.source)
        differs = source != active.source
        if differs:
            await self.check_source(source)
        now = self.clock.now()

        def change(found: Template, _: TemplateVersion) -> TemplateVersion | None:
            # Under the row's lock; the revision says that `source` was made from what is there.
            found.check_open(command.revision)
            changed = found.rename(
                name=command.name, description=command.description, is_active=command.is_active
            )
            saved = None
            if differs:
                saved = found.save(source, activate=command.activate, now=now, created_by=command.changed_by)
            if changed or differs:
                found.touch(now)
            return saved

        return await self.templates.change(command.application_id, command.template_id, change)


def merged(source: Source, change: SourceChange) -> Source:
    """The source with what is given; raise InvalidInput naming the field."""
    old = source.default
    return Source.checked(
        default=Variant(
            title_template=_given(change.title_template, old.title_template),
            body_template=_given(change.body_template, old.body_template),
            data_template=_given(change.data_template, old.data_template),
            channels=_given(change.channels, old.channels),
        ),
        languages=_given(change.languages, source.languages),
        default_language=_given(change.default_language, source.default_language),
        strict=_given(change.strict, source.strict),
    )


def _given(value: T | Unset, otherwise: T) -> T:
    return otherwise if isinstance(value, Unset) else value
