"""What words of the feature files mean: spans of time, lists of names, reasons of refusals."""

from __future__ import annotations

from datetime import timedelta

from application.campaigns.launch import AudienceChanged
from domain.shared.errors import (
    AlreadyExists,
    Conflict,
    CreditExhausted,
    Forbidden,
    IdempotencyMismatch,
    IllegalTransition,
    InvalidInput,
    NotFound,
    QuotaExceeded,
    SignalError,
    TemplateInvalid,
    Unauthenticated,
)
from domain.templates.template import RevisionMismatch
from tests.bdd.world import World

PHONE = r"(?P<phone>\w+'s (?:iPhone|iPad|Android phone))"
UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
REFUSALS: dict[str, type[SignalError]] = {
    "it is too late for that": IllegalTransition,
    "it was used for another request": IdempotencyMismatch,
    "the quota is used up": QuotaExceeded,
    "the credit does not cover it": CreditExhausted,
    "the key is not valid": Unauthenticated,
    "the key is not meant for that": Forbidden,
    "the shop is inactive": Forbidden,
    "there is no such thing in this shop": NotFound,
    "it cannot work like that": InvalidInput,
    "two keys are in use already": Conflict,
    "the template has a mistake": TemplateInvalid,
    "somebody else was quicker": RevisionMismatch,
    "the name is taken": AlreadyExists,
    "the audience is another": AudienceChanged,
}


def span(text: str) -> timedelta:
    """Of "an hour", "2 minutes" and the like."""
    number, unit = text.split()
    return timedelta(seconds=(1 if number in ("a", "an") else int(number)) * UNITS[unit.removesuffix("s")])


def recipients(world: World, text: str) -> list[str]:
    """Of "A, B and C", "everybody" or "all those iPhones", who are the nameless ones."""
    if text == "everybody":
        return list(world.phones)
    if text == "all those iPhones":
        return [name for name in world.phones if name.startswith("customer")]
    return text.replace(" and ", ", ").split(", ")
