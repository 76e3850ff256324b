"""Users, known by the application's own id for them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.audience.commands import (
    ArchiveUserCommand,
    ListUsersCommand,
    PutUserCommand,
    ReadUserCommand,
    UpdateUserCommand,
)
from domain.applications.scopes import Scope
from domain.audience.user import User
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import FactChanges, Facts, Json, PageQuery, Timestamp, facts
from entrypoints.rest.use_cases import RestUseCases

Properties = Annotated[Facts, Meta(description="No personal data: email, name and phone are refused")]


class UserIn(In):
    """Properties replace those that are there; left out, they stay."""

    properties: Properties | UnsetType = UNSET


class UserChange(In):
    """Properties to set and to remove; others stay."""

    properties: FactChanges


class UserOut(Out):
    """A user."""

    id: UUID
    external_id: str
    application_id: UUID
    properties: Json
    created_at: Timestamp
    last_active_at: Timestamp | None
    is_archived: bool
    archived_at: Timestamp | None


class UserPage(Out):
    """Users in the order of creation."""

    items: list[UserOut]
    next_cursor: str | None


class UserQuery(PageQuery):
    """Which users."""

    include_archived: bool = False


def user_out(user: User) -> UserOut:
    return UserOut(
        id=user.id,
        external_id=user.external_id,
        application_id=user.application_id,
        properties=dict(user.properties),
        created_at=user.created_at,
        last_active_at=user.last_active_at,
        is_archived=user.is_archived,
        archived_at=user.archived_at,
    )


async def put_user(use_cases: RestUseCases, call: Call) -> Reply:
    """PUT /v1/users/{external_id}"""
    body: UserIn = call.body
    done = await use_cases.put_user(
        PutUserCommand(
            application_id=call.application_id,
            external_id=call.path["external_id"],
            properties=None if body.properties is UNSET else facts(body.properties),
        )
    )
    return Reply(user_out(done.user), status=201 if done.created else 200)


async def read_user(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/users/{external_id}"""
    user = await use_cases.read_user(
        ReadUserCommand(application_id=call.application_id, user=call.path["external_id"])
    )
    return Reply(user_out(user))


async def list_users(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/users"""
    query: UserQuery = call.query
    page = await use_cases.list_users(
        ListUsersCommand(
            application_id=call.application_id,
            include_archived=query.include_archived,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(UserPage(items=[user_out(user) for user in page.items], next_cursor=page.next_cursor))


async def update_user(use_cases: RestUseCases, call: Call) -> Reply:
    """PATCH /v1/users/{external_id}"""
    body: UserChange = call.body
    user = await use_cases.update_user(
        UpdateUserCommand(
            application_id=call.application_id,
            user=call.path["external_id"],
            set=facts(body.properties.set),
            remove=tuple(body.properties.remove),
        )
    )
    return Reply(user_out(user))


async def archive_user(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/users/{external_id}"""
    await use_cases.archive_user(
        ArchiveUserCommand(application_id=call.application_id, user=call.path["external_id"])
    )
    return Reply(status=204)


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/users",
        name="list_users",
        tag="users",
        summary="List users",
        scope=Scope.AUDIENCE_READ,
        query=UserQuery,
        replies={200: UserPage},
        handler=list_users,
    ),
    Route(
        method="PUT",
        path="/v1/users/{external_id}",
        name="put_user",
        tag="users",
        summary="Create a user, or revive and update the one there is",
        scope=Scope.AUDIENCE_WRITE,
        body=UserIn,
        replies={200: UserOut, 201: UserOut},
        handler=put_user,
    ),
    Route(
        method="GET",
        path="/v1/users/{external_id}",
        name="read_user",
        tag="users",
        summary="Read a user",
        scope=Scope.AUDIENCE_READ,
        replies={200: UserOut},
        handler=read_user,
    ),
    Route(
        method="PATCH",
        path="/v1/users/{external_id}",
        name="update_user",
        tag="users",
        summary="Set and remove properties",
        scope=Scope.AUDIENCE_WRITE,
        body=UserChange,
        replies={200: UserOut},
        handler=update_user,
    ),
    Route(
        method="DELETE",
        path="/v1/users/{external_id}",
        name="archive_user",
        tag="users",
        summary="Archive a user; messages to them stop",
        scope=Scope.AUDIENCE_WRITE,
        replies={204: None},
        handler=archive_user,
    ),
)
