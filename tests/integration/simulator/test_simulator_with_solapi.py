"""What Solapi itself objects to, told by Solapi's own SDK: duplicates of a group, lengths, fields, and groups that are closed."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from solapi import SolapiMessageService
from solapi.error.MessageNotReceiveError import MessageNotReceivedError
from solapi.lib.authenticator import Authenticator
from solapi.model.message_type import MessageType
from solapi.model.request.message import Message
from solapi.model.request.send_message_request import SendRequestConfig

from tests.integration.simulator.harness import Simulator

KEY, SECRET, SENDER = "NCSAKEY1234567890", "S" * 32, "0223456789"
SMS, LMS = MessageType.SMS, MessageType.LMS
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("2000", {"type": SMS, "text": "가" * 45}),
    ("1031", {"type": SMS, "text": "가" * 45 + "a"}),
    ("2000", {"type": SMS, "text": "a" * 90}),
    ("2000", {"type": LMS, "text": "가" * 1_000}),
    ("1031", {"type": LMS, "text": "가" * 1_000 + "a"}),
    ("2000", {"text": "가" * 45 + "a"}),
    ("1031", {"text": "가" * 1_000 + "a"}),
    ("2000", {"text": "본문", "subject": "가" * 20}),
    ("1014", {"text": "본문", "subject": "가" * 20 + "a"}),
    ("1013", {"type": SMS, "text": "본문", "subject": "제목"}),
    ("1029", {"text": "이모지 🙂"}),
    ("2000", {"country": "1", "text": "emoji 🙂"}),
    ("1010", {"text": ""}),
    ("1010", {"text": "발신번호 없음", "from_": None}),
    ("2000", {"text": "a", "custom_fields": {"n" * 30: "v" * 100}}),
    ("1032", {"text": "a", "custom_fields": {"n" * 31: "v"}}),
    ("1032", {"text": "a", "custom_fields": {"n": "v" * 101}}),
    ("1025", {"type": MessageType.FAX, "text": "a"}),
)
"""Status code → one message: Solapi's bounds, and one step beyond each."""


