"""Every reply of a mail server and what it means: by enhanced status code (RFC 3463, RFC 5248), else by reply code (RFC 5321).

The same rows read the `Status` of a bounce that comes later (`reports`): there a row that says "try again" has failed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

from adapters.channels.email import codes
from adapters.channels.frame.verdict import Mark, Rule, outcome
from domain.messaging.outcome import Deferred, Outcome, Rejected

GREYLIST_WAIT: Final = 300.0
"""Seconds before a first retry: greylisting servers want some minutes."""
THROTTLE_WAIT: Final = 60.0
RELAY_WAITS: Final = (60.0, 300.0, 900.0, 3600.0)
"""Seconds before the second, third … attempt; after that hourly."""
FULL_WAITS: Final = (3600.0, 3 * 3600.0, 6 * 3600.0, 6 * 3600.0, 8 * 3600.0)
"""A full mailbox is tried for 24 hours, then given up."""


class Stage(Enum):
    """The command that a reply answers."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"


BUG: Final = Rule(Mark.BUG)
CREDENTIAL: Final = Rule(Mark.CREDENTIAL)
RETRY: Final = Rule(Mark.RETRY)
GREYLISTED: Final = Rule(Mark.RETRY, least_wait=GREYLIST_WAIT)
THROTTLED: Final = Rule(Mark.THROTTLE, default_wait=THROTTLE_WAIT)
FULL: Final = Rule(Mark.RETRY, soft=codes.SOFT)
GONE: Final = Rule(Mark.FAIL, subscription_code=codes.HARD_BOUNCE)
MALFORMED: Final = Rule(Mark.FAIL, subscription_code=codes.INVALID)
EXPIRED: Final = Rule(Mark.FAIL, soft=codes.SOFT)
POLICY: Final = Rule(Mark.FAIL, soft=codes.OTHER_FAILURE)
OTHER: Final = Rule(Mark.FAIL, soft=codes.OTHER_FAILURE)

BY_STATUS: Final[Mapping[str, Rule]] = {
    # temporary
    "4.2.1": GREYLISTED,
    "4.2.2": FULL,
    "4.3.0": GREYLISTED,
    "4.3.2": RETRY,
    "4.4.5": RETRY,
    "4.5.3": RETRY,
    "4.7.0": RETRY,
    "4.7.1": GREYLISTED,
    # the recipient
    "5.1.0": GONE,
    "5.1.1": GONE,
    "5.1.2": GONE,
    "5.1.3": MALFORMED,
    "5.1.6": GONE,
    "5.1.10": GONE,
    "5.2.1": GONE,
    "5.2.2": FULL,
    "5.6.7": Rule(Mark.BUG, subscription_code=codes.INVALID),
    "5.7.17": GONE,
    "5.7.18": GONE,
    # the sender
    "5.1.7": CREDENTIAL,
    "5.1.8": CREDENTIAL,
    "5.7.8": CREDENTIAL,
    "5.7.9": CREDENTIAL,
    **{f"5.7.{n}": CREDENTIAL for n in (11, 12, 13, 14)},
    **{f"5.7.{n}": CREDENTIAL for n in range(20, 28)},
    # the message
    "5.2.3": BUG,
    "5.3.4": BUG,
    "5.7.16": BUG,
    "5.5.1": BUG,
    "5.5.2": BUG,
    "5.5.4": BUG,
    # the way
    "5.4.6": EXPIRED,
    "5.4.7": EXPIRED,
    # policy
    "5.7.0": POLICY,
    "5.7.1": POLICY,
    "5.7.28": POLICY,
    "5.5.0": OTHER,
    "5.0.0": OTHER,
}
BY_SUBJECT: Final[Mapping[str, Rule]] = {"5.6": BUG, "4.4": GREYLISTED}
"""First two numbers of an enhanced code whose detail says nothing more."""
BY_CODE: Final[Mapping[int, Rule]] = {
    421: RETRY,
    450: GREYLISTED,
    451: GREYLISTED,
    452: RETRY,
    454: RETRY,
    **dict.fromkeys(range(500, 505), BUG),
    521: GONE,
    556: GONE,
    **dict.fromkeys((530, 534, 535, 538), CREDENTIAL),
    550: OTHER,
    551: GONE,
    552: FULL,
    553: OTHER,
    554: OTHER,
    555: OTHER,
}
BY_WORDS: Final[tuple[tuple[re.Pattern[str], Rule], ...]] = tuple(
    (re.compile(words, re.IGNORECASE), rule)
    for words, rule in (
        # Amazon SES's SMTP interface says with words what its API says with codes.
        (r"daily message quota exceeded", CREDENTIAL),
        (r"throttling|maximum sending rate exceeded|too many connections|rate limit", THROTTLED),
        (r"address is not verified|access denied|account.*(suspended|paused)", CREDENTIAL),
        (r"not subscribed", CREDENTIAL),
    )
)
LOGIN_REFUSED: Final = frozenset({530, 534, 535, 538})

