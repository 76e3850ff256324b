"""Solapi's results are matched to the messages by reference, by order only where every number agrees."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.channels.frame.solapi.group_send import Added, in_order


def message(to: str, reference: str) -> dict[str, Any]:
    """As it was written."""
    return {"to": to, "customFields": {"ref": reference}}


def result(to: str, id_: str, reference: str | None = None) -> Added:
    """As Solapi answers."""
    fields = None if reference is None else {"ref": reference}
    return Added(message_id=id_, status_code="2000", to=to, custom_fields=fields)


MESSAGES = [message("1", "a"), message("1", "b"), message("2", "c")]


@pytest.mark.parametrize(
    "results",
    [
        [result("1", "A"), result("1", "B"), result("2", "C")],
        [result("2", "C", "c"), result("1", "B", "b"), result("1", "A", "a")],
        [result("1", "A", "a"), result("1", "B"), result("2", "C", "c")],
    ],
)
def test_each_message_gets_its_own_result(results: list[Added]) -> None:
    """Two of them are for one number."""
    found = in_order(MESSAGES, results)
    assert found is not None
    assert [one.message_id for one in found] == ["A", "B", "C"]


@pytest.mark.parametrize(
    "results",
    [
        [],
        [result("1", "A", "a"), result("1", "B", "b")],
        [result("2", "C"), result("1", "A"), result("1", "B")],
        [result("2", "C", "c"), result("1", "A", "a"), result("1", "X", "x")],
    ],
)
def test_results_that_cannot_be_told_apart_are_none(results: list[Added]) -> None:
    """Then nobody knows who was taken, and the group is asked."""
    assert in_order(MESSAGES, results) is None
