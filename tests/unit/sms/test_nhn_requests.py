"""Envelopes become as few NHN requests as possible, and each recipient finds its own result again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from adapters.channels.sms.fitting import Fitting, Ready
from adapters.channels.sms.nhn.requests import SendRequest, group, read_results
from application.ports.channels import Envelope
from domain.messaging.client_ref import client_ref
from domain.messaging.outcome import Accepted, Deferred, Rejected

KOREAN, ABROAD = "+8210{:08d}", "+1415555{:04d}"


def requests(*sends: tuple[str, dict[str, Any]]) -> list[SendRequest]:
    """As the route makes them."""
    fitting = Fitting("0212345678", 1)
    envelopes: list[Envelope] = []
    for to, content in sends:
        id_ = uuid4()
        envelopes.append(Envelope(id_, id_, to, content, 1, client_ref=client_ref(id_, 1)))
    ready = [fitting.of(envelope) for envelope in envelopes]
    return group(envelopes, [one for one in ready if isinstance(one, Ready)])


def test_one_text_for_many_is_one_request_a_thousand() -> None:
    """2,500 recipients take three."""
    content = {"text": "안녕"}
    found = requests(*((KOREAN.format(n), content) for n in range(2_500)))
    assert [len(one.recipients) for one in found] == [1_000, 1_000, 500]
    assert [place for one in found for place in one.places] == list(range(2_500))


def test_texts_countries_and_kinds_are_apart() -> None:
    """Each has its own address and form of the number."""
    short, long_ = {"text": "안녕"}, {"text": "가" * 46}
    ad = {"text": "(광고) 할인\n무료수신거부 080-123-4567", "advertising": True}
    found = requests(
        (KOREAN.format(1), short),
        (ABROAD.format(1), short),
        (KOREAN.format(2), long_),
        (KOREAN.format(3), ad),
        (KOREAN.format(4), short),
    )
    assert [one.path("KEY").rpartition("/")[2] for one in found] == ["sms", "sms", "mms", "ad-sms"]
    assert [one.places for one in found] == [[0, 4], [1], [2], [3]]
    assert found[0].recipients[0]["recipientNo"] == "01000000001"
    assert found[1].recipients[0]["internationalRecipientNo"] == "14155550001"


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ({"text": "주문 안내\n" + "가" * 50}, "주문 안내"),
        ({"text": "가" * 50}, "가" * 20),
        ({"text": "가", "title": "배송"}, "배송"),
    ],
)
def test_a_long_message_has_a_title(content: dict[str, Any], title: str) -> None:
    """NHN wants one: the text's opening where the caller gave none."""
    (one,) = requests((KOREAN.format(1), content))
    assert json.loads(one.body())["title"] == title


def answer(*results: tuple[str, int]) -> bytes:
    """What NHN says of each recipient."""
    listed: Sequence[dict[str, Any]] = [
        {"recipientSeq": n, "resultCode": code, "recipientGroupingKey": reference}
        for n, (reference, code) in enumerate(results, 1)
    ]
    return json.dumps({"body": {"data": {"requestId": "R1", "sendResultList": listed}}}).encode()


def test_results_are_found_by_reference_in_any_order() -> None:
    """One taken, one refused, one left out: that one may have been sent."""
    content = {"text": "안녕"}
    (one,) = requests(*((KOREAN.format(n), content) for n in range(3)))
    first, second, _ = (recipient["recipientGroupingKey"] for recipient in one.recipients)
    found = read_results(one, answer((second, -1006), (first, 0)), 1)
    assert found[0] == Accepted("R1:2")
    assert isinstance(found[1], Rejected)
    assert found[2] == Deferred("missing_in_answer", unknown=True)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"body": null}', b"<html>", b"\xff"])
def test_an_answer_that_cannot_be_read_leaves_everything_unknown(body: bytes) -> None:
    """It was a success, so the texts may be under way."""
    (one,) = requests((KOREAN.format(1), {"text": "안녕"}), (KOREAN.format(2), {"text": "안녕"}))[:1]
    assert read_results(one, body, 1) == [Deferred("unreadable_answer", unknown=True)]
