"""What an in-app message may be: the one schema that server and SDK share, within 64 KiB."""

from __future__ import annotations

from typing import Final

from domain.messaging.content import Body, check_content
from domain.messaging.in_app.content import read_rules
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput

OURS: Final = ("id", "campaign_id")
"""What the server puts in when a message is fetched."""


def check_in_app(content: Body, field: str) -> None:
    """Raise InvalidInput or ContentTooLarge for what no device would show, or would show never."""
    check_content(Channel.IN_APP, content, field=field)
    for name in OURS:
        if name in content:
            raise InvalidInput(
                f"{field}.{name} is the server's", field=f"{field}.{name}", fix="leave it out: it is added"
            )
    rules = read_rules(content, field=field)
    if rules.start is not None and rules.end is not None and rules.end <= rules.start:
        raise InvalidInput(
            f"{field}.display.end is not after its start",
            field=f"{field}.display.end",
            fix="give a later time, or leave one of them out",
        )
