"""Solapi's JSON: groups, stored messages, events of webhooks, refusals.

The fields are those of Solapi's documentation and SDKs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from entrypoints.simulator.text_script import ACCEPT, Fate
from entrypoints.simulator.texts.call import Reply
from entrypoints.simulator.texts.store import TakenGroup, TakenText

_PRICED = ("sms", "lms", "mms", "ata", "cta", "cti", "nsa", "rcs_sms", "rcs_lms", "rcs_mms", "rcs_tpl")
_STATUS: Final = {
    "InvalidAPIKey": 403,
    "SignatureDoesNotMatch": 403,
    "Forbidden": 403,
    "RequestTimeTooSkewed": 403,
    "DuplicatedSignature": 403,
    "NotEnoughBalance": 402,
    "ResourceNotFound": 404,
}
SOLAPI_WORDS = {
    "2000": "정상 접수(이통사로 접수 예정)",
    "3000": "이통사로 접수 예정",
    "4000": "수신 완료",
}


def iso(at: float | None) -> str | None:
    """An ISO time in UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def words(code: str) -> str:
    """The text beside a status code."""
    return SOLAPI_WORDS.get(code, f"simulated {code}")


def group_of(group: TakenGroup) -> dict[str, object]:
    """A group, complete."""
    good = len(group.texts)
    sent = good if group.sent is not None else 0
    money = {"requested": 0, "replacement": 0, "refund": 0, "sum": 0}
    charged: dict[str, dict[str, int]] = {name: {} for name in _PRICED}
    for text in group.texts:
        kind = charged.setdefault(text.kind.lower(), {})
        kind["82"] = kind.get("82", 0) + 1
    return {
        "count": {
            "total": good + group.failed,
            "sentTotal": sent,
            "sentFailed": 0,
            "sentSuccess": 0,
            "sentPending": sent,
            "sentReplacement": 0,
            "refund": 0,
            "registeredFailed": group.failed,
            "registeredSuccess": good,
        },
        "countForCharge": charged,
        "balance": money,
        "point": money,
        "app": {"profit": dict.fromkeys(_PRICED, 0), "appId": None, "version": None},
        "log": [{"message": "메시지 그룹이 생성되었습니다.", "createAt": iso(group.created)}],
        "status": group.status,
        "allowDuplicates": group.allow_duplicates,
        "isRefunded": False,
        "accountId": group.account,
        "masterAccountId": None,
        "apiVersion": "4",
        "groupId": group.id,
        "_id": group.id,
        "price": {"82": {"sms": 20, "lms": 50, "mms": 200, "ata": 19, "cta": 13}},
        "dateCreated": iso(group.created),
        "dateUpdated": iso(group.updated),
        "scheduledDate": None,
        "dateSent": iso(group.sent),
        "dateCompleted": None,
    }


def national(text: TakenText) -> tuple[str, str]:
    """Number and country as the message was given."""
    return str(text.extra.get("to", text.to)), str(text.extra.get("country", "82"))


def added_of(text: TakenText, code: str) -> dict[str, object]:
    """What is answered to a message that is put into a group."""
    to, country = national(text)
    return {
        "to": to,
        "from": text.sender,
        "type": text.kind,
        "country": country,
        "messageId": text.id,
        "statusCode": code,
        "statusMessage": words(code),
        "accountId": text.account,
    }


def stored_of(text: TakenText) -> dict[str, object]:
    """A message as lists show it."""
    to, country = national(text)
    return {
        "_id": text.id,
        "messageId": text.id,
        "groupId": text.group,
        "type": text.kind,
        "to": to,
        "from": text.sender,
        "text": text.text,
        "country": country,
        "subject": text.extra.get("subject"),
        "status": text.status,
        "statusCode": text.code,
        "reason": None,
        "networkCode": None,
        "networkName": "ETC",
        "customFields": text.extra.get("customFields", {}),
        "kakaoOptions": text.extra.get("kakaoOptions"),
        "accountId": text.account,
        "autoTypeDetect": False,
        "replacement": False,
        "resendCount": 0,
        "log": [],
        "dateCreated": iso(text.created),
        "dateUpdated": iso(text.updated),
        "dateProcessed": iso(text.created),
        "dateReported": iso(text.reported),
        "dateReceived": iso(text.reported),
    }


def event_of(text: TakenText) -> dict[str, object]:
    """One event of a report webhook."""
    shown = (
        "messageId",
        "groupId",
        "type",
        "to",
        "from",
        "statusCode",
        "networkCode",
        "dateProcessed",
        "dateReported",
        "dateReceived",
        "customFields",
        "kakaoOptions",
    )
    stored = stored_of(text)
    told = {name: stored[name] for name in shown}
    told["statusMessage"] = words(text.code)
    return {"eventDataId": uuid4().hex, "retryCount": 0, "data": told}


def refuse(code: str, fate: Fate = ACCEPT) -> Reply:
    """An HTTP error: by number, or by one of Solapi's names."""
    if code.isdigit():
        return Reply(int(code), {"errorCode": "InternalError", "errorMessage": "simulated"}, code, fate)
    status = _STATUS.get(code, 400)
    return Reply(status, {"errorCode": code, "errorMessage": f"simulated {code}"}, code, fate)
