"""The SMTP route over real connections: TLS, reuse, deaths before and after the mail, rates, and a relay that had enough."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import attrs
import pytest
import uvloop

from adapters.channels.email import plugin
from application.ports.channels import ChannelSender, ChannelSettings, Credential, Envelope, SendBatch
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Outcome,
    Rejected,
    Unknown,
)
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.kit import OpenPacing, outcomes_of, without_details
from tests.integration.email.post_office import CONTENT, channel_settings, relay_fields, taken
from tests.integration.simulator.harness import Simulator

APP = uuid4()


def sender(sim: Simulator, pacing: OpenPacing | None = None, **settings: Any) -> ChannelSender:
    """One process's."""
    return plugin.open(channel_settings(sim, **settings), pacing or OpenPacing())


def batch(recipients: Sequence[str], content: Body = CONTENT, attempt: int = 1, **fields: str) -> SendBatch:
    """Envelopes for these recipients, over a relay with these fields."""
    credential = Credential(APP, "smtp", abs(hash(tuple(sorted(fields.items())))), relay_fields(**fields))
    envelopes = []
    for recipient in recipients:
        id_ = uuid4()
        envelopes.append(
            Envelope(id_, uuid4(), recipient, content, attempt, client_ref=client_ref(id_, attempt))
        )
    return SendBatch(APP, SubscriptionType.EMAIL, credential, envelopes)


async def one(sending: ChannelSender, **changes: Any) -> Outcome:
    """What becomes of one mail to kim@example.com."""
    (outcome,) = await outcomes_of(sending, batch(["kim@example.com"], **changes))
    return outcome


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_both_ways_to_tls_carry_mail(sim: Simulator, scheme: str) -> None:
    """STARTTLS, and TLS from the start; the certificate is checked."""
    sending = sender(sim, provider_urls={"smtp": sim.ready[scheme]})
    assert isinstance(await one(sending), Accepted)
    await sending.close()
    assert taken(sim)[0]["secure"]
    distrusting = sender(sim, provider_urls={"smtp": sim.ready[scheme]}, extra_ca_pem=None)
    failed = await one(distrusting)
    await distrusting.close()
    assert isinstance(failed, Deferred)
    assert not failed.unknown


async def test_connections_are_used_again(sim: Simulator) -> None:
    """A hundred mails one after the other need one connection, which leaves politely in the end."""
    sending = sender(sim)
    outcomes = await outcomes_of(sending, batch([f"kim{n}@example.com" for n in range(60)], connections="1"))
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    await sending.close()


async def test_a_connection_is_replaced_after_its_share(sim: Simulator) -> None:
    """By our own bound, and by a relay that says 421: no mail suffers."""
    sim.play(mail={"messages_per_connection": 5})
    sending = sender(sim)
    outcomes = await outcomes_of(sending, batch([f"kim{n}@example.com" for n in range(23)], connections="2"))
    await sending.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert sim.stats()["smtp"]["duplicates"] == 0


async def test_a_pooled_connection_that_died_is_replaced_unnoticed(sim: Simulator) -> None:
    """It died before the mail was handed over, so sending again is safe."""
    sending = sender(sim)
    assert isinstance(await one(sending, connections="1"), Accepted)
    sim.play(mail={"rules": [{"recipient": "cut@example.com", "outcome": "cut"}]})
    await outcomes_of(sending, batch(["cut@example.com"], connections="1"))
    assert isinstance(await one(sending, connections="1"), Accepted)
    await sending.close()
    assert [mail["recipient"] for mail in taken(sim)] == ["kim@example.com"] * 2


async def test_a_connection_lost_before_the_mail_is_deferred(sim: Simulator) -> None:
    """Certainly not sent: tried again later, not unknown."""
    sim.play(mail={"rules": [{"prefix": "", "outcome": "cut"}]})
    sending = sender(sim)
    outcome = await one(sending)
    await sending.close()
    assert outcome == Deferred("connection_lost")
    assert not taken(sim)


async def test_a_connection_lost_after_the_mail_is_unknown(sim: Simulator) -> None:
    """The relay has it, and nobody said so."""
    sim.play(mail={"rules": [{"prefix": "", "outcome": "disconnect"}]})
    sending = sender(sim)
    outcome = await one(sending)
    await sending.close()
    assert outcome == Unknown("connection_lost")
    assert len(taken(sim)) == 1


