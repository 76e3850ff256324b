"""What Solapi tells about groups and messages that it took."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import worst
from entrypoints.simulator.texts.call import Call, Reply
from entrypoints.simulator.texts.fates import fate_of
from entrypoints.simulator.texts.solapi_shapes import group_of, refuse, stored_of
from entrypoints.simulator.texts.store import TakenGroup, TakenText, TextStore

PROVIDER: Final = "solapi"


class SolapiQueries:
    """Answers questions about what is in the store."""

    def __init__(self, stage: Stage, store: TextStore) -> None:
        self._stage = stage
        self._store = store

    def group(self, group: TakenGroup) -> Reply:
        """How far a group is."""
        fate = worst([fate_of(self._stage, "status", text) for text in group.texts])
        return refuse(fate.code or "500", fate) if fate.whole else Reply(200, group_of(group), fate=fate)

    def search(self, call: Call, account: str) -> Reply:
        """An account's messages by id, group, number, status code or time."""
        ids = set(call.query.get("messageIds", [])) | set(call.query.get("messageId", []))
        start, end = _time(call.one("startDate")), _time(call.one("endDate"))
        updated = call.one("dateType") == "UPDATED"
        found: list[TakenText] = []
        for text in self._store.of(PROVIDER, account):
            at = text.updated if updated else text.created
            if (
                (not ids or text.id in ids)
                and (call.one("groupId") in (None, text.group))
                and (call.one("to") in (None, str(text.extra["to"])))
                and (call.one("statusCode") in (None, text.code))
                and (start is None or at >= start)
                and (end is None or at <= end)
            ):
                found.append(text)
        return self.page(call, found)

    def page(self, call: Call, texts: list[TakenText]) -> Reply:
        """Messages from `startKey` on, 20 unless the query says how many."""
        fate = worst([fate_of(self._stage, "status", text) for text in texts])
        if fate.whole:
            return refuse(fate.code or "500", fate)
        limit = call.number("limit", 20, 500)
        key = call.one("startKey")
        first = next((place for place, text in enumerate(texts) if text.id == key), 0) if key else 0
        shown = texts[first : first + limit]
        further = texts[first + limit].id if len(texts) > first + limit else None
        content = {
            "startKey": key,
            "nextKey": further,
            "limit": limit,
            "messageList": {text.id: stored_of(text) for text in shown},
        }
        return Reply(200, content, fate=fate)


def _time(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
