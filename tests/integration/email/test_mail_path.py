"""A mail from accept to what comes back: sent through SMTP or SES, bounced, complained about, unsubscribed from."""

from __future__ import annotations

import re

import dkim
import mailparser
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.channels.email.account import Account
from domain.messaging.lifecycle import Status
from tests.integration.email.post_office import (
    CONTENT,
    EMAIL,
    Catcher,
    PostOffice,
    opened,
    query,
    relay_fields,
    ses_fields,
    taken,
)
from tests.integration.simulator.harness import Simulator

GONE, FULL, ANGRY, LEAVING, FINE = (
    "bounce@example.com",
    "full@example.com",
    "angry@example.com",
    "leaving@example.com",
    "kim@example.com",
)
REPORTS = [
    {"prefix": "bounce", "kinds": ["bounce"]},
    {"prefix": "full", "kinds": ["soft_bounce"]},
    {"prefix": "angry", "kinds": ["delivery", "complaint"]},
    {"prefix": "leaving", "kinds": ["delivery", "opt_out"]},
]


async def test_a_received_mail_is_right_for_two_parsers_and_its_signature_holds(office: PostOffice) -> None:
    """Sent with DKIM through STARTTLS and login; opened by Python, mail-parser and dkimpy."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    await office.open_account(
        "smtp", relay_fields(dkim_domain="shop.kr", dkim_selector="as1", dkim_private_key=pem)
    )
    (subscription,) = await office.people(FINE)
    (message,) = await office.mail(subscription)
    (mail,) = taken(office.sim, FINE)
    assert mail["secure"]
    python, second = opened(mail), mailparser.parse_from_bytes(mail["content"])
    assert python["subject"] == second.subject == "주문 1042가 출발했습니다"
    assert python["message-id"] == f"<{message}@mail.shop.kr>"
    assert [part.get_content_type() for part in python.iter_parts()] == ["text/plain", "text/html"]
    assert "주문 보기" in second.text_html[0]
    assert python["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    credential = await office.credentials.current(office.application_id, "smtp")
    assert credential is not None
    signing = Account.from_fields(credential.fields).dkim
    assert signing is not None
    assert dkim.verify(mail["content"], dnsfunc=lambda name, timeout=5: signing.record.encode())
    assert (await office.message(message))["status"] == Status.SUCCESSFUL


@pytest.mark.parametrize("provider", ["smtp", "ses"])
async def test_what_comes_back_sets_the_codes(
    provider: str, office: PostOffice, sim: Simulator, catcher: Catcher
) -> None:
    """By mail to the bounce address, and by signed SNS notifications: -42, a soft fault, -44, -45."""
    if provider == "ses":
        await office.open_account("ses", ses_fields(sim))
    reports = {"rules": REPORTS, "bounce_url" if provider == "smtp" else "sns_url": catcher.url}
    sim.play(mail={"reports": reports})
    people = await office.people(GONE, FULL, ANGRY, LEAVING, FINE)
    messages = await office.mail(*people)
    assert len(taken(sim)) == 5
    expected = 7 if provider == "smtp" else 12
    path = await office.callback_url(provider)
    async with office.web() as web:
        for posted, headers, body in await catcher.wait_for(expected):
            kept = {
                name: value for name, value in headers.items() if name.startswith(("x-amz", "content-type"))
            }
            for _ in range(2):
                answer = await web.post(path, params=query(posted), content=body, headers=kept)
                assert answer.status_code == 200, answer.text
    assert [await office.status(one) for one in people] == [-42, 1, -44, -45, 1]
    states = [(await office.message(one))["status"] for one in messages]
    assert states == [Status.FAILED, Status.FAILED, Status.RECEIVED, Status.RECEIVED, Status.RECEIVED]
    assert sorted(await office.suppressed()) == ["complaint", "hard_bounce", "unsubscribed"]
    assert await office.count("soft_fault") == 1


async def test_a_forged_callback_changes_nothing(
    office: PostOffice, sim: Simulator, catcher: Catcher
) -> None:
    """Altered, from another topic, or at an address that is not ours."""
    await office.open_account("ses", ses_fields(sim))
    sim.play(mail={"reports": {"sns_url": catcher.url, "rules": [{"prefix": "kim", "kinds": ["bounce"]}]}})
    (subscription,) = await office.people(FINE)
    await office.mail(subscription)
    posts = await catcher.wait_for(2)
    path = await office.callback_url("ses")
    async with office.web() as web:
        for _, _, body in posts:
            altered = body.replace(b'"Type":"Notification"', b'"Type":"Notification","Subject":"x"')
            assert altered != body
            assert (await web.post(path, content=altered)).status_code == 403
            assert (await web.post(path[:-3] + "abc", content=body)).status_code == 404
        assert (await web.post(path, content=b"x" * 1_000_000)).status_code == 422
    assert await office.status(subscription) == 1
    assert not await office.suppressed()


async def test_the_one_click_post_sets_the_code_and_a_get_changes_nothing(office: PostOffice) -> None:
    """-45 and the suppression, for every subscription of the address; scanners may look as often as they like."""
    first, other = await office.people(FINE, "lee@example.com")
    user = await office.shop.user(office.application_id, "kim")
    (second,) = await office.subscriptions(office.application_id, FINE, type_=EMAIL, user=user)
    await office.mail(first)
    (mail,) = taken(office.sim, FINE)
    url = str(opened(mail)["list-unsubscribe"]).partition("<")[2].partition(">")[0]
    assert url in opened(mail).get_body(("html",)).get_content()  # type: ignore[union-attr]
    async with office.web() as web:
        for _ in range(2):
            page = await web.get(url, headers={"accept-language": "ko"})
            assert page.status_code == 200
            assert "<form method=" in page.text
            assert "set-cookie" not in page.headers
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (await web.head(url)).status_code == 200
        assert [await office.status(one) for one in (first, second, other)] == [1, 1, 1]
        assert not await office.suppressed()
        assert (await web.post(url, content=b"")).status_code == 400
        assert await office.status(first) == 1
        for _ in range(2):
            answer = await web.post(url, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
            assert answer.status_code == 200
    assert [await office.status(one) for one in (first, second, other)] == [-45, -45, 1]
    assert await office.suppressed() == ["unsubscribed"]
    events = await office.count("subscription_event", "reason = 'unsubscribe_link'")
    assert events == 2


async def test_the_pages_button_unsubscribes_too(office: PostOffice) -> None:
    """A person who confirms; the page is in their language."""
    (subscription,) = await office.people(FINE)
    await office.mail(subscription)
    url = str(opened(taken(office.sim, FINE)[0])["list-unsubscribe"]).partition("<")[2].partition(">")[0]
    async with office.web() as web:
        english = await web.get(url, headers={"accept-language": "en-US,ko;q=0.5"})
        assert "Do you want no more mail" in english.text
        answer = await web.post(url, data={"confirm": "yes"})
        assert (
            "수신 거부가 완료"
            in (await web.post(url, data={"confirm": "yes"}, headers={"accept-language": "ko"})).text
        )
    assert answer.status_code == 200
    assert await office.status(subscription) == -45


async def test_whoever_has_another_address_by_now_is_left_alone(office: PostOffice) -> None:
    """The holder of an old mail has no say about the new address."""
    (subscription,) = await office.people(FINE)
    await office.mail(subscription)
    url = str(opened(taken(office.sim, FINE)[0])["list-unsubscribe"]).partition("<")[2].partition(">")[0]
    await office.shop.connection.execute(
        "UPDATE subscription SET token_registered_at = now() + interval '1 minute' WHERE id = $1",
        subscription,
    )
    async with office.web() as web:
        assert (await web.post(url, data={"confirm": "yes"})).status_code == 200
    assert await office.status(subscription) == 1


@pytest.mark.parametrize("path", ["/u/abc", "/u/" + "A" * 92, "/c/abc", "/o/abc.gif", "/u/" + "x" * 5_000])
async def test_links_that_are_not_ours_are_404(path: str, office: PostOffice) -> None:
    """Whatever method; never an error of ours."""
    async with office.web() as web:
        assert (await web.get(path)).status_code == 404
        assert (await web.post(path, data={"confirm": "yes"})).status_code in (404, 405)


async def test_opening_and_clicking_are_counted_and_lead_on(office: PostOffice) -> None:
    """The picture means received, the link means converted; HEAD and quick scanners count for nothing."""
    (subscription,) = await office.people(FINE)
    (message,) = await office.mail(subscription)
    html = opened(taken(office.sim, FINE)[0]).get_body(("html",)).get_content()  # type: ignore[union-attr]
    pixel, link = (re.search(rf"https://signal\.shop\.kr/{door}/[^\"]+", html)[0] for door in "oc")  # type: ignore[index]
    async with office.web() as web:
        assert (await web.head(link)).headers["location"] == "https://shop.kr/orders/1042"
        scanned = await web.get(link, headers={"user-agent": "SomeScanner/1.0 (bot)"}, follow_redirects=False)
        assert scanned.status_code == 302
        await web.head(pixel)
        assert (await office.message(message))["status"] == Status.SUCCESSFUL
        person = {"user-agent": "Mozilla/5.0"}
        for _ in range(2):
            shown = await web.get(pixel, headers=person)
            assert (shown.status_code, shown.headers["content-type"]) == (200, "image/gif")
        assert (await office.message(message))["status"] == Status.RECEIVED
        followed = await web.get(link, headers=person, follow_redirects=False)
        assert (followed.status_code, followed.headers["location"]) == (302, "https://shop.kr/orders/1042")
        assert followed.headers["referrer-policy"] == "no-referrer"
    assert (await office.message(message))["status"] == Status.CONVERTED
    kinds = [kind for kind, _ in await office.events(message)]
    assert kinds.count(8) == kinds.count(9) == 1, "displayed and clicked, once each"


async def test_a_mail_whose_answer_is_lost_is_sent_once(office: PostOffice, sim: Simulator) -> None:
    """Unknown: claimed, marked, never sent again by itself; the simulator counts one."""
    sim.play(mail={"rules": [{"recipient": FINE, "outcome": "disconnect"}]})
    (subscription,) = await office.people(FINE)
    (message,) = await office.mail(subscription)
    assert (await office.message(message))["status"] == Status.ERRORED
    sim.play()
    for _ in range(3):
        await office.deliver()
    await office.resolve(hours=25)
    assert (await office.message(message))["error_reason"] == "unknown_outcome"
    assert (sim.stats()["smtp"]["accepted"], sim.stats()["smtp"]["duplicates"]) == (1, 0)


async def test_a_greylisted_mail_is_sent_later(office: PostOffice, sim: Simulator) -> None:
    """Deferred for five minutes at least, then taken."""
    sim.play(mail={"rules": [{"recipient": FINE, "outcome": "451 4.7.1 Greylisted", "attempts": 1}]})
    (subscription,) = await office.people(FINE)
    (message,) = await office.mail(subscription, content=CONTENT)
    assert (await office.message(message))["status"] == Status.ERRORED
    assert (await office.due_in("message_retry")).total_seconds() > 290
    assert not taken(sim)
