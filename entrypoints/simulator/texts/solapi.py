"""Solapi: groups in three steps, the one-request send, lists, balance; checks what Solapi checks.

Source: Solapi, "Message API v4" and "API Key 인증 방식 이용하기".
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

from entrypoints.simulator.recorder import ACCEPTED, OVERFLOW_SLOT
from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import ACCEPT, Fate, worst
from entrypoints.simulator.texts.call import Call, JsonObject, Reply
from entrypoints.simulator.texts.fates import fate_of
from entrypoints.simulator.texts.reporting import Reporting
from entrypoints.simulator.texts.solapi_shapes import added_of, group_of, stored_of, words
from entrypoints.simulator.texts.store import TakenGroup, TakenText, TextStore, new_id, once
from entrypoints.simulator.texts.templates import Templates
from entrypoints.simulator.texts.text_rules import korean_size, sayable

SKEW_SECONDS: Final = 15 * 60.0
MOST_MESSAGES: Final = 10_000
PROVIDER: Final = "solapi"
GOOD: Final = "2000"
_STATUS: Final = {
    "InvalidAPIKey": 403,
    "SignatureDoesNotMatch": 403,
    "Forbidden": 403,
    "RequestTimeTooSkewed": 403,
    "DuplicatedSignature": 403,
    "NotEnoughBalance": 402,
    "ResourceNotFound": 404,
}
_LIMITS: Final = {"SMS": 90, "LMS": 2_000, "MMS": 2_000}


class Solapi:
    """Answers Solapi's API; with no account registered every well-formed signature is taken."""

    def __init__(self, stage: Stage, store: TextStore, reporting: Reporting, templates: Templates) -> None:
        self._stage = stage
        self._store = store
        self._reporting = reporting
        self._templates = templates
        self.accounts: dict[str, str] = {}

    def answer(self, call: Call) -> Reply:
        """Route by path."""
        refusal, account = self._authorize(call)
        if refusal is not None:
            return _refuse(refusal)
        match (call.method, call.parts):
            case "POST", ("messages", "v4", "groups"):
                return self._create(call, account)
            case "PUT", ("messages", "v4", "groups", group_id, "messages"):
                return self._with_group(account, group_id, lambda group: self._add(call, group))
            case "POST", ("messages", "v4", "groups", group_id, "send"):
                return self._with_group(account, group_id, lambda group: self._send(call, group))
            case "GET", ("messages", "v4", "groups", group_id):
                return self._with_group(account, group_id, self._status)
            case "DELETE", ("messages", "v4", "groups", group_id):
                return self._with_group(account, group_id, lambda group: self._delete(call, group))
            case "GET", ("messages", "v4", "groups", group_id, "messages"):
                return self._with_group(account, group_id, lambda group: self._page(call, group.texts))
            case "GET", ("messages", "v4", ("list" | "list-old")):
                return self._list(call, account)
            case "POST", ("messages", "v4", "send-many", "detail"):
                return self._send_many(call, account)
            case "GET", ("cash", "v1", "balance"):
                return Reply(200, {"balance": 100_000.0, "point": 0.0})
            case _, ("kakao", "v2", "templates", *_):
                return self._templates.solapi(call)
        return _refuse("ResourceNotFound")

    def _authorize(self, call: Call) -> tuple[str | None, str]:
        scheme, _, rest = (call.headers.get("authorization") or "").partition(" ")
        fields = {
            name.strip().lower(): value.strip()
            for name, _, value in (part.partition("=") for part in rest.split(","))
        }
        key, date, salt = fields.get("apikey", ""), fields.get("date", ""), fields.get("salt", "")
        if scheme != "HMAC-SHA256" or not key:
            return "InvalidAPIKey", key
        secret = self.accounts.get(key)
        if self.accounts and secret is None:
            return "InvalidAPIKey", key
        try:
            at = datetime.fromisoformat(date)
        except ValueError:
            return "SignatureDoesNotMatch", key
        aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        if abs(aware.timestamp() - call.now) > SKEW_SECONDS:
            return "RequestTimeTooSkewed", key
        expected = hmac.new((secret or "").encode(), (date + salt).encode(), hashlib.sha256).hexdigest()
        if not 12 <= len(salt) <= 64 or (secret is not None and expected != fields.get("signature")):
            return "SignatureDoesNotMatch", key
        if not once(self._store.salts, f"{key}/{salt}", call.now, SKEW_SECONDS):
            return "DuplicatedSignature", key
        return None, key

    def _with_group(self, account: str, group_id: str, then: object) -> Reply:
        group = self._store.groups.get(group_id)
        if group is None or group.account != account:
            return _refuse("ResourceNotFound")
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
            return _refuse(_closed(group))
        messages = _messages(call.document())
        if messages is None:
            return _refuse("ValidationError")
        if len(messages) > MOST_MESSAGES:
            return _refuse("RecipientsTooMany")
        texts = [self._text(call, group, message) for message in messages]
        fates = [fate_of(self._stage, "submit", text) for text in texts]
        whole = worst(fates)
        if whole.whole:
            return _refuse(whole.code or "500", whole)
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
            code = self._objection(message, text, numbers, group.allow_duplicates) or fate.code or GOOD
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
            _kind(message),
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

    def _objection(
        self, message: JsonObject, text: TakenText, numbers: set[str], duplicates: bool
    ) -> str | None:
        digits = str(text.extra["to"])
        if not digits.isdigit() or not 8 <= len(digits) <= 15:
            return "1010" if not digits else "1011"
        if not duplicates and text.to in numbers:
            return "1026"
        custom = text.extra["customFields"]
        assert isinstance(custom, dict)
        if any(len(str(name)) > 30 or len(str(value)) > 100 for name, value in custom.items()):
            return "1032"
        if text.kind == "ATA":
            return self._templates.solapi_objection(text.extra.get("kakaoOptions"))
        limit = _LIMITS.get(text.kind)
        if limit is None:
            return "1025"
        if not text.text or not text.sender:
            return "1010"
        if message.get("subject") and text.kind == "SMS":
            return "1013"
        if text.to.startswith("+82"):
            if korean_size(str(message.get("subject") or "")) > 40:
                return "1014"
            if not sayable(text.text):
                return "1029"
            if korean_size(text.text) > limit:
                return "1031"
        return None

    def _send(self, call: Call, group: TakenGroup) -> Reply:
        if group.status != "PENDING":
            return _refuse(_closed(group))
        before = worst([fate_of(self._stage, "send", text) for text in group.texts])
        if before.whole:
            return _refuse(before.code or "500", before)
        if before.fault == "hang":
            return Reply(200, {}, fate=before)
        if not group.texts:
            return _refuse("ValidationError")
        group.status, group.sent, group.updated = "SENDING", call.now, call.now
        recorder = self._stage.recorder.texts[PROVIDER]
        for text in group.texts:
            text.status, text.updated = "SENDING", call.now
            recorder.settle(text.slot if text.slot else OVERFLOW_SLOT, ACCEPTED)
            self._reporting.owe(text)
        after = worst([fate_of(self._stage, "submit", text) for text in group.texts])
        lost = after if after.fault in ("lost_answer", "disconnect") else before
        return Reply(200, group_of(group), ACCEPTED, lost)

    def _status(self, group: TakenGroup) -> Reply:
        fate = worst([fate_of(self._stage, "status", text) for text in group.texts])
        return _refuse(fate.code or "500", fate) if fate.whole else Reply(200, group_of(group), fate=fate)

    def _delete(self, call: Call, group: TakenGroup) -> Reply:
        if group.status != "PENDING":
            return _refuse(_closed(group))
        group.status, group.updated = "DELETED", call.now
        for text in group.texts:
            text.status, text.updated = "DELETED", call.now
        return Reply(200, group_of(group))

    def _list(self, call: Call, account: str) -> Reply:
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
        return self._page(call, found)

    def _page(self, call: Call, texts: list[TakenText]) -> Reply:
        fate = worst([fate_of(self._stage, "status", text) for text in texts])
        if fate.whole:
            return _refuse(fate.code or "500", fate)
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

    def _send_many(self, call: Call, account: str) -> Reply:
        document = call.document() or {}
        messages = _messages(document)
        if messages is None:
            return _refuse("ValidationError")
        if len(messages) > MOST_MESSAGES:
            return _refuse("RecipientsTooMany")
        group = TakenGroup(
            new_id("G4V"), account, call.now, call.now, document.get("allowDuplicates") is True
        )
        self._store.add_group(group)
        texts = [self._text(call, group, message) for message in messages]
        fates = [fate_of(self._stage, "submit", text) for text in texts]
        whole = worst(fates)
        if whole.whole:
            return _refuse(whole.code or "500", whole)
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


def _kind(message: JsonObject) -> str:
    kind = message.get("type")
    if isinstance(kind, str) and kind:
        return kind.upper()
    if message.get("kakaoOptions"):
        return "ATA"
    long = message.get("subject") or korean_size(str(message.get("text") or "")) > _LIMITS["SMS"]
    return "LMS" if long else "SMS"


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


def _time(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _refuse(code: str, fate: Fate = ACCEPT) -> Reply:
    """An HTTP error: by number, or by one of Solapi's names."""
    if code.isdigit():
        return Reply(int(code), {"errorCode": "InternalError", "errorMessage": "simulated"}, code, fate)
    status = _STATUS.get(code, 400)
    return Reply(status, {"errorCode": code, "errorMessage": f"simulated {code}"}, code, fate)