async def test_a_used_connection_lost_after_the_mail_is_unknown_too(sim: Simulator) -> None:
    """Only what was certainly not handed over is sent again by itself."""
    sending = sender(sim)
    assert isinstance(await one(sending, connections="1"), Accepted)
    sim.play(mail={"rules": [{"recipient": "lost@example.com", "outcome": "disconnect"}]})
    outcomes = await outcomes_of(sending, batch(["lost@example.com"], connections="1"))
    await sending.close()
    assert outcomes == [Unknown("connection_lost")]
    assert len(taken(sim, "lost@example.com")) == 1


async def test_a_session_is_fit_for_the_next_mail_after_a_refusal(sim: Simulator) -> None:
    """RSET between: one recipient's 550 costs nobody else."""
    sim.play(mail={"rules": [{"prefix": "gone", "outcome": "550 5.1.1 No such user"}]})
    sending = sender(sim)
    recipients = [f"{'gone' if n % 2 else 'kim'}{n}@example.com" for n in range(20)]
    outcomes = await outcomes_of(sending, batch(recipients, connections="1"))
    await sending.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected] * 10


async def test_a_refusal_at_data_reads_by_the_same_table(sim: Simulator) -> None:
    """The reply after the mail was handed over is as definite as any."""
    sim.play(mail={"rules": [{"prefix": "", "outcome": "554 5.6.0 Bad content", "stage": "data"}]})
    sending = sender(sim)
    outcome = await one(sending)
    await sending.close()
    assert isinstance(outcome, Rejected)
    assert outcome.bug


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        ({"greeting": "421 4.3.2 Too busy"}, Deferred),
        ({"greeting": "554 5.7.1 You are not welcome"}, CredentialFault),
        ({"login": "535 5.7.8 Wrong"}, CredentialFault),
        ({"login": "454 4.7.0 Temporary authentication failure"}, Deferred),
        ({"logins": {"shop": "another"}}, CredentialFault),
        ({"rules": [{"prefix": "", "outcome": "550 5.1.8 Sender domain", "stage": "mail"}]}, CredentialFault),
    ],
)
async def test_what_is_refused_before_the_recipient_blames_nobody(
    sim: Simulator, mail: dict[str, Any], expected: type[Outcome]
) -> None:
    """Greeting, login and sender are the account's business."""
    sim.play(mail=mail)
    sending = sender(sim)
    outcome = await one(sending)
    await sending.close()
    assert isinstance(outcome, expected)
    assert not taken(sim)


async def test_a_mail_larger_than_the_relay_takes_is_not_tried(sim: Simulator) -> None:
    """By the SIZE that it announces."""
    sim.play(mail={"size_limit": 2_000})
    sending = sender(sim)
    outcome = await one(sending, content={"subject": "x", "text": "긴 글 " * 1_000})
    await sending.close()
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.bug) == ("message_too_large", True)


@pytest.mark.parametrize(
    "address", ["kim@example.com>\r\nRCPT TO:<x@y.kr", "kim", "kim @example.com", "김@example.com"]
)
async def test_an_address_that_is_none_never_reaches_the_relay(sim: Simulator, address: str) -> None:
    """-40; nothing can be injected into a command."""
    sending = sender(sim)
    (outcome,) = await outcomes_of(sending, batch([address]))
    await sending.close()
    assert without_details(outcome) == Rejected("malformed_address", subscription_code=-40)
    assert sim.stats()["smtp"]["requests"] == 0


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "plain"])
def test_timeouts_hold_on_the_loop_of_production(sim: Simulator, scheme: str) -> None:
    """uvloop's transports are of other classes; a relay that falls silent is left all the same."""
    sim.play(mail={"rules": [{"recipient": "kim@example.com", "outcome": "hang"}]})
    plain = sim.ready["smtp"].replace("smtp+starttls", "smtp")
    urls = {"smtp": plain if scheme == "plain" else sim.ready[scheme]}

    async def both() -> list[Outcome]:
        sending = sender(sim, provider_urls=urls, request_timeout=0.5)
        lost = await one(sending, connections="1")
        fine = await outcomes_of(sending, batch(["lee@example.com"], connections="1"))
        await sending.close()
        return [lost, *fine]

    lost, fine = uvloop.run(both())
    assert lost == Unknown("timeout")
    assert isinstance(fine, Accepted)


