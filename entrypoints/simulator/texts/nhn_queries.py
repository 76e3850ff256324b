"""What NHN Cloud tells about messages that it took: lists, single messages, and what changed in a span of time."""

from __future__ import annotations

from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import TextProvider, worst
from entrypoints.simulator.texts.call import Call, Reply
from entrypoints.simulator.texts.fates import fate_of
from entrypoints.simulator.texts.nhn_shapes import alimtalk_row, fail, header, page_of, sms_row, time_of
from entrypoints.simulator.texts.store import TakenText, TextStore


class NhnQueries:
    """Answers questions to both services."""

    def __init__(self, stage: Stage, store: TextStore) -> None:
        self._stage = stage
        self._store = store

    def list_sms(self, call: Call, app_key: str, kind: str) -> Reply:
        """Messages of one kind, by request or by when they were handed in."""
        if call.one("requestId") is None and call.one("startRequestDate") is None:
            return fail(-2011)
        texts = [text for text in self._found(call, "nhn", app_key) if text.kind == kind]
        return self._sms_page(call, texts)

    def one_sms(self, call: Call, app_key: str, request_id: str) -> Reply:
        """One message, by request and recipient."""
        found = self._store.get("nhn", f"{request_id}:{call.one('recipientSeq')}")
        if found is None or found.account != app_key:
            return fail(-2012)
        return Reply(200, {**header(0), "body": {"data": sms_row(found)}})

    def sms_results(self, call: Call, app_key: str) -> Reply:
        """What changed within a day at most."""
        start, end = time_of(call.one("startUpdateDate")), time_of(call.one("endUpdateDate"))
        if start is None or end is None:
            return fail(-2011)
        if end - start > 86_400:
            return fail(-4000)
        texts = [
            text
            for text in self._store.of("nhn", app_key)
            if text.reported is not None and start <= text.reported <= end + 1
        ]
        return self._sms_page(call, texts)

    def _sms_page(self, call: Call, texts: list[TakenText]) -> Reply:
        fate = worst([fate_of(self._stage, "status", text) for text in texts])
        if fate.whole:
            return fail(int(fate.code or "500"), fate)
        size, number = call.number("pageSize", 15, 1_000), call.number("pageNum", 1, 1_000_000)
        shown = texts[(number - 1) * size : number * size]
        body = {
            "pageNum": number,
            "pageSize": size,
            "totalCount": len(texts),
            "data": [*map(sms_row, shown)],
        }
        return Reply(200, {**header(0), "body": body}, fate=fate)

    def list_alimtalk(self, call: Call, app_key: str) -> Reply:
        """Messages by request or by when they were handed in."""
        if call.one("requestId") is None and call.one("startRequestDate") is None:
            return fail(-4103)
        texts = self._found(call, "nhn_alimtalk", app_key)
        fate = worst([fate_of(self._stage, "status", text) for text in texts])
        if fate.whole:
            return fail(int(fate.code or "500"), fate)
        shown = page_of(call, texts)
        content = {"messages": [alimtalk_row(text) for text in shown], "totalCount": len(texts)}
        return Reply(200, {**header(0), "messageSearchResultResponse": content}, fate=fate)

    def alimtalk_results(self, call: Call, app_key: str) -> Reply:
        """What changed in a span of time."""
        start, end = time_of(call.one("startUpdateDate")), time_of(call.one("endUpdateDate"))
        if start is None or end is None:
            return fail(-4103)
        texts = [
            text
            for text in self._store.of("nhn_alimtalk", app_key)
            if text.reported is not None and start <= text.reported < end + 60
        ]
        rows = [alimtalk_row(text) for text in page_of(call, texts)]
        for row in rows:
            # Updates name neither the recipient nor anybody's reference.
            for name in ("recipientGroupingKey", "recipientNo", "content"):
                del row[name]
        return Reply(200, {**header(0), "messages": rows})

    def _found(self, call: Call, provider: TextProvider, app_key: str) -> list[TakenText]:
        wanted = call.one("recipientGroupingKey")
        request_id = call.one("requestId")
        start = time_of(call.one("startRequestDate") or call.one("startCreateDate"))
        end = time_of(call.one("endRequestDate") or call.one("endCreateDate"))
        return [
            text
            for text in self._store.of(provider, app_key)
            if wanted in (None, text.ref)
            and request_id in (None, text.group)
            and (start is None or text.created >= start)
            # times may be whole minutes
            and (end is None or text.created < end + 60)
        ]
