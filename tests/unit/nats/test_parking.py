"""Parked requests hold no key, however it was written."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from entrypoints.nats.parking import parked_document, redact

KEY = "as_live_abc_S3cretS3cret"


def park(payload: bytes, largest: int = 1_000_000, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "reason": "bad_request",
        "detail": "d",
        "subject": "signal.send",
        "headers": {},
        "deliveries": 1,
        **changes,
    }
    document = parked_document(
        payload=payload, largest=largest, parked_at=datetime(2026, 1, 1, tzinfo=UTC), **values
    )  # type: ignore[arg-type]
    assert len(document) <= largest
    found: dict[str, object] = json.loads(document)
    return found


@pytest.mark.parametrize(
    "payload",
    [
        json.dumps({"v": 9, "key": KEY}).encode(),
        json.dumps({"v": 9, "key": "no known form S3cret"}).encode(),
        json.dumps({"key": '한글 S3cret " quoted'}).encode(),
        f'{{"key" : "{KEY}", broken'.encode(),
        f'{{"key": "{KEY}'.encode(),
        f"text with {KEY} inside".encode(),
        json.dumps({"content": {"data": {"note": KEY}}}).encode(),
        f'{{"k\\u0065y": "{KEY}"}}'.encode(),
        b'{"k\\u0065y": "\\u0053\\u0033cret"}',
        b'{"key": "\\u0061s_live_abc_S3cret", oops',
        json.dumps({"key": KEY}).encode("utf-16"),
    ],
)
def test_no_form_of_a_key_is_parked(payload: bytes) -> None:
    """Neither the bytes nor what they decode to shows the secret; what cannot be cleaned is withheld."""
    parked = park(payload)
    if parked["payload"] is None:
        assert parked["withheld"]
        return
    kept = base64.b64decode(str(parked["payload"]))
    assert b"S3cret" not in kept.replace(b"\x00", b"")
    try:
        assert "S3cret" not in json.dumps(json.loads(kept))
    except ValueError:
        assert b"\\u0053" not in kept


def test_everything_else_is_kept_to_the_byte() -> None:
    """A request without a key comes back as it was, whatever its bytes."""
    for payload in (b"\x00\xff\xfe", b"", '{"a": "가"}'.encode()):
        parked = park(payload)
        assert base64.b64decode(str(parked["payload"])) == payload
        assert (parked["size"], parked["truncated"], parked["withheld"]) == (len(payload), False, False)


def test_a_large_request_is_cut_to_what_can_be_published() -> None:
    """The size is that of the original."""
    parked = park(b"x" * 100_000, largest=50_000)
    assert (parked["size"], parked["truncated"]) == (100_000, True)


def test_headers_and_details_are_cleaned_too() -> None:
    parked = park(
        b"", headers={"Authorization": "Basic abc", "X": f"Bearer {KEY}", "Trace": "t"}, detail=f"at {KEY}"
    )
    assert parked["headers"] == {"Authorization": "redacted", "X": "Bearer redacted", "Trace": "t"}
    assert parked["detail"] == "at redacted"


def test_redaction_leaves_the_rest_alone() -> None:
    assert redact(b'{"v":1,"key":"abc","x":"abcd"}') == b'{"v":1,"key":"redacted","x":"abcd"}'
