"""Double opt-in on real stores: who is asked, what confirms, what does not, and what ends the wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.audience.subscription_event import ChangeSource
from domain.messaging.lifecycle import Status
from domain.shared.errors import Conflict, InvalidInput, NotFound, RateLimited
from tests.integration.consent.counter import EMAIL, KAKAO, SMS, Counter

MAIL, NUMBER = "minsu@example.com", "+821012345678"


async def test_a_mail_is_confirmed_by_its_link(counter: Counter) -> None:
    """GET shows a button and changes nothing; POST confirms; again changes nothing; a cut link is a 404."""
    waiting = await counter.register(EMAIL, MAIL)
    assert waiting.subscription_status == -98
    assert await counter.ask() == 1
    assert await counter.ask() == 0
    async with counter.web() as web:
        asked = await web.get(counter.link(), headers={"Accept-Language": "ko"})
        assert (asked.status_code, "확인" in asked.text) == (200, True)
        assert (await web.post(counter.link(), data={})).status_code == 400
        assert (await web.get(counter.link()[:-2])).status_code == 404
        assert await counter.status(waiting) == -98
        for _ in range(2):
            assert (await web.post(counter.link(), data={"confirm": "yes"})).status_code == 200
    assert await counter.status(waiting) == 1
    assert await counter.desk.shop.ledger() == {"reserve": 1, "settle": 1}


async def test_a_number_is_confirmed_by_its_code(counter: Counter) -> None:
    """A wrong code is counted, another install's call is a 404, the right one subscribes."""
    waiting = await counter.register(SMS, NUMBER)
    with pytest.raises(InvalidInput) as refused:
        await counter.confirm(waiting, "123456")
    assert refused.value.field == "code"
    await counter.ask()
    code = counter.code(SMS)
    with pytest.raises(InvalidInput):
        await counter.confirm(waiting, f"{(int(code) + 1) % 1_000_000:06d}")
    waiting.install_id, own = counter.desk.shop.ids.one(), waiting.install_id
    with pytest.raises(NotFound):
        await counter.confirm(waiting, code)
    waiting.install_id = own
    assert await counter.confirm(waiting, code) == 1
    assert await counter.confirm(waiting, "000000") == 1
    with pytest.raises(Conflict):
        await counter.resend(waiting)


async def test_five_tries_are_all(counter: Counter) -> None:
    """After them the right code does not help; five minutes make one void, too; another one does help."""
    waiting = await counter.register(SMS, NUMBER)
    await counter.ask()
    code = counter.code(SMS)
    for _ in range(5):
        with pytest.raises(InvalidInput, match="wrong"):
            await counter.confirm(waiting, "x")
    with pytest.raises(InvalidInput, match="too many"):
        await counter.confirm(waiting, code)
    counter.desk.shop.clock.shift += timedelta(seconds=31)
    await counter.resend(waiting)
    await counter.ask()
    counter.desk.shop.clock.shift += timedelta(minutes=5)
    with pytest.raises(InvalidInput, match="expired"):
        await counter.confirm(waiting, counter.code(SMS))
    await counter.resend(waiting)
    await counter.ask()
    assert await counter.confirm(waiting, counter.code(SMS)) == 1


async def test_who_waits_gets_nothing_else(counter: Counter) -> None:
    """Any other message fails as unsubscribed, and goes out as soon as the address is confirmed."""
    waiting = await counter.register(SMS, NUMBER)
    (other,) = await counter.desk.send(counter.application_id, [waiting.id])
    await counter.ask()
    failed = await counter.desk.message(other)
    assert (failed["status"], failed["error_reason"]) == (Status.FAILED, "unsubscribed")
    assert len(counter.received(SMS)) == 1
    await counter.confirm(waiting, counter.code(SMS))
    await counter.desk.send(counter.application_id, [waiting.id])
    await counter.desk.deliver()
    assert len(counter.received(SMS)) == 2


