"""The simulator's mail providers, as foreign clients see them: smtplib, openssl's view of TLS, and its control API."""

from __future__ import annotations

import base64
import smtplib
import ssl
import time
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.integration.simulator.harness import Simulator, simulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One for this module."""
    with simulator(tmp_path_factory.mktemp("mail")) as started:
        yield started


@pytest.fixture
def sim(running: Simulator) -> Simulator:
    """As it started."""
    running.reset()
    return running


def mail(to: str = "kim@example.com") -> EmailMessage:
    """Any mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@shop.kr", to, "안녕"
    message["Message-ID"] = "<0197a1b2-0000-7000-8000-000000000001@shop.kr>"
    message.set_content("본문")
    return message


def client(sim: Simulator, *, tls: bool = True) -> smtplib.SMTP:
    """The standard library's client, with STARTTLS."""
    at = urlsplit(sim.ready["smtp"])
    connected = smtplib.SMTP(str(at.hostname), at.port or 0, timeout=10)
    if tls:
        connected.starttls(context=ssl.create_default_context(cafile=sim.ca))
    return connected


def test_smtplib_sends_with_starttls_and_login(sim: Simulator) -> None:
    """Taken, recorded in full, counted by its Message-ID."""
    with client(sim) as smtp:
        smtp.login("shop", "secret")
        smtp.send_message(mail())
        smtp.send_message(mail("lee@example.com"))
    mails = sim.control.get("/control/mails").json()
    assert [one["recipient"] for one in mails] == ["kim@example.com", "lee@example.com"]
    assert mails[0]["secure"]
    assert b"Subject: =?utf-8?" in base64.b64decode(mails[0]["content"])
    stats = sim.stats()["smtp"]
    assert (stats["accepted"], stats["messages"], stats["duplicates"]) == (2, 1, 1)
    assert len(sim.control.get("/control/mails", params={"recipient": "lee@example.com"}).json()) == 1


def test_smtplib_sends_with_tls_from_the_start(sim: Simulator) -> None:
    """The second port."""
    at = urlsplit(sim.ready["smtps"])
    context = ssl.create_default_context(cafile=sim.ca)
    with smtplib.SMTP_SSL(str(at.hostname), at.port or 0, context=context, timeout=10) as smtp:
        smtp.send_message(mail())
    assert sim.stats()["smtp"]["accepted"] == 1


def test_replies_are_the_scripts(sim: Simulator) -> None:
    """By recipient, by stage, for the first attempts."""
    sim.play(
        mail={
            "rules": [
                {"recipient": "gone@example.com", "outcome": "550 5.1.1 No such user"},
                {"domain": "full.example", "outcome": "452 4.2.2 Mailbox full", "attempts": 1},
                {"recipient": "late@example.com", "outcome": "554 5.7.1 Spam", "stage": "data"},
            ]
        }
    )
    with client(sim) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as gone:
            smtp.send_message(mail("gone@example.com"))
        assert gone.value.recipients["gone@example.com"] == (550, b"5.1.1 No such user")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            smtp.send_message(mail("kim@full.example"))
        smtp.send_message(mail("kim@full.example"))
        with pytest.raises(smtplib.SMTPDataError):
            smtp.send_message(mail("late@example.com"))
    assert sim.stats()["smtp"]["outcomes"] == {"550 5.1.1": 1, "452 4.2.2": 1, "554 5.7.1": 1, "accepted": 1}


def test_greylisting_ends_after_its_time(sim: Simulator) -> None:
    """451 at first, taken later."""
    sim.play(mail={"greylist_seconds": 0.5})
    with client(sim) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.send_message(mail())
        assert refused.value.recipients["kim@example.com"][0] == 451
        time.sleep(0.6)
        smtp.send_message(mail())


def test_shares_of_replies_repeat_exactly(sim: Simulator) -> None:
    """Drawn from a hash: two runs refuse the same recipients."""
    runs = []
    for _ in range(2):
        sim.reset()
        sim.play(seed=7, mail={"replies": {"451 4.3.0 Later": 0.3, "550 5.1.1 Gone": 0.2}})
        refused = set()
        with client(sim, tls=False) as smtp:
            for n in range(60):
                try:
                    smtp.send_message(mail(f"kim{n}@example.com"))
                except smtplib.SMTPRecipientsRefused as error:
                    refused.update(error.recipients)
        runs.append(refused)
    assert runs[0] == runs[1]
    assert 15 < len(runs[0]) < 45


@pytest.mark.parametrize(("fault", "taken"), [("cut", 0), ("disconnect", 1)])
def test_connections_die_when_the_script_says_so(sim: Simulator, fault: str, taken: int) -> None:
    """Before the mail was taken, or after it without an answer."""
    sim.play(mail={"rules": [{"prefix": "", "outcome": fault}]})
    smtp = client(sim)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        smtp.send_message(mail())
    smtp.close()
    assert sim.stats()["smtp"]["accepted"] == taken


def test_logins_can_be_named_and_refused(sim: Simulator) -> None:
    """535, and whatever else the script says."""
    sim.play(mail={"logins": {"shop": "secret"}})
    with client(sim) as smtp:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login("shop", "wrong")
        smtp.login("shop", "secret")
    sim.play(mail={"login": "454 4.7.0 Not now"})
    with client(sim) as smtp, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        smtp.login("shop", "secret")
    assert refused.value.smtp_code == 454


@pytest.mark.parametrize(
    ("script", "field"),
    [
        ({"rules": [{"outcome": "accept"}]}, "recipient"),
        ({"rules": [{"prefix": "a", "domain": "b", "outcome": "accept"}]}, "recipient"),
        ({"rules": [{"prefix": "a", "outcome": "maybe"}]}, "outcome"),
        ({"replies": {"451 x": 0.7, "550 y": 0.7}}, "replies"),
        ({"replies": {"hello": 0.1}}, "replies"),
        ({"greylist_seconds": -1}, "greylist_seconds"),
        ({"colour": 1}, "colour"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_by_field(sim: Simulator, script: object, field: str) -> None:
    """422, and the one in force stays."""
    answer = sim.control.put("/control/behaviour", json={"mail": script})
    assert answer.status_code == 422
    assert field in answer.text
    assert sim.control.get("/control/behaviour").json()["mail"]["rules"] == []


@pytest.mark.parametrize("last", ["0", "-1", "many"])
def test_mails_are_asked_for_with_a_positive_number(sim: Simulator, last: str) -> None:
    """422 naming the parameter."""
    answer = sim.control.get("/control/mails", params={"last": last})
    assert (answer.status_code, answer.json()["field"]) == (422, "last")
