"""What asks for a confirmation goes to those who wait for one; everything else goes to everybody else."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from application.dispatch.deliver_chunk import check_recipient
from application.ports.leased_chunk import LoadedMessage

ID = UUID(int=1)


@pytest.mark.parametrize(
    ("status", "confirms", "reason"),
    [
        (-98, True, None),
        (-98, False, "unsubscribed"),
        (1, True, "unsubscribed"),
        (1, False, None),
        (-45, True, "unsubscribed"),
        (0, True, "unsubscribed"),
    ],
)
def test_who_may_be_sent_what(status: int, confirms: bool, reason: str | None) -> None:
    """Neither a late confirmation to a subscriber nor an advertisement to one who has not confirmed."""
    message = LoadedMessage(ID, 0, 0, ID, None, False, None, ID, None, status, False, None, 1, None, 0, None)
    assert check_recipient(message, datetime.now(UTC), confirms=confirms) == reason
