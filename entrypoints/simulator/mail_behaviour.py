"""How the pretended mail providers conduct themselves: replies of the SMTP server, answers of SES, reports that come later.

Part of the behaviour script (`mail`). Draws come from a hash of seed, recipient and attempt, as everywhere.
"""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Text = Annotated[str, Meta(min_length=1, max_length=4096)]
Reply = Annotated[str, Meta(pattern=r"^[45]\d\d .{1,500}$")]
ReportKind = Literal[
    "delivery",
    "bounce",
    "soft_bounce",
    "delay",
    "complaint",
    "not_spam",
    "open",
    "click",
    "opt_out",
    "reject",
]

MAIL_FAULTS = frozenset(
    {
        "hang",  # never answered and not taken
        "lost_answer",  # taken, and never answered
        "disconnect",  # taken, then the connection is cut
        "cut",  # the connection is cut before the mail is taken
    }
)
SES_ERRORS = {
    "TooManyRequestsException": 429,
    "ThrottlingException": 400,
    "LimitExceededException": 400,
    "AccountSuspendedException": 400,
    "SendingPausedException": 400,
    "MailFromDomainNotVerifiedException": 400,
    "MessageRejected": 400,
    "NotFoundException": 404,
    "BadRequestException": 400,
    "InternalServiceErrorException": 500,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "InvalidClientTokenId": 403,
    "ExpiredTokenException": 403,
    "AccessDeniedException": 403,
    "RequestExpired": 403,
}
"""Name → HTTP status, as the service model and the SES error reference have them."""
BULK_STATUSES = frozenset(
    {
        "MESSAGE_REJECTED",
        "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        "CONFIGURATION_SET_NOT_FOUND",
        "TEMPLATE_NOT_FOUND",
        "ACCOUNT_SUSPENDED",
        "ACCOUNT_THROTTLED",
        "ACCOUNT_DAILY_QUOTA_EXCEEDED",
        "INVALID_SENDING_POOL_NAME",
        "ACCOUNT_SENDING_PAUSED",
        "CONFIGURATION_SET_SENDING_PAUSED",
        "INVALID_PARAMETER",
        "TRANSIENT_FAILURE",
        "FAILED",
    }
)
_REPLY = re.compile(r"[45]\d\d .+")


class MailRule(Struct, frozen=True, forbid_unknown_fields=True):
    """What certain recipients get: `outcome` is `accept`, a fault, an SMTP reply (`550 5.1.1 no such user`), an SES
    error (`MessageRejected` or `MessageRejected: words`) or a bulk status (`TRANSIENT_FAILURE`).

    Exactly one of `recipient`, `prefix` (of the whole address; empty: everybody) and `domain`. `attempts` limits the rule to
    the first n attempts at a recipient (0 = every attempt). `stage` is the SMTP command that is answered so. The first rule
    that matches and that the provider can play decides.
    """

    outcome: Text
    recipient: Text | None = None
    prefix: Annotated[str, Meta(max_length=320)] | None = None
    domain: Text | None = None
    attempts: Annotated[int, Meta(ge=0)] = 0
    stage: Literal["mail", "rcpt", "data"] = "rcpt"
    retry_after: Annotated[int, Meta(ge=0, le=86_400)] | None = None

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.recipient, self.prefix, self.domain)) != 1:
            raise ValueError("recipient: a rule names exactly one of recipient, prefix and domain")
        name = self.outcome.partition(":")[0]
        known = name in SES_ERRORS or name in BULK_STATUSES or self.outcome in MAIL_FAULTS
        if self.outcome != "accept" and not known and not _REPLY.fullmatch(self.outcome):
            raise ValueError(f"outcome: {self.outcome!r} is no fault, SMTP reply, SES error or bulk status")

    def applies_to(self, recipient: str, attempt: int) -> bool:
        """Whether this rule is about that attempt at that recipient."""
        if self.attempts and attempt > self.attempts:
            return False
        if self.recipient is not None:
            return recipient == self.recipient
        if self.domain is not None:
            return recipient.rpartition("@")[2] == self.domain
        return recipient.startswith(self.prefix or "")


class ReportRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Recipients whose address starts with `prefix` are reported like this, whatever the shares say."""

    prefix: Text
    kinds: tuple[ReportKind, ...]


class MailReports(Struct, frozen=True, forbid_unknown_fields=True):
    """What is reported of taken mail: SES events through SNS to `sns_url`, bounces and complaints as mail to `bounce_url`.

    Shares are of the recipients; a recipient that bounces is not reported delivered.
    """

    sns_url: Text | None = None
    bounce_url: Text | None = None
    delivery_share: Share = 1.0
    bounce_share: Share = 0.0
    soft_bounce_share: Share = 0.0
    complaint_share: Share = 0.0
    delay_ms: Annotated[float, Meta(ge=0.0, le=3_600_000.0)] = 0.0
    rules: tuple[ReportRule, ...] = ()


class MailBehaviour(Struct, frozen=True, forbid_unknown_fields=True):
    """The mail part of the script; the default takes everything at once."""

    rules: tuple[MailRule, ...] = ()
    replies: dict[Reply, Share] = {}
    """Share of each SMTP reply, drawn per recipient and attempt."""
    greylist_seconds: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 0.0
    """A recipient is refused with 451 4.7.1 until so long after the first attempt."""
    greeting: Reply | None = None
    """What the SMTP server says instead of 220."""
    login: Reply | None = None
    """What the SMTP server says to every login instead of 235."""
    logins: dict[str, str] = {}
    """Names and passwords; empty: any login is taken."""
    messages_per_connection: Annotated[int, Meta(ge=0)] = 0
    """421 after so many (0 = no bound)."""
    size_limit: Annotated[int, Meta(ge=1_000)] = 33_554_432
    ses_rate: Annotated[float, Meta(gt=0.0)] = 14.0
    """MaxSendRate of GetAccount."""
    hang_seconds: Annotated[float, Meta(gt=0.0, le=3600.0)] = 60.0
    reports: MailReports | None = None

    def __post_init__(self) -> None:
        if sum(self.replies.values()) > 1.0 + 1e-9:
            raise ValueError("replies: the shares exceed 1")