async def test_three_messages_a_day_go_to_one_address(counter: Counter) -> None:
    """Whoever registers it; the limit says when to come back, and what waits is asked then."""
    first = await counter.register(EMAIL, MAIL)
    await counter.ask()
    with pytest.raises(RateLimited) as soon:
        await counter.resend(first)
    assert 0 < soon.value.retry_after <= 30
    for _ in range(2):
        counter.desk.shop.clock.shift += timedelta(seconds=31)
        await counter.resend(first)
        await counter.ask()
    counter.desk.shop.clock.shift += timedelta(seconds=31)
    with pytest.raises(RateLimited) as full:
        await counter.resend(first)
    assert full.value.retry_after > 80_000
    counter.install, counter.secret = "another", None
    await counter.register(EMAIL, MAIL)
    assert await counter.ask() == 0
    assert len(counter.received(EMAIL)) == 3
    counter.desk.shop.clock.shift += timedelta(days=1)
    assert await counter.ask() == 1


async def test_three_days_are_all(counter: Counter) -> None:
    """Then it is as if never subscribed, a start of the app changes nothing, and the old link is dead."""
    waiting = await counter.register(EMAIL, MAIL)
    await counter.ask()
    link = counter.link()
    counter.desk.shop.clock.shift += timedelta(hours=72)
    assert await counter.ask() == 1
    assert await counter.status(waiting) == 0
    assert (await counter.report(waiting, push_error=None)).subscription_status < 1
    async with counter.web() as web:
        assert (await web.post(link, data={"confirm": "yes"})).status_code == 404
    await counter.resend(waiting)
    await counter.ask()
    assert await counter.confirm(waiting, counter.code(EMAIL)) == 1


async def test_another_address_has_to_be_confirmed_anew(counter: Counter) -> None:
    """The link to the first one confirms nothing for the second."""
    waiting = await counter.register(EMAIL, MAIL)
    await counter.ask()
    old = counter.link()
    await counter.confirm(waiting, counter.code(EMAIL))
    assert (await counter.report(waiting, token="other@example.com")).subscription_status == -98
    async with counter.web() as web:
        assert (await web.post(old, data={"confirm": "yes"})).status_code == 404
    counter.desk.shop.clock.shift += timedelta(seconds=31)
    await counter.ask()
    assert await counter.confirm(waiting, counter.code(EMAIL)) == 1


async def test_who_is_not_asked(counter: Counter) -> None:
    """A server that vouches for it, a malformed or suppressed address, a switched-off one, and channels that know none."""
    vouched = await counter.register(EMAIL, MAIL, source=ChangeSource.API, double_opt_in=False)
    broken = await counter.register(EMAIL, "nobody")
    kakao = await counter.register(KAKAO, NUMBER)
    switched_off = await counter.register(SMS, NUMBER, enabled=False)
    found = [one.subscription_status for one in (vouched, broken, kakao, switched_off)]
    assert found == [1, -40, 1, -2]
    assert await counter.ask() == 0
    assert (await counter.report(switched_off, enabled=True)).subscription_status == -98
    assert await counter.ask() == 1
    with pytest.raises(InvalidInput) as refused:
        await counter.register(KAKAO, NUMBER, double_opt_in=True)
    assert refused.value.field == "double_opt_in"


async def test_what_cannot_be_sent_now_is_sent_later(counter: Counter) -> None:
    """An inactive application: the row stays due, and is taken up again after a minute."""
    waiting = await counter.register(SMS, NUMBER)
    run = counter.desk.shop.connection.execute
    await run("UPDATE application SET is_active = false")
    assert await counter.ask() == 0
    await run("UPDATE application SET is_active = true")
    assert await counter.ask() == 0
    counter.desk.shop.clock.shift += timedelta(seconds=61)
    assert await counter.ask() == 1
    assert await counter.confirm(waiting, counter.code(SMS)) == 1
