"""What an HTTP status means by itself, where the provider's own code says nothing."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule

BY_STATUS: Mapping[int, Rule] = {
    401: Rule(Mark.CREDENTIAL),
    402: Rule(Mark.CREDENTIAL),
    403: Rule(Mark.CREDENTIAL),
    404: Rule(Mark.FAIL),
    408: Rule(Mark.RETRY, unknown=True),
    410: Rule(Mark.FAIL),
    429: Rule(Mark.THROTTLE),
    500: Rule(Mark.RETRY, unknown=True),
    502: Rule(Mark.RETRY, unknown=True),
    503: Rule(Mark.RETRY),
    504: Rule(Mark.RETRY, unknown=True),
}
"""A gateway's error may hide a send that was done."""


def rule_by_status(status: int) -> Rule:
    """The rule of a status that is no success; by its class where it is not listed."""
    found = BY_STATUS.get(status)
    if found is not None:
        return found
    return Rule(Mark.RETRY, unknown=True) if status >= SERVER_ERROR else Rule(Mark.BUG)
