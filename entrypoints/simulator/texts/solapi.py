"""Solapi: groups in three steps, the one-request send, lists, balance; checks what Solapi checks.

Source: Solapi, "Message API v4" and "API Key 인증 방식 이용하기".
"""

from __future__ import annotations

from typing import Final

from entrypoints.simulator.recorder import ACCEPTED, OVERFLOW_SLOT
from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import Fate, worst
from entrypoints.simulator.texts.call import Call, JsonObject, Reply
from entrypoints.simulator.texts.fates import fate_of
from entrypoints.simulator.texts.reporting import Reporting
from entrypoints.simulator.texts.solapi_queries import SolapiQueries
from entrypoints.simulator.texts.solapi_rules import kind_of, objection
from entrypoints.simulator.texts.solapi_shapes import added_of, group_of, refuse, words
from entrypoints.simulator.texts.solapi_signature import signed_by
from entrypoints.simulator.texts.store import TakenGroup, TakenText, TextStore, new_id
from entrypoints.simulator.texts.templates import Templates

MOST_MESSAGES: Final = 10_000
PROVIDER: Final = "solapi"
GOOD: Final = "2000"


class Solapi:
    """Answers Solapi's API; with no account registered every well-formed signature is taken."""

    def __init__(self, stage: Stage, store: TextStore, reporting: Reporting, templates: Templates) -> None:
        self._stage = stage
        self._store = store
        self._reporting = reporting
        self._templates = templates
        self._queries = SolapiQueries(stage, store)
        self.accounts: dict[str, str] = {}

    def answer(self, call: Call) -> Reply:
        """Route by path."""
        refusal, account = signed_by(call, self.accounts, self._store.salts)
        if refusal is not None:
            return refuse(refusal)
        match (call.method, call.parts):
            case "POST", ("messages", "v4", "groups"):
                return self._create(call, account)
            case "PUT", ("messages", "v4", "groups", group_id, "messages"):
                return self._with_group(account, group_id, lambda group: self._add(call, group))
            case "POST", ("messages", "v4", "groups", group_id, "send"):
                return self._with_group(account, group_id, lambda group: self._send(call, group))
            case "GET", ("messages", "v4", "groups", group_id):
                return self._with_group(account, group_id, self._queries.group)
            case "DELETE", ("messages", "v4", "groups", group_id):
                return self._with_group(account, group_id, lambda group: self._delete(call, group))
            case "GET", ("messages", "v4", "groups", group_id, "messages"):
                return self._with_group(
                    account, group_id, lambda group: self._queries.page(call, group.texts)
                )
            case "GET", ("messages", "v4", ("list" | "list-old")):
                return self._queries.search(call, account)
            case "POST", ("messages", "v4", "send-many", "detail"):
                return self._send_many(call, account)
            case "GET", ("cash", "v1", "balance"):
                return Reply(200, {"balance": 100_000.0, "point": 0.0})
            case _, ("kakao", "v2", "templates", *_):
                return self._templates.solapi(call)
        return refuse("ResourceNotFound")

    def _with_group(self, account: str, group_id: str, then: object) -> Reply:
        group = self._store.groups.get(group_id)
        if group is None or group.account != account:
            return refuse("ResourceNotFound")
        assert callable(then)
        reply = then(group)
        assert isinstance(reply, Reply)
        return reply

    def _create(self, call: Call, account: str) -> Reply:
        document = call.document() or {}
        group = TakenGroup(
            new_id("G4V"), account, call.now, call.now, document.get("allowDuplicates") is True
        )
        self._store.add_group(group)
        return Reply(200, group_of(group))

    def _add(self, call: Call, group: TakenGroup) -> Reply:
        if group.status != "PENDING":
            return refuse(_closed(group))
        messages = _messages(call.document())
        if messages is None:
            return refuse("ValidationError")
        if len(messages) > MOST_MESSAGES:
            return refuse("RecipientsTooMany")
        texts = [self._text(call, group, message) for message in messages]
        fates = [fate_of(self._stage, "submit", text) for text in texts]
        whole = worst(fates)
        if whole.whole:
            return refuse(whole.code or "500", whole)
        if whole.fault == "hang":
            return Reply(200, {}, fate=whole)
        results = self._register(group, messages, texts, fates)
        failed = sum(1 for one in results if one["statusCode"] != GOOD)
        reply = {"errorCount": str(failed), "resultList": results}
        # What is processed and never answered is the sending, not this.
        return Reply(200, reply)

    def _register(
        self,
        group: TakenGroup,
        messages: list[JsonObject],
        texts: list[TakenText],
        fates: list[Fate],
    ) -> list[JsonObject]:
        recorder = self._stage.recorder.texts[PROVIDER]
        results: list[JsonObject] = []
        numbers = {text.to for text in group.texts}
        for message, text, fate in zip(messages, texts, fates, strict=True):
            code = (
                objection(message, text, numbers, group.allow_duplicates, self._templates)
                or fate.code
                or GOOD
            )
            numbers.add(text.to)
            text.code = code
            if code == GOOD:
                group.texts.append(text)
                self._store.add(text)
            else:
                group.failed += 1
                text.status = "FAILED"
                recorder.settle(text.slot, code)
            results.append(added_of(text, code))
        group.updated = self._stage.now()
        return results

    def _text(self, call: Call, group: TakenGroup, message: JsonObject) -> TakenText:
        country = str(message.get("country") or "82")
        digits = str(message.get("to") or "")
        number = f"+{country}{digits[1:] if digits.startswith('0') else digits}"
        fields = message.get("customFields")
        custom = fields if isinstance(fields, dict) else {}
        ref = str(custom.get("ref", ""))
        text = TakenText(
            PROVIDER,
            new_id("M4V"),
            number,
            ref,
            kind_of(message),
            str(message.get("text") or ""),
            group.account,
            call.now,
            call.now,
            sender=str(message.get("from") or ""),
            group=group.id,
            extra={"to": digits, "country": country, "customFields": custom},
        )
        for name in ("subject", "kakaoOptions"):
            if name in message:
                text.extra[name] = message[name]
        text.slot, text.attempt = self._stage.recorder.texts[PROVIDER].arrive(
            text.message_id, number, call.now
        )
        return text

    def _send(self, call: Call, group: TakenGroup) -> Reply:
        if group.status != "PENDING":
            return refuse(_closed(group))
        before = worst([fate_of(self._stage, "send", text) for text in group.texts])
        if before.whole:
            return refuse(before.code or "500", before)
        if before.fault == "hang":
            return Reply(200, {}, fate=before)
        if not group.texts:
            return refuse("ValidationError")
        group.status, group.sent, group.updated = "SENDING", call.now, call.now
        recorder = self._stage.recorder.texts[PROVIDER]
        for text in group.texts:
            text.status, text.updated = "SENDING", call.now
            recorder.settle(text.slot if text.slot else OVERFLOW_SLOT, ACCEPTED)
            self._reporting.owe(text)
        after = worst([fate_of(self._stage, "submit", text) for text in group.texts])
        lost = after if after.fault in ("lost_answer", "disconnect") else before
        return Reply(200, group_of(group), ACCEPTED, lost)

    def _delete(self, call: Call, group: TakenGroup) -> Reply:
        if group.status != "PENDING":
            return refuse(_closed(group))
        group.status, group.updated = "DELETED", call.now
        for text in group.texts:
            text.status, text.updated = "DELETED", call.now
        return Reply(200, group_of(group))

    def _send_many(self, call: Call, account: str) -> Reply:
        document = call.document() or {}
        messages = _messages(document)
        if messages is None:
            return refuse("ValidationError")
        if len(messages) > MOST_MESSAGES:
            return refuse("RecipientsTooMany")
        group = TakenGroup(
            new_id("G4V"), account, call.now, call.now, document.get("allowDuplicates") is True
        )
        self._store.add_group(group)
        texts = [self._text(call, group, message) for message in messages]
        fates = [fate_of(self._stage, "submit", text) for text in texts]
        whole = worst(fates)
        if whole.whole:
            return refuse(whole.code or "500", whole)
        results = self._register(group, messages, texts, fates)
        failed = [one for one in results if one["statusCode"] != GOOD]
        if group.texts:
            self._send(call, group)
        content = {
            "failedMessageList": failed,
            "groupInfo": group_of(group),
            "messageList": [
                {
                    "messageId": text.id,
                    "statusCode": text.code,
                    "statusMessage": words(text.code),
                    "customFields": text.extra["customFields"],
                }
                for text in group.texts
            ],
        }
        return Reply(200, content, fate=whole)


def _messages(document: JsonObject | None) -> list[JsonObject] | None:
    listed = None if document is None else document.get("messages")
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        return None
    return listed


def _closed(group: TakenGroup) -> str:
    return {
        "SENDING": "AlreadySent",
        "COMPLETE": "AlreadySent",
        "DELETED": "DeletedGroup",
        "FAILED": "FailedGroup",
        "SCHEDULED": "ScheduledGroup",
    }.get(group.status, "InvalidGroupStatus")
