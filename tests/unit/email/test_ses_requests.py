"""The bodies of SES requests, checked by botocore's validator against Amazon's own model of the API."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from adapters.channels.email.content import read_mail_content
from adapters.channels.email.marks import Doors
from adapters.channels.email.ses.requests import MOST_ENTRIES, BulkContent, SendBulkEmail, SendEmail
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.links import Purpose
from tests.unit.email.kit import APP, DOORS, KEYS, NOW, account, envelope, letter

MODEL = ServiceModel(Loader().load_service_model("sesv2", "service-2"))
WRITTEN = datetime.fromtimestamp(NOW, UTC)
CONTENT: Body = {
    "subject": "주문 안내",
    "html": '<p><a href="https://shop.kr/?a=1&amp;b=2">보기</a> <a href="%unsubscribe_url%">끊기</a></p>',
    "headers": {"X-Order": "1042"},
    "reply_to": {"email": "help@shop.kr", "name": "고객 지원"},
}


def validated(operation: str, body: bytes) -> dict[str, Any]:
    """The request, once botocore finds nothing wrong with it."""
    request: dict[str, Any] = json.loads(body)
    params = json.loads(body)
    raw = params.get("Content", {}).get("Raw")
    if raw is not None:
        raw["Data"] = base64.b64decode(raw["Data"], validate=True)
    report = ParamValidator().validate(params, MODEL.operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()
    return request


def bulk_of(content: Body, doors: Doors = DOORS) -> SendBulkEmail:
    """A bulk request of a content."""
    checked = read_mail_content(content, field="content")
    made = BulkContent.of(checked, account(), doors)
    assert made is not None
    return SendBulkEmail(checked, made, account(), "as-events", doors, KEYS.signer(APP))


def test_send_email_carries_the_whole_mail_and_our_tag() -> None:
    """The mail as it is, its sender, the configuration set, the reference that events bring back."""
    to = envelope(client_ref="0197a1b2000070008000000000000001-1")
    mail = letter(CONTENT, bounce_domain=None).to(to, NOW)
    request = validated("SendEmail", SendEmail("as-events").body(mail, to))
    assert base64.b64decode(request["Content"]["Raw"]["Data"]) == mail.content
    assert request["FromEmailAddress"] == "no-reply@mail.shop.kr"
    assert request["Destination"] == {"ToAddresses": [to.token]}
    assert request["EmailTags"] == [{"Name": "as_ref", "Value": to.client_ref}]
    assert request["ConfigurationSetName"] == "as-events"
    assert "ConfigurationSetName" not in json.loads(SendEmail(None).body(mail, to))


def test_a_bulk_request_has_one_template_and_what_differs_for_each() -> None:
    """Filled in, every recipient's mail has the links that a mail of its own would have."""
    envelopes = [envelope(f"kim{n}@example.com") for n in range(MOST_ENTRIES)]
    for one in envelopes:
        one.client_ref = client_ref(one.message_id, 1)
    request = validated("SendBulkEmail", bulk_of(CONTENT).body(envelopes, NOW))
    template = request["DefaultContent"]["Template"]["TemplateContent"]
    assert (template["Subject"], request["FromEmailAddress"]) == (
        "주문 안내",
        "=?utf-8?B?7JWM66a8?= <no-reply@mail.shop.kr>",
    )
    assert len(request["BulkEmailEntries"]) == MOST_ENTRIES
    for one, entry in zip(envelopes, request["BulkEmailEntries"], strict=True):
        data = json.loads(entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"])
        html = re.sub(r"\{\{(\w+)\}\}", lambda found, data=data: data[found[1]], template["Html"])
        token = re.search(r"/c/([\w-]+)", html)
        assert token
        link = KEYS.read(token[1], Purpose.CLICK, WRITTEN)
        assert (link.message_id, link.target) == (one.message_id, "https://shop.kr/?a=1&b=2")
        headers = {header["Name"]: header["Value"] for header in entry["ReplacementHeaders"]}
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert headers["List-Unsubscribe"][1:-1] in html
        assert headers["X-Order"] == "1042"
        assert entry["ReplacementTags"] == [{"Name": "as_ref", "Value": one.client_ref}]
        assert entry["Destination"] == {"ToAddresses": [one.token]}
        assert not set("<>&\"'`={}") & set("".join(data.values())), "a template would escape these"


@pytest.mark.parametrize(
    "change",
    [
        {"attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "content": "JVBERg=="}]},
        {"html": "<p>{{name}}</p>"},
        {"subject": "{{x}}"},
        {"text": "{{{x}}}"},
    ],
)
def test_what_a_template_cannot_say_goes_as_single_mails(change: dict[str, Any]) -> None:
    """Files, and braces that SES would take for its own."""
    checked = read_mail_content({**CONTENT, **change}, field="content")
    assert BulkContent.of(checked, account(), DOORS) is None
