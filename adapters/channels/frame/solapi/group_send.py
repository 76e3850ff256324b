"""The three-step send: make a group, put messages into it, send it. Solapi has no idempotency key.

Until the third request nothing is sent, so a failure before it is harmless. When the third gets no answer, the group
itself is asked: a group that still waits is deleted, and then its messages are certainly not sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

import attrs
import msgspec

from adapters.channels.frame.solapi.http_calls import Refusal, SolapiCalls, decode
from domain.messaging.outcome import Deferred, Outcome

GROUPS: Final = "/messages/v4/groups"
_NEW_GROUP: Final = b'{"allowDuplicates":true}'
"""Two messages for one person in one group are two messages."""
_SENT: Final = frozenset({"SENDING", "COMPLETE", "SCHEDULED"})
_NOT_SENT: Final = frozenset({"DELETED", "FAILED"})
_WAITS: Final = "PENDING"

SolapiMessage = Mapping[str, object]


class _Group(msgspec.Struct, rename="camel"):
    group_id: str = ""
    status: str = ""


class Added(msgspec.Struct, rename="camel"):
    """What Solapi made of one message when it was put into the group."""

    to: str = ""
    message_id: str = ""
    status_code: str = ""
    custom_fields: dict[str, str] | None = None


class _AddedList(msgspec.Struct, rename="camel"):
    result_list: list[Added]


class GroupState(Enum):
    """What became of a group."""

    SENT = "sent"
    NOT_SENT = "not sent"
    UNKNOWN = "cannot be told"


@attrs.frozen(slots=True)
class Registered:
    """A group with messages in it."""

    group_id: str
    added: Sequence[Added]
    """One per message, in their order."""


class GroupSend:
    """Steps one to three, each answering what it did or why not."""

    def __init__(self, calls: SolapiCalls, version: int) -> None:
        self._calls = calls
        self._version = version

    async def register(self, messages: Sequence[SolapiMessage]) -> Registered | Outcome:
        """A group with these messages in it, or what the failure makes of them: nothing was sent."""
        answered = await self._calls.ask("POST", GROUPS, _NEW_GROUP)
        if not isinstance(answered, bytes):
            return self._nothing_sent(answered)
        group = decode(answered, _Group)
        if group is None or not group.group_id:
            return Deferred("unreadable_answer")
        body = msgspec.json.encode({"messages": messages})
        answered = await self._calls.ask("PUT", f"{GROUPS}/{group.group_id}/messages", body)
        if not isinstance(answered, bytes):
            return self._nothing_sent(answered)
        listed = decode(answered, _AddedList)
        added = None if listed is None else in_order(messages, listed.result_list)
        if added is None:
            return Deferred("unreadable_answer")
        return Registered(group.group_id, added)

    async def send(self, group_id: str) -> Outcome | None:
        """None: the group is sent. Else what the failure makes of its messages; `unknown` where nobody can tell."""
        answered = await self._calls.ask("POST", f"{GROUPS}/{group_id}/send")
        if isinstance(answered, bytes):
            return None
        refused = answered.outcome(self._version) if isinstance(answered, Refusal) else answered
        doubtful = isinstance(answered, Refusal) and answered.status >= 500
        if not isinstance(refused, Deferred) or not (refused.unknown or doubtful):
            return refused
        state = await self.settle(group_id)
        if state is GroupState.SENT:
            return None
        return attrs.evolve(refused, unknown=state is GroupState.UNKNOWN)

    async def settle(self, group_id: str) -> GroupState:
        """Whether a group was sent. One that still waits is deleted first, so that nothing can send it any more."""
        answered = await self._calls.ask("GET", f"{GROUPS}/{group_id}")
        group = decode(answered, _Group) if isinstance(answered, bytes) else None
        if group is None:
            return GroupState.UNKNOWN
        if group.status in _SENT:
            return GroupState.SENT
        if group.status in _NOT_SENT:
            return GroupState.NOT_SENT
        if group.status != _WAITS:
            return GroupState.UNKNOWN
        deleted = await self._calls.ask("DELETE", f"{GROUPS}/{group_id}")
        return GroupState.NOT_SENT if isinstance(deleted, bytes) else GroupState.UNKNOWN

    def _nothing_sent(self, answered: Refusal | Deferred) -> Outcome:
        refused = answered.outcome(self._version) if isinstance(answered, Refusal) else answered
        return attrs.evolve(refused, unknown=False) if isinstance(refused, Deferred) else refused


def in_order(messages: Sequence[SolapiMessage], results: Sequence[Added]) -> list[Added] | None:
    """Each message's own result; None when they cannot be told apart.

    Solapi's echo of our reference tells; without it, the order, as long as the numbers agree.
    """
    if len(results) != len(messages):
        return None
    by_ref = {result.custom_fields.get("ref"): result for result in results if result.custom_fields}
    found = [by_ref.get(_reference(message)) for message in messages]
    told = [one for one in found if one is not None]
    if len(told) == len(messages):
        return told
    same = all(result.to == message["to"] for message, result in zip(messages, results, strict=True))
    return list(results) if same else None


def _reference(message: SolapiMessage) -> str | None:
    fields = message.get("customFields")
    value = fields.get("ref") if isinstance(fields, Mapping) else None
    return value if isinstance(value, str) else None
