"""Every row of the SES table: an error's name, its words or a bulk status → what becomes of message and channel."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.loaders import Loader

from adapters.channels.email.ses.errors import BULK, ERRORS, bulk_rule, read_refusal, rule_for
from adapters.channels.frame.verdict import Mark, Rule

MODEL: dict[str, Any] = Loader().load_service_model("sesv2", "service-2")
THROTTLE, CRED, ALERT, RETRY, FAIL = Mark.THROTTLE, Mark.CREDENTIAL, Mark.BUG, Mark.RETRY, Mark.FAIL

ROWS = [
    (429, "TooManyRequestsException", "", THROTTLE),
    (400, "ThrottlingException", "Rate exceeded", THROTTLE),
    (400, "MessageRejected", "Maximum sending rate exceeded.", THROTTLE),
    (429, "TooManyRequestsException", "Daily message quota exceeded", CRED),
    (400, "LimitExceededException", "", CRED),
    (400, "AccountSuspendedException", "", CRED),
    (400, "SendingPausedException", "", CRED),
    (400, "MailFromDomainNotVerifiedException", "", CRED),
    (400, "MessageRejected", "Email address is not verified. The following identities failed …", CRED),
    (400, "MessageRejected", "Bad content", ALERT),
    (404, "NotFoundException", "Configuration set <x> does not exist.", CRED),
    (400, "BadRequestException", "Duplicate header", ALERT),
    (500, "InternalServiceErrorException", "", RETRY),
    (503, None, "", RETRY),
    (503, "ServiceUnavailable", "", RETRY),
    (403, "SignatureDoesNotMatch", "", CRED),
    (403, "InvalidClientTokenId", "", CRED),
    (403, "ExpiredTokenException", "", CRED),
    (403, "AccessDeniedException", "", CRED),
    (403, "RequestExpired", "", CRED),
    (403, None, "", CRED),
    (418, None, "", ALERT),
    (429, None, "", THROTTLE),
]


@pytest.mark.parametrize(("status", "name", "words", "mark"), ROWS)
def test_an_error_means_what_the_table_says(status: int, name: str | None, words: str, mark: Mark) -> None:
    """None of them blames the recipient."""
    rule = rule_for(status, name, words)
    assert rule.mark is mark
    assert rule.subscription_code is None
    assert rule.soft is None


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateways_answer_leaves_the_outcome_unknown(status: int) -> None:
    """The request may have been processed behind it."""
    assert rule_for(status, None, "") == Rule(Mark.RETRY, unknown=True)


@pytest.mark.parametrize(
    "words",
    [
        "Illegal address",
        "Missing final '@domain'",
        "Local address contains control or whitespace",
        "Domain contains illegal character",
        "Domain starts with dot",
    ],
)
def test_an_address_that_cannot_be_written_to_gets_its_code(words: str) -> None:
    """-40, by SendEmail and by SendBulkEmail."""
    for rule in (rule_for(400, "BadRequestException", words), bulk_rule("INVALID_PARAMETER", words)):
        assert rule == Rule(Mark.FAIL, subscription_code=-40)


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        ("ACCOUNT_THROTTLED", THROTTLE),
        ("ACCOUNT_DAILY_QUOTA_EXCEEDED", CRED),
        ("ACCOUNT_SUSPENDED", CRED),
        ("ACCOUNT_SENDING_PAUSED", CRED),
        ("CONFIGURATION_SET_SENDING_PAUSED", CRED),
        ("MAIL_FROM_DOMAIN_NOT_VERIFIED", CRED),
        ("MESSAGE_REJECTED", ALERT),
        ("CONFIGURATION_SET_NOT_FOUND", CRED),
        ("TEMPLATE_NOT_FOUND", CRED),
        ("INVALID_SENDING_POOL_NAME", CRED),
        ("INVALID_PARAMETER", ALERT),
        ("TRANSIENT_FAILURE", RETRY),
        ("FAILED", FAIL),
        ("SOMETHING_NEW", RETRY),
    ],
)
def test_a_bulk_status_means_what_the_table_says(status: str, mark: Mark) -> None:
    """Row by row."""
    assert bulk_rule(status, "").mark is mark


def test_no_status_and_no_exception_of_the_service_model_is_missing() -> None:
    """Amazon's own model of the API is the list; what only other operations raise is left out."""
    statuses = set(MODEL["shapes"]["BulkEmailStatus"]["enum"])
    assert statuses == {*BULK, "SUCCESS"}
    raised = {
        error["shape"]
        for operation in ("SendEmail", "SendBulkEmail", "GetAccount")
        for error in MODEL["operations"][operation]["errors"]
    }
    assert raised <= set(ERRORS)


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        ({"message": "No"}, "MessageRejected:http://internal.amazon.com/", ("MessageRejected", "No")),
        ({"__type": "com.amazonaws.ses#NotFoundException"}, None, ("NotFoundException", "")),
        ({"Message": "No"}, None, (None, "No")),
        ("<html>", None, (None, "")),
    ],
)
def test_names_and_words_are_found_wherever_aws_puts_them(
    body: object, header: str | None, expected: tuple[str | None, str]
) -> None:
    """In a header, in the body, or nowhere."""
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert read_refusal(raw, header) == expected
