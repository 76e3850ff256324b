"""What the script says to one attempt at one recipient, as SMTP and as SES can play it."""

from typing import NamedTuple

from entrypoints.simulator.chance import fractions
from entrypoints.simulator.mail.mailbox import Mailbox
from entrypoints.simulator.mail_behaviour import BULK_STATUSES, MAIL_FAULTS, SES_ERRORS, MailRule
from entrypoints.simulator.stage import Stage

GREYLISTED = "451 4.7.1 Greylisted, please try again later"


class SmtpVerdict(NamedTuple):
    """A reply instead of acceptance, at a stage; or a fault at DATA."""

    reply: str | None = None
    stage: str = "rcpt"
    fault: str | None = None


class SesVerdict(NamedTuple):
    """An error's name and words, a bulk status, or a fault."""

    error: str | None = None
    words: str = ""
    fault: str | None = None
    retry_after: int | None = None


def smtp_verdict(stage: Stage, mailbox: Mailbox, recipient: str) -> SmtpVerdict:
    """Counts the attempt. Order: rules, greylisting, drawn replies, acceptance."""
    behaviour, mail = stage.behaviour, stage.behaviour.mail
    attempt = mailbox.attempt("smtp", recipient)
    for rule in mail.rules:
        if rule.applies_to(recipient, attempt) and _is_smtp(rule):
            if rule.outcome == "accept":
                return SmtpVerdict()
            if rule.outcome in MAIL_FAULTS:
                return SmtpVerdict(fault=rule.outcome)
            return SmtpVerdict(rule.outcome, rule.stage)
    if mail.greylist_seconds and mailbox.known_for(recipient, stage.now()) < mail.greylist_seconds:
        return SmtpVerdict(GREYLISTED)
    if mail.replies:
        drawn, _, _, _ = fractions(behaviour.seed, recipient, attempt)
        for reply in sorted(mail.replies):
            drawn -= mail.replies[reply]
            if drawn < 0:
                return SmtpVerdict(reply)
    return SmtpVerdict()


def ses_verdict(stage: Stage, mailbox: Mailbox, recipient: str, *, bulk: bool) -> SesVerdict:
    """Counts the attempt; the first rule that SES can play decides."""
    attempt = mailbox.attempt("ses", recipient)
    for rule in stage.behaviour.mail.rules:
        if not rule.applies_to(recipient, attempt):
            continue
        name, _, words = rule.outcome.partition(":")
        if rule.outcome == "accept":
            return SesVerdict()
        if rule.outcome in MAIL_FAULTS:
            return SesVerdict(fault=rule.outcome)
        if name in (BULK_STATUSES if bulk else SES_ERRORS):
            return SesVerdict(name, words.strip(), None, rule.retry_after)
    return SesVerdict()


def _is_smtp(rule: MailRule) -> bool:
    return rule.outcome == "accept" or rule.outcome in MAIL_FAULTS or rule.outcome[:1].isdigit()