@pytest.fixture
def solapi(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> SolapiMessageService:
    """Solapi's SDK, pointed at the simulator and trusting its certificate, which it reads from the environment alone."""
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    service = SolapiMessageService(KEY, SECRET)
    service.base_url = sim.ready["texts"]
    return service


@pytest.fixture
def groups(sim: Simulator) -> Iterator[httpx.Client]:
    """The calls of a group step by step, which the SDK does not make, each signed by the SDK."""

    def sign(request: httpx.Request) -> None:
        request.headers["Authorization"] = Authenticator(KEY, SECRET).get_auth_info()

    url = f"{sim.ready['texts']}/messages/v4/groups"
    trusting = ssl.create_default_context(cafile=sim.ca)
    with httpx.Client(
        base_url=url, verify=trusting, trust_env=False, event_hooks={"request": [sign]}
    ) as client:
        yield client


def messages(*numbers: str) -> dict[str, Any]:
    return {"messages": [{"to": to, "from": SENDER, "text": "안녕"} for to in numbers]}


def codes(answer: httpx.Response) -> list[str]:
    """What became of each message of an addition."""
    assert answer.status_code == 200, answer.text
    return [one["statusCode"] for one in answer.json()["resultList"]]


def test_texts_are_taken_up_to_solapis_bounds_and_refused_beyond(solapi: SolapiMessageService) -> None:
    """Bytes of text and title, characters, fields, kinds: each refused alone, by its code, the others registered."""
    numbers = [f"010000000{n:02}" for n in range(len(RULES))]
    given = [
        Message(**{"to": to, "from_": SENDER, **fields})
        for to, (_, fields) in zip(numbers, RULES, strict=True)
    ]
    sent = solapi.send(given, SendRequestConfig(show_message_list=True))
    refused = {one.to: one.status_code for one in sent.failed_message_list or ()}
    wanted = {to: code for to, (code, _) in zip(numbers, RULES, strict=True) if code != "2000"}
    assert refused == wanted
    good = len(RULES) - len(wanted)
    assert (sent.group_info.count.registered_success, len(sent.message_list or ())) == (good, good)
    assert sent.group_info.count.registered_failed == len(wanted)


@pytest.mark.parametrize(
    ("to", "code"), [("", "1010"), ("123", "1011"), ("010-no", "1011"), ("0" * 16, "1011")]
)
def test_a_number_that_is_none_is_refused(solapi: SolapiMessageService, to: str, code: str) -> None:
    """A group of which nothing was registered is an error to the SDK, with the code."""
    with pytest.raises(MessageNotReceivedError) as refusal:
        solapi.send(Message(to=to, from_=SENDER, text="안녕"))
    assert [one.status_code for one in refusal.value.failed_messages] == [code]


@pytest.mark.parametrize("allowed", [False, True])
def test_a_number_stands_once_in_a_request_unless_duplicates_are_allowed(
    solapi: SolapiMessageService, sim: Simulator, allowed: bool
) -> None:
    """However it is written; the first is sent, the further ones are 1026 and reach nobody."""
    given = [
        Message(to=to, from_=SENDER, text="안녕") for to in ("01000000001", "01000000002", "010-0000-0001")
    ]
    sent = solapi.send(given, SendRequestConfig(allow_duplicates=allowed, show_message_list=True))
    refused = [(one.to, one.status_code) for one in sent.failed_message_list or ()]
    assert refused == ([] if allowed else [("01000000001", "1026")])
    assert sim.stats()["solapi"]["accepted"] == (3 if allowed else 2)


def test_a_number_stands_once_in_a_group_however_it_was_filled(groups: httpx.Client) -> None:
    """Also when it came with an earlier addition; another group, or one that allows duplicates, knows nothing of it."""
    first, second = (groups.post("", json={}).json()["groupId"] for _ in range(2))
    generous = groups.post("", json={"allowDuplicates": True}).json()["groupId"]
    add = f"/{first}/messages"
    assert codes(groups.put(add, json=messages("01000000001"))) == ["2000"]
    assert codes(groups.put(add, json=messages("01000000002", "01000000001"))) == ["2000", "1026"]
    assert codes(groups.put(f"/{second}/messages", json=messages("01000000001"))) == ["2000"]
    assert codes(groups.put(f"/{generous}/messages", json=messages(*["01000000001"] * 2))) == ["2000"] * 2
    assert groups.get(f"/{first}").json()["count"]["registeredFailed"] == 1


def test_a_group_is_sent_once_and_closed_then(groups: httpx.Client) -> None:
    """Nothing goes out of an empty one; nothing is added to, sent from or deleted of one that is sent or gone."""
    group, gone = (groups.post("", json={}).json()["groupId"] for _ in range(2))
    assert groups.post(f"/{group}/send").json()["errorCode"] == "ValidationError"
    groups.put(f"/{group}/messages", json=messages("01000000001"))
    assert groups.post(f"/{group}/send").json()["status"] == "SENDING"
    assert groups.delete(f"/{gone}").json()["status"] == "DELETED"
    for id_, code in ((group, "AlreadySent"), (gone, "DeletedGroup")):
        for answer in (
            groups.post(f"/{id_}/send"),
            groups.put(f"/{id_}/messages", json=messages("01000000003")),
            groups.delete(f"/{id_}"),
        ):
            assert (answer.status_code >= 400, answer.json()["errorCode"]) == (True, code)
    assert groups.post("/G4Vnone/send").json()["errorCode"] == "ResourceNotFound"


def test_ten_thousand_messages_are_the_most_of_a_request(groups: httpx.Client) -> None:
    """One more is refused whole."""
    group = groups.post("", json={}).json()["groupId"]
    many = [f"010{n:08}" for n in range(10_001)]
    answer = groups.put(f"/{group}/messages", json=messages(*many))
    assert answer.json()["errorCode"] == "RecipientsTooMany"
    assert groups.get(f"/{group}").json()["count"]["total"] == 0
    assert set(codes(groups.put(f"/{group}/messages", json=messages(*many[1:])))) == {"2000"}
