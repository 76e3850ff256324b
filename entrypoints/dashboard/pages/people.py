"""People: search, one user with every subscription, their history, and the messages they got."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import RedirectResponse, Response

from application.audience.commands import (
    DisableSubscriptionCommand,
    EnableSubscriptionCommand,
    ListSubscriptionEventsCommand,
    ListSubscriptionsCommand,
    ListUsersCommand,
    ReadSubscriptionCommand,
    ReadUserCommand,
)
from application.ports.messages import MessageFilter
from domain.audience.subscription import Subscription
from domain.operators.roles import Right
from domain.shared.errors import NotFound
from domain.shared.json_values import Json
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit

SHOWN: Final = 20
"""Subscriptions of one user that are shown with their history."""


async def list_people(visit: Visit) -> Shown | Response:
    asked = visit.query("q")
    if asked is not None:
        if (found := await _found(visit, asked.strip())) is not None:
            return RedirectResponse(found, 303)
        return Shown("people.html", {"page": None, "asked": asked})
    page = await visit.use_cases.list_users(
        ListUsersCommand(application_id=visit.app.id, cursor=visit.query("cursor"), limit=50)
    )
    return Shown("people.html", {"page": page, "asked": ""})


async def _found(visit: Visit, asked: str) -> str | None:
    """The page of a subscription's id, or of a user's external id."""
    if "\x00" in asked or len(asked) > 256:
        return None
    try:
        id = UUID(asked)
    except ValueError:
        pass
    else:
        try:
            view = await visit.use_cases.read_subscription(
                ReadSubscriptionCommand(application_id=visit.app.id, subscription_id=id)
            )
            return f"{visit.app_url}/subscriptions/{view.subscription.id}"
        except NotFound:
            pass
    try:
        user = await visit.use_cases.read_user(ReadUserCommand(application_id=visit.app.id, user=asked))
    except NotFound:
        return None
    return f"{visit.app_url}/people/{user.id}"


async def show_user(visit: Visit) -> Shown:
    id = visit.app.id
    user = await visit.use_cases.read_user(ReadUserCommand(application_id=id, user=visit.path_id("user_id")))
    page = await visit.use_cases.list_subscriptions(
        ListSubscriptionsCommand(application_id=id, user=user.id, include_archived=True, limit=SHOWN)
    )
    histories = [
        (view.subscription, await _history(visit, view.subscription.id, None)) for view in page.items
    ]
    messages = await visit.use_cases.list_messages(id, MessageFilter(user_id=user.id), limit=20)
    return Shown(
        "person.html",
        {"user": user, "histories": histories, "more": page.next_cursor is not None, "messages": messages},
    )


async def show_subscription(visit: Visit) -> Shown:
    view = await visit.use_cases.read_subscription(
        ReadSubscriptionCommand(application_id=visit.app.id, subscription_id=visit.path_id("subscription_id"))
    )
    wanted = MessageFilter(subscription_id=view.subscription.id)
    return Shown(
        "subscription.html",
        {
            "subscription": view.subscription,
            "external_id": view.external_id,
            "events": await _history(visit, view.subscription.id, visit.query("cursor")),
            "messages": await visit.use_cases.list_messages(visit.app.id, wanted, limit=20),
        },
    )


async def disable(visit: Visit) -> Changed:
    before = await _subscription(visit)
    await visit.use_cases.disable_subscription(
        DisableSubscriptionCommand(application_id=visit.app.id, subscription_id=before.id, reason="operator")
    )
    return await _changed(visit, before)


async def enable(visit: Visit) -> Changed:
    before = await _subscription(visit)
    await visit.use_cases.enable_subscription(
        EnableSubscriptionCommand(application_id=visit.app.id, subscription_id=before.id)
    )
    return await _changed(visit, before)


async def _history(visit: Visit, subscription_id: UUID, cursor: str | None) -> object:
    return await visit.use_cases.list_subscription_events(
        ListSubscriptionEventsCommand(
            application_id=visit.app.id, subscription_id=subscription_id, cursor=cursor, limit=50
        )
    )


async def _subscription(visit: Visit) -> Subscription:
    command = ReadSubscriptionCommand(
        application_id=visit.app.id, subscription_id=visit.path_id("subscription_id")
    )
    return (await visit.use_cases.read_subscription(command)).subscription


async def _changed(visit: Visit, before: Subscription) -> Changed:
    return Changed(
        location=f"{visit.app_url}/subscriptions/{before.id}",
        subject=str(before.id),
        before=_facts(before),
        after=_facts(await _subscription(visit)),
    )


def _facts(subscription: Subscription) -> dict[str, Json]:
    return {
        "subscription_status": subscription.subscription_status,
        "api_disabled": subscription.api_disabled,
    }


_START: Final = "/dashboard/apps/{application_id}"
_SUBSCRIPTION: Final = _START + "/subscriptions/{subscription_id}"
PAGES: Final = (
    Page(path=_START + "/people", section="people", show=list_people),
    Page(path=_START + "/people/{user_id}", section="people", show=show_user),
    Page(path=_SUBSCRIPTION, section="people", show=show_subscription),
)
ACTIONS: Final = (
    Action(
        path=_SUBSCRIPTION + "/disable",
        section="people",
        name="subscription.disable",
        right=Right.OPERATIONS,
        perform=disable,
        again=show_subscription,
    ),
    Action(
        path=_SUBSCRIPTION + "/enable",
        section="people",
        name="subscription.enable",
        right=Right.OPERATIONS,
        perform=enable,
        again=show_subscription,
    ),
)