async def test_domains_are_paced_apart(sim: Simulator) -> None:
    """Each domain reserves at its own rate, in a bucket that all workers share; others are not held up."""
    pacing = OpenPacing()
    sending = sender(sim, pacing)
    recipients = [f"a{n}@naver.com" for n in range(6)] + [f"b{n}@gmail.com" for n in range(4)]
    outcomes = await outcomes_of(sending, batch(recipients, domain_rates="naver.com=20,*=100"))
    await sending.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert sorted(pacing.reserved) == [
        (f"smtp:{APP}:gmail.com", 4, 100.0),
        (f"smtp:{APP}:naver.com", 6, 20.0),
    ]


async def test_a_relay_that_is_throttling_slows_the_domain_down(sim: Simulator) -> None:
    """For every worker; the rest of the batch comes later at no cost."""
    sim.play(mail={"rules": [{"domain": "naver.com", "outcome": "454 4.7.0 Throttling, slow down"}]})
    pacing = OpenPacing()
    sending = sender(sim, pacing)
    recipients = [f"a{n}@naver.com" for n in range(5)]
    outcomes = await outcomes_of(sending, batch(recipients, domain_rates="naver.com=20", connections="1"))
    await sending.close()
    assert isinstance(outcomes[0], Deferred)
    assert outcomes[0].throttle
    assert {type(outcome) for outcome in outcomes[1:]} == {NotAttempted}
    assert pacing.slowed == [(f"smtp:{APP}:naver.com", 60.0)]


async def test_a_slow_domain_does_not_hold_up_another(sim: Simulator) -> None:
    """Whoever waits for a turn holds no connection."""

    class SlowNaver(OpenPacing):
        async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
            return (1.0, 0.0) if bucket.endswith("naver.com") else (0.0, 0.0)

    sending = sender(sim, SlowNaver())
    recipients = ["a@naver.com", *(f"b{n}@gmail.com" for n in range(5))]
    sent = asyncio.ensure_future(
        outcomes_of(sending, batch(recipients, domain_rates="naver.com=1,*=100", connections="1"))
    )
    while len(taken(sim)) < 5:
        await asyncio.sleep(0.01)
    assert not sent.done()
    assert {type(outcome) for outcome in await sent} == {Accepted}
    await sending.close()


async def test_too_many_refusals_by_policy_pause_the_relay(sim: Simulator) -> None:
    """More than 2 % of the last mails: an alert, and nothing more for a minute."""
    sim.play(mail={"rules": [{"prefix": "spam", "outcome": "550 5.7.1 Looks like spam"}]})
    sending = sender(sim)
    fine = await outcomes_of(sending, batch([f"kim{n}@example.com" for n in range(120)]))
    refused = await outcomes_of(sending, batch([f"spam{n}@example.com" for n in range(3)]))
    later = await one(sending)
    await sending.close()
    assert {type(outcome) for outcome in fine} == {Accepted}
    assert [outcome.bug for outcome in refused if isinstance(outcome, Rejected)].count(True) == 1
    assert isinstance(later, NotAttempted)
    assert later.reason == "policy_refusals"


async def test_settings_that_no_longer_work_are_a_credential_fault(sim: Simulator) -> None:
    """Nothing is sent with them."""
    sending = sender(sim)
    broken = batch(["kim@example.com"])
    credential = attrs.evolve(broken.credential, fields={"host": "x"})
    (outcome,) = await outcomes_of(sending, attrs.evolve(broken, credential=credential))
    await sending.close()
    assert isinstance(outcome, CredentialFault)


async def test_without_keys_there_are_no_links(sim: Simulator) -> None:
    """A process that cannot sign sends mail without tracking and without one-click."""
    settings: ChannelSettings = channel_settings(sim, links=None)
    sending = plugin.open(settings, OpenPacing())
    assert isinstance(await one(sending), Accepted)
    await sending.close()
    assert b"signal.shop.kr" not in taken(sim)[0]["content"]