_TOO_LARGE: Final = re.compile(r"too (long|large|big)|size", re.IGNORECASE)
_ENHANCED: Final = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


def enhanced_of(text: str) -> str | None:
    """The enhanced status code that a reply's text starts with, in its canonical form."""
    found = _ENHANCED.match(text)
    return None if found is None else f"{found[1]}.{int(found[2])}.{int(found[3])}"


def rule_for(code: int, text: str, stage: Stage = Stage.DATA) -> Rule:
    """The row of a reply. Words of known relays come first, then the enhanced code, then the reply code or its class."""
    severity = code // 100
    for words, rule in BY_WORDS:
        if severity in (4, 5) and words.search(text) and not (rule is THROTTLED and severity == 5):
            return rule
    enhanced = enhanced_of(text)
    if enhanced is not None and enhanced[0] == str(severity) and code not in LOGIN_REFUSED:
        known = by_enhanced(enhanced)
        if known is not None:
            return known
    if code == 553 and stage is not Stage.DATA:
        return MALFORMED if stage is Stage.RCPT else BUG
    if code == 552 and _TOO_LARGE.search(text):
        return BUG
    known = BY_CODE.get(code)
    if known is not None:
        return known
    return {4: RETRY, 5: OTHER}.get(severity, BUG)


def by_enhanced(enhanced: str) -> Rule | None:
    """The row of an enhanced code, or of its subject; None when only its class is known."""
    return BY_STATUS.get(enhanced) or BY_SUBJECT.get(enhanced.rpartition(".")[0])


def rule_of_status(status: str) -> Rule:
    """The row of a bounce's `Status`: what was to be tried again has been tried for long enough."""
    known = by_enhanced(status)
    if known is FULL or known is None or known.mark in (Mark.RETRY, Mark.THROTTLE):
        return EXPIRED if status.startswith("4") or known is FULL else OTHER
    return known


def reply_outcome(
    code: int, text: str, *, stage: Stage = Stage.DATA, attempt: int = 1, credential_version: int
) -> Outcome:
    """The outcome of one message whose transaction ended with this reply; `attempt` is 1 for the first."""
    rule = rule_for(code, text, stage)
    enhanced = enhanced_of(text)
    reason = f"{code} {enhanced}" if enhanced else str(code)
    details = {"reply": text.replace("\n", " ")[:300]}
    if rule is FULL:
        if attempt > len(FULL_WAITS):
            return Rejected(reason, soft=codes.SOFT, details=details)
        return Deferred(reason, retry_after=FULL_WAITS[attempt - 1], details=details)
    result = outcome(rule, reason, credential_version=credential_version, details=details)
    if isinstance(result, Deferred) and not result.throttle:
        waits = RELAY_WAITS[min(attempt, len(RELAY_WAITS)) - 1]
        return Deferred(reason, retry_after=max(waits, result.retry_after or 0.0), details=details)
    return result
