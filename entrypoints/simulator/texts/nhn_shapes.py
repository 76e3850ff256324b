"""NHN Cloud's JSON: headers with result codes, results by recipient, messages as lists show them, times of Seoul."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from entrypoints.simulator.text_script import ACCEPT, Fate
from entrypoints.simulator.texts.call import Call, JsonObject, Reply
from entrypoints.simulator.texts.store import TakenText

Row = TypeVar("Row")
_SEOUL: Final = ZoneInfo("Asia/Seoul")


def page_of(call: Call, rows: list[Row]) -> list[Row]:
    """The part of a list that the query asks for, 15 rows unless it says how many."""
    size, number = call.number("pageSize", 15, 1_000), call.number("pageNum", 1, 1_000_000)
    return rows[(number - 1) * size : number * size]


def result_of(text: TakenText, code: int) -> JsonObject:
    """What is answered to one recipient of a request; 0: taken."""
    return {
        "recipientNo": text.to,
        "resultCode": code,
        "resultMessage": "SUCCESS" if not code else f"simulated {code}",
        "recipientSeq": text.seq,
        "recipientGroupingKey": text.ref,
    }


def sms_taken(request_id: str, results: list[JsonObject]) -> JsonObject:
    """The answer to a request for SMS that was taken."""
    return {"body": {"data": {"requestId": request_id, "statusCode": "2", "sendResultList": results}}}


def alimtalk_taken(request_id: str, results: list[JsonObject]) -> JsonObject:
    """The answer to a request for AlimTalk that was taken."""
    return {"message": {"requestId": request_id, "sendResults": results}}


def sms_row(text: TakenText) -> JsonObject:
    """A text message as lists show it."""
    return {
        "messageType": text.kind,
        "requestId": text.group,
        "recipientSeq": text.seq,
        "body": text.text,
        "sendNo": text.sender,
        "msgStatus": "3" if text.code == "1000" else "2" if not text.code else "0",
        "resultCode": text.code or None,
        "requestDate": _stamp(text.created),
        "resultDate": None if text.reported is None else _stamp(text.reported),
        "updateDate": _stamp(text.updated),
        "recipientGroupingKey": text.ref,
    }


def alimtalk_row(text: TakenText) -> JsonObject:
    """An AlimTalk message as lists show it."""
    return {
        "requestId": text.group,
        "recipientSeq": text.seq,
        "recipientNo": f"0{text.to[3:]}" if text.to.startswith("+82") else text.to[1:],
        "content": text.text,
        "requestDate": _stamp(text.created),
        "createDate": _stamp(text.created),
        "receiveDate": None if text.reported is None else _stamp(text.reported),
        "resendStatus": "RSC01",
        "messageStatus": "COMPLETED" if text.reported is not None else "READY",
        "resultCode": text.code or None,
        "recipientGroupingKey": text.ref,
    }


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(_SEOUL).strftime("%Y-%m-%d %H:%M:%S.0")


def time_of(text: str | None) -> float | None:
    """Epoch seconds of a time of Seoul; None for nothing, and for what is no time."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=_SEOUL).timestamp()
    except ValueError:
        return None


def header(code: int) -> JsonObject:
    """The header of every answer; 0: success."""
    words = "SUCCESS" if not code else f"simulated {code}"
    return {"header": {"isSuccessful": not code, "resultCode": code, "resultMessage": words}}


def fail(code: int, fate: Fate = ACCEPT) -> Reply:
    """A result code in the header of a 200, or an HTTP status."""
    if code >= 400:
        return Reply(code, {**header(-9999)}, str(code), fate)
    return Reply(200, header(code), str(code), fate)
