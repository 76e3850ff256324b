"""An event's id follows from what it says, in whichever form it is asked for."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.messaging.event import MessageEventType, event_id, event_id_text


@pytest.mark.parametrize("kind", MessageEventType)
def test_both_forms_are_the_same_id(kind: MessageEventType) -> None:
    """As a UUID and as text; of version 8 and the RFC's variant; another statement has another id."""
    message, recipient = uuid4(), uuid4()
    found = event_id(message, recipient, kind)
    assert found == UUID(event_id_text(message, recipient, kind))
    assert (found.version, found.variant) == (8, "specified in RFC 4122")
    assert found == event_id(message, recipient, kind)
    assert found not in (event_id(message, None, kind), event_id(recipient, message, kind))
    assert event_id(message, None, kind, b"said") == UUID(event_id_text(message, None, kind, b"said"))
