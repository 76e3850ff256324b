"""Rows of the fact sheet's tables as tests write them, and the outcome that each asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from domain.messaging.outcome import CredentialFault, Deferred, Outcome, Rejected, SoftFault

Row = tuple[str, str, str]
"""Codes (with ranges), mark, what it says about the subscription."""

MARKS = ("FAIL", "BUG", "RETRY", "UNKNOWN", "THROT", "CRED")


def expand(codes: str) -> Iterator[str]:
    """`21617-21620 21658` → each code."""
    for part in codes.split():
        span = re.fullmatch(r"(\d+)-(\d+)", part)
        if span:
            yield from map(str, range(int(span[1]), int(span[2]) + 1))
        else:
            yield part


def each(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """One row per code."""
    return [(code, mark, verdict) for codes, mark, verdict in rows for code in expand(codes)]


def blame(verdict: str) -> dict[str, Any]:
    """`-50`, `5x-51`, `msg -55` or `keep` as the fields of an outcome."""
    if verdict == "keep":
        return {}
    if verdict.startswith("msg "):
        return {"message_code": int(verdict[4:])}
    times, _, code = verdict.rpartition("x")
    return {"soft": SoftFault(int(code), int(times))} if times else {"subscription_code": int(code)}


def expected(mark: str, verdict: str) -> Outcome:
    """The outcome of a row, for credential version 7 and without details."""
    assert mark in MARKS
    found = blame(verdict)
    if mark in ("FAIL", "BUG"):
        return Rejected("", bug=mark == "BUG", **found)
    if mark == "CRED":
        code = found.get("message_code")
        return CredentialFault("", 7, details={} if code is None else {"code": code})
    return Deferred("", throttle=mark == "THROT", unknown=mark == "UNKNOWN")
