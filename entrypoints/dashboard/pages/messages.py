"""Messages: a filtered list, and one message with everything that happened to it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from application.audience.commands import ReadUserCommand
from application.ports.messages import MessageFilter, MessageView
from domain.messaging.event import Source
from domain.messaging.lifecycle import Status
from domain.operators.roles import Right
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput, NotFound
from entrypoints.dashboard.days import midnight
from entrypoints.dashboard.pages.called import campaign_name, template_name
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit

NOBODY: Final = UUID(int=0)


async def list_messages(visit: Visit) -> Shown:
    asked = {name: visit.query(name) for name in ("status", "channel", "user", "campaign", "from", "to")}
    wanted = MessageFilter(
        status=None if asked["status"] is None else _status(asked["status"]),
        channel_type=None if asked["channel"] is None else Channel.from_wire(asked["channel"]),
        user_id=None if asked["user"] is None else await _user(visit, asked["user"]),
        campaign_id=None if asked["campaign"] is None else _id(asked["campaign"], "campaign"),
        created_after=None if asked["from"] is None else midnight(visit, asked["from"], "from"),
        created_before=None if asked["to"] is None else midnight(visit, asked["to"], "to", after=True),
    )
    if wanted.created_after and wanted.created_before and wanted.created_after >= wanted.created_before:
        raise InvalidInput("the range ends before it begins", field="to", fix="choose a later day")
    page = await visit.use_cases.list_messages(visit.app.id, wanted, cursor=visit.query("cursor"), limit=50)
    return Shown(
        "messages.html",
        {
            "page": page,
            "asked": asked,
            "statuses": [one.wire for one in Status],
            "channels": [one.wire for one in Channel],
        },
    )


async def show_message(visit: Visit) -> Shown:
    message = await visit.use_cases.read_message(visit.app.id, visit.path_id("message_id"))
    template = message.template
    values = {
        "message": message,
        "campaign_name": message.campaign_id and await campaign_name(visit, message.campaign_id),
        "template_name": template and await template_name(visit, UUID(str(template["id"]))),
    }
    return Shown("message.html", values)


async def cancel_message(visit: Visit) -> Changed:
    before = await visit.use_cases.read_message(visit.app.id, visit.path_id("message_id"))
    after = await visit.use_cases.cancel_message(visit.app.id, before.id, source=Source.OPERATOR)
    return _changed(visit, before, after, "canceled")


async def requeue_message(visit: Visit) -> Changed:
    before = await visit.use_cases.read_message(visit.app.id, visit.path_id("message_id"))
    after = await visit.use_cases.requeue_message(visit.app.id, before.id, source=Source.OPERATOR)
    return _changed(visit, before, after, "resumed")


def _changed(visit: Visit, before: MessageView, after: MessageView, note: str) -> Changed:
    return Changed(
        location=f"{visit.app_url}/messages/{before.id}",
        note=note,
        subject=str(before.id),
        before={"status": before.status.wire},
        after={"status": after.status.wire},
    )


def _status(name: str) -> Status:
    try:
        return Status.from_wire(name)
    except ValueError:
        raise InvalidInput("status is not known", field="status", fix="choose one of the list") from None


async def _user(visit: Visit, external_id: str) -> UUID:
    """Of nobody there are no messages."""
    try:
        found = await visit.use_cases.read_user(
            ReadUserCommand(application_id=visit.app.id, user=external_id)
        )
    except NotFound:
        return NOBODY
    return found.id


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(
            f"{field} is not an id", field=field, fix="use an id as the list shows it"
        ) from None


_MESSAGE: Final = "/dashboard/apps/{application_id}/messages/{message_id}"
PAGES: Final = (
    Page(path="/dashboard/apps/{application_id}/messages", section="messages", show=list_messages),
    Page(path=_MESSAGE, section="messages", show=show_message),
)
ACTIONS: Final = (
    Action(
        path=_MESSAGE + "/cancel",
        section="messages",
        name="message.cancel",
        right=Right.OPERATIONS,
        perform=cancel_message,
        again=show_message,
    ),
    Action(
        path=_MESSAGE + "/requeue",
        section="messages",
        name="message.requeue",
        right=Right.OPERATIONS,
        perform=requeue_message,
        again=show_message,
    ),
)
