"""Versions of a template: list, read, activate, compare, preview."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from application.templates.commands import (
    ActivateVersionCommand,
    CompareVersionsCommand,
    ListVersionsCommand,
    PreviewTemplateCommand,
    ReadVersionCommand,
)
from domain.applications.scopes import Scope
from domain.shared.channels import Channel
from entrypoints.http.decoding import In
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import PageQuery
from entrypoints.rest.template_preview_wire import PreviewIn, PreviewOut, preview_out, sample
from entrypoints.rest.template_wire import (
    DifferencesOut,
    Revision,
    TemplateOut,
    VersionOut,
    VersionPage,
    VersionSummary,
    difference_out,
    template_out,
    version_out,
)
from entrypoints.rest.use_cases import RestUseCases

VersionNumber = Annotated[int, Meta(ge=1, le=10_000)]


class DifferenceQuery(In):
    """Compared with which version; left out: the one before."""

    against: VersionNumber | None = None


class Activation(In):
    """With `revision` the call is refused when the template was changed since it was read."""

    revision: Revision | UnsetType = UNSET


async def list_versions(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/templates/{template_id}/versions"""
    query: PageQuery = call.query
    page = await use_cases.list_template_versions(
        ListVersionsCommand(
            application_id=call.application_id,
            template_id=call.path["template_id"],
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    items = [
        VersionSummary(version=one.version, created_at=one.created_at, created_by=one.created_by)
        for one in page.items
    ]
    return Reply(VersionPage(items=items, next_cursor=page.next_cursor))


async def read_version(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/templates/{template_id}/versions/{version}"""
    found = await use_cases.read_template_version(
        ReadVersionCommand(
            application_id=call.application_id,
            template_id=call.path["template_id"],
            version=call.path["version"],
        )
    )
    return Reply(version_out(found))


async def compare_versions(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/templates/{template_id}/versions/{version}/diff"""
    query: DifferenceQuery = call.query
    found = await use_cases.compare_template_versions(
        CompareVersionsCommand(
            application_id=call.application_id,
            template_id=call.path["template_id"],
            version=call.path["version"],
            against=query.against,
        )
    )
    return Reply(
        DifferencesOut(
            version=found.version,
            against=found.against,
            differences=[difference_out(one) for one in found.differences],
        )
    )


async def activate_version(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/templates/{template_id}/versions/{version}/activate"""
    body: Activation = call.body
    found = await use_cases.activate_template_version(
        ActivateVersionCommand(
            application_id=call.application_id,
            template_id=call.path["template_id"],
            version=call.path["version"],
            revision=None if body.revision is UNSET else body.revision,
        )
    )
    return Reply(template_out(*found))


async def preview_template(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/templates/{template_id}/preview"""
    body: PreviewIn = call.body
    found = await use_cases.preview_template(
        PreviewTemplateCommand(
            application_id=call.application_id,
            template_id=call.path["template_id"],
            version=None if body.version is UNSET else body.version,
            channel=Channel.from_wire(body.channel),
            language=body.language,
            sample=sample(body),
        )
    )
    return Reply(preview_out(found))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/templates/{template_id}/versions",
        name="list_template_versions",
        tag="templates",
        summary="List versions, newest first",
        scope=Scope.TEMPLATES_READ,
        query=PageQuery,
        replies={200: VersionPage},
        handler=list_versions,
    ),
    Route(
        method="GET",
        path="/v1/templates/{template_id}/versions/{version}",
        name="read_template_version",
        tag="templates",
        summary="Read a version",
        scope=Scope.TEMPLATES_READ,
        replies={200: VersionOut},
        handler=read_version,
    ),
    Route(
        method="POST",
        path="/v1/templates/{template_id}/versions/{version}/activate",
        name="activate_template_version",
        tag="templates",
        summary="Make a version the active one: publish a draft, or roll back",
        scope=Scope.TEMPLATES_WRITE,
        body=Activation,
        replies={200: TemplateOut},
        errors=frozenset({409}),
        handler=activate_version,
    ),
    Route(
        method="GET",
        path="/v1/templates/{template_id}/versions/{version}/diff",
        name="compare_template_versions",
        tag="templates",
        summary="What a version says otherwise than the one before, or another",
        scope=Scope.TEMPLATES_READ,
        query=DifferenceQuery,
        replies={200: DifferencesOut},
        handler=compare_versions,
    ),
    Route(
        method="POST",
        path="/v1/templates/{template_id}/preview",
        name="preview_template",
        tag="templates",
        summary="Show what somebody would get: any channel and language, with sample values",
        scope=Scope.TEMPLATES_READ,
        body=PreviewIn,
        replies={200: PreviewOut},
        handler=preview_template,
    ),
)
