"""The behaviour of the gateways for text messages: rules by number, drawn errors, later reports, templates."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from entrypoints.simulator.chance import fractions
from entrypoints.simulator.measures import Milliseconds, RetryAfter, Share, Text

TextProvider = Literal["solapi", "nhn", "nhn_alimtalk", "twilio"]
PROVIDERS: Final[tuple[TextProvider, ...]] = ("solapi", "nhn", "nhn_alimtalk", "twilio")
Step = Literal["submit", "send", "status", "report"]
FAULTS: Final = frozenset({"hang", "lost_answer", "disconnect"})
WHOLE: Final = "all:"
"""`all:<code>` refuses the whole request: an HTTP status, or a code of the gateway's."""


class TextRule(Struct, frozen=True, forbid_unknown_fields=True):
    """What certain numbers get.

    `outcome`: `accept`; a code of the gateway's for this recipient; `all:<code>` for the whole request; or a fault: `hang`
    (not processed, never answered), `lost_answer` (processed, never answered), `disconnect` (processed, then cut).
    `step`: `submit`; `send` (Solapi's third request); `status` (questions about messages and groups); `report`.
    At most one of `to` and `to_prefix` (E.164); with neither everybody is meant. The first rule that matches decides.
    """

    outcome: Text
    step: Step = "submit"
    provider: TextProvider | None = None
    to: Text | None = None
    to_prefix: Text | None = None
    attempts: Annotated[int, Meta(ge=0)] = 0
    retry_after: RetryAfter | None = None

    def __post_init__(self) -> None:
        if self.to is not None and self.to_prefix is not None:
            raise ValueError("to: a rule names at most one of to and to_prefix")


class TextReports(Struct, frozen=True, forbid_unknown_fields=True):
    """Later reports: after `delay_ms` each message gets its final state, and `webhooks` (gateway → URL) are called.

    Twilio's go to the StatusCallback of each message. `deliver` false: everything stays under way.
    """

    deliver: bool = True
    delay_ms: Milliseconds = 0.0
    webhooks: dict[TextProvider, Text] = {}
    nhn_signature: Text = "simulated-signature"


class TextTemplate(Struct, frozen=True, forbid_unknown_fields=True):
    """An AlimTalk template that the gateway knows from the start."""

    provider: TextProvider
    code: Text
    content: Text
    name: Text = "template"
    status: Literal["PENDING", "INSPECTING", "APPROVED", "REJECTED"] = "APPROVED"
    buttons: tuple[dict[str, str], ...] = ()


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole script of these gateways; the default takes everything and delivers it at once."""

    rules: tuple[TextRule, ...] = ()
    submit_errors: dict[TextProvider, dict[str, Share]] = {}
    report_errors: dict[TextProvider, dict[str, Share]] = {}
    reports: TextReports = TextReports()
    templates: tuple[TextTemplate, ...] = ()
    review: Literal["approve", "hold", "reject"] = "approve"
    """What becomes of templates that are handed in."""

    def __post_init__(self) -> None:
        for field in ("submit_errors", "report_errors"):
            for provider, shares in getattr(self, field).items():
                if sum(shares.values()) > 1.0 + 1e-9:
                    raise ValueError(f"{field}: the shares of {provider} exceed 1")


class Fate(NamedTuple):
    """What one recipient gets at one step."""

    code: str | None = None
    whole: bool = False
    fault: str | None = None
    retry_after: RetryAfter | None = None


ACCEPT: Final = Fate()


def decide(script: Texts, seed: int, step: Step, provider: TextProvider, to: str, attempt: int = 1) -> Fate:
    """Rules first, then drawn errors; the same in every run."""
    for rule in script.rules:
        if (
            rule.step != step
            or (rule.provider is not None and rule.provider != provider)
            or (rule.attempts and attempt > rule.attempts)
            or (rule.to is not None and rule.to != to)
            or (rule.to_prefix is not None and not to.startswith(rule.to_prefix))
        ):
            continue
        return _by_rule(rule)
    errors = script.submit_errors if step == "submit" else script.report_errors if step == "report" else {}
    shares = errors.get(provider)
    if not shares:
        return ACCEPT
    drawn = fractions(seed, provider, step, to, attempt)[0]
    total = 0.0
    for code in sorted(shares):
        total += shares[code]
        if drawn < total:
            return Fate(code)
    return ACCEPT


def _by_rule(rule: TextRule) -> Fate:
    if rule.outcome == "accept":
        return ACCEPT
    if rule.outcome in FAULTS:
        return Fate(fault=rule.outcome)
    whole = rule.outcome.startswith(WHOLE)
    return Fate(rule.outcome.removeprefix(WHOLE), whole, retry_after=rule.retry_after)


def worst(fates: list[Fate]) -> Fate:
    """What a request with several recipients suffers as a whole: the first whole refusal or fault among them."""
    for fate in fates:
        if fate.whole or fate.fault is not None:
            return fate
    return ACCEPT
