"""Templates: contents with placeholders, saved as versions that never change."""

from __future__ import annotations

from msgspec import UNSET

from application.templates.commands import (
    ArchiveTemplateCommand,
    CreateTemplateCommand,
    ListTemplatesCommand,
    ReadTemplateCommand,
    UpdateTemplateCommand,
    ValidateTemplateCommand,
)
from domain.applications.principal import Principal
from domain.applications.scopes import Scope
from domain.shared.errors import InvalidInput
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import PageQuery
from entrypoints.rest.template_preview_wire import ValidateIn, ValidationOut, preview_out, problem_out, sample
from entrypoints.rest.template_wire import (
    TemplateChange,
    TemplateIn,
    TemplateOut,
    TemplatePage,
    TemplateSummary,
    source_change,
    source_given,
    summary_fields,
    template_out,
)
from entrypoints.rest.use_cases import RestUseCases


class TemplateQuery(PageQuery):
    """Which templates."""

    include_archived: bool = False


def key_id(call: Call) -> str:
    principal: Principal = call.caller.identity
    return principal.key_id


async def create_template(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/templates"""
    body: TemplateIn = call.body
    template, version = await use_cases.create_template(
        CreateTemplateCommand(
            application_id=call.application_id,
            name=body.name,
            description=body.description,
            is_active=body.is_active,
            source=source_given(body),
            created_by=key_id(call),
        )
    )
    location = {"Location": f"/v1/templates/{template.id}"}
    return Reply(template_out(template, version), status=201, headers=location)


async def list_templates(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/templates"""
    query: TemplateQuery = call.query
    page = await use_cases.list_templates(
        ListTemplatesCommand(
            application_id=call.application_id,
            include_archived=query.include_archived,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    items = [TemplateSummary(**summary_fields(one)) for one in page.items]
    return Reply(TemplatePage(items=items, next_cursor=page.next_cursor))


async def read_template(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/templates/{template_id}"""
    found = await use_cases.read_template(
        ReadTemplateCommand(application_id=call.application_id, template_id=call.path["template_id"])
    )
    return Reply(template_out(*found))


async def update_template(use_cases: RestUseCases, call: Call) -> Reply:
    """PATCH /v1/templates/{template_id}"""
    body: TemplateChange = call.body
    given = {name for name in body.__struct_fields__ if getattr(body, name) is not UNSET}
    if not given - {"revision", "activate"}:
        raise InvalidInput("nothing is to be changed", field="body", fix="give what shall be different")
    changed = await use_cases.update_template(
        UpdateTemplateCommand(
            application_id=call.application_id,
            template_id=call.path["template_id"],
            revision=body.revision,
            changed_by=key_id(call),
            name=None if body.name is UNSET else body.name,
            description=None if body.description is UNSET else body.description,
            is_active=None if body.is_active is UNSET else body.is_active,
            source=source_change(body),
            activate=body.activate,
        )
    )
    return Reply(template_out(*changed))


async def archive_template(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/templates/{template_id}"""
    await use_cases.archive_template(
        ArchiveTemplateCommand(application_id=call.application_id, template_id=call.path["template_id"])
    )
    return Reply(status=204)


async def validate_template(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/templates/validate"""
    body: ValidateIn = call.body
    found = await use_cases.validate_template(
        ValidateTemplateCommand(
            application_id=call.application_id, source=source_given(body), sample=sample(body)
        )
    )
    return Reply(
        ValidationOut(
            valid=not found.problems,
            problems=[problem_out(one) for one in found.problems],
            previews=[preview_out(one) for one in found.previews],
        )
    )


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/templates",
        name="create_template",
        tag="templates",
        summary="Save a new template as its version 1",
        description="Refused with field, line and column when a placeholder or tag cannot be used.",
        scope=Scope.TEMPLATES_WRITE,
        body=TemplateIn,
        replies={201: TemplateOut},
        errors=frozenset({409}),
        batch=True,
        handler=create_template,
    ),
    Route(
        method="GET",
        path="/v1/templates",
        name="list_templates",
        tag="templates",
        summary="List templates",
        scope=Scope.TEMPLATES_READ,
        query=TemplateQuery,
        replies={200: TemplatePage},
        handler=list_templates,
    ),
    Route(
        method="POST",
        path="/v1/templates/validate",
        name="validate_template",
        tag="templates",
        summary="Check a content without saving it, and preview every body of it",
        scope=Scope.TEMPLATES_READ,
        body=ValidateIn,
        replies={200: ValidationOut},
        batch=True,
        handler=validate_template,
    ),
    Route(
        method="GET",
        path="/v1/templates/{template_id}",
        name="read_template",
        tag="templates",
        summary="Read a template and what its active version says",
        scope=Scope.TEMPLATES_READ,
        replies={200: TemplateOut},
        handler=read_template,
    ),
    Route(
        method="PATCH",
        path="/v1/templates/{template_id}",
        name="update_template",
        tag="templates",
        summary="Change a template; a changed content becomes its next version",
        description="Refused with 409 when `revision` is not the present one: somebody else changed it meanwhile.",
        scope=Scope.TEMPLATES_WRITE,
        body=TemplateChange,
        replies={200: TemplateOut},
        errors=frozenset({409}),
        batch=True,
        handler=update_template,
    ),
    Route(
        method="DELETE",
        path="/v1/templates/{template_id}",
        name="archive_template",
        tag="templates",
        summary="Archive a template; its name is free, what was sent from it stays readable",
        scope=Scope.TEMPLATES_WRITE,
        replies={204: None},
        handler=archive_template,
    ),
)
