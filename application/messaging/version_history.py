"""A message's version history, derived from its events by the lifecycle table."""

from __future__ import annotations

from collections.abc import Sequence

from application.ports.messages import MessageEventView, MessageView, Version
from domain.messaging.event import EVENT_OF, MessageEventType
from domain.messaging.lifecycle import TRANSITIONS, Status

_EVENT_BY_TYPE = {type_: event for event, type_ in EVENT_OF.items()}


def creation_of(message: MessageView) -> MessageEventView:
    """The first event of every message; it is derived from the row, never stored."""
    return MessageEventView(
        message.id, message.id, MessageEventType.CREATED, message.created_at, message.source
    )


def with_history(message: MessageView, events: Sequence[MessageEventView]) -> list[MessageEventView]:
    """All events in their order, the creation first, each with the version it led to.

    A device's clock may put `received` before `sent`: an event that the lifecycle does not allow yet waits for the
    one that allows it. An event that never leads to another state, such as `clicked`, has no version.
    """
    status = Status.PENDING
    creation = creation_of(message)
    versions = {
        creation.id: Version(1, MessageEventType.CREATED, status, creation.occurred_at, creation.source)
    }
    waiting = list(events)
    while True:
        found = next((event for event in waiting if _after(status, event) is not None), None)
        if found is None:
            break
        waiting.remove(found)
        reached = _after(status, found)
        assert reached is not None
        status = reached
        versions[found.id] = Version(
            len(versions) + 1, found.event_type, status, found.occurred_at, found.source, found.reason
        )
    return [_with_version(event, versions.get(event.id)) for event in (creation, *events)]


def _after(status: Status, event: MessageEventView) -> Status | None:
    kind = _EVENT_BY_TYPE.get(event.event_type)
    return None if kind is None else TRANSITIONS.get((status, kind))


def _with_version(event: MessageEventView, version: Version | None) -> MessageEventView:
    return MessageEventView(
        event.id,
        event.message_id,
        event.event_type,
        event.occurred_at,
        event.source,
        event.reason,
        event.metadata,
        () if version is None else (version,),
    )
