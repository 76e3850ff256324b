"""The preference page on real stores: what it shows to whom, what it changes, and what it cannot."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from entrypoints.links.guarding import LinkLimits
from tests.integration.consent.counter import EMAIL, KAKAO, SMS, Counter

MAIL, NUMBER = "minsu@example.com", "+821012345678"


async def customer(counter: Counter, type: SubscriptionType, address: str, person: str | None = "minsu"):  # type: ignore[no-untyped-def]
    """Registered by the shop's server, which vouches for the address."""
    return await counter.register(
        type, address, source=ChangeSource.API, double_opt_in=False, external_id=person
    )


async def test_minsu_sees_and_changes_what_he_gets(counter: Counter) -> None:
    """Every channel of his and every topic; the opt-out of an address outlives its subscription, and can be taken back."""
    mail = await customer(counter, EMAIL, MAIL)
    kakao = await customer(counter, KAKAO, NUMBER)
    await customer(counter, EMAIL, "yuna@example.com", "yuna")
    path = await counter.preference_path(kakao)
    async with counter.web() as web:
        page = await web.get(path, headers={"Accept-Language": "ko-KR"})
        assert (page.status_code, page.headers["content-language"]) == (200, "ko")
        assert "m***@example.com" in page.text
        assert not [one for one in ("yuna", "y***", MAIL) if one in page.text]
        assert page.text.count(" checked") == 4
        assert await counter.status(mail) == 1
        english = await web.get(path, params={"lang": "en"})
        assert "Orders &lt;&amp;&gt;" in english.text
        saved = await web.post(path, data={"save": "yes", "channel": [str(kakao.id)], "topic": ["orders"]})
        assert (saved.status_code, saved.text.count(" checked")) == (200, 2)
        assert await counter.status(mail) == -45
        await counter.archive(mail)
        assert (await customer(counter, EMAIL, MAIL)).subscription_status == -45
        page = await web.get(path)
        (again,) = set(re.findall(r'value="([0-9a-f-]{36})"', page.text)) - {str(kakao.id)}
        both = {"save": "yes", "channel": [again], "topic": ["events", "orders", "nonsense"]}
        counter.desk.shop.clock.shift += timedelta(seconds=1)
        assert (await web.post(path, data=both)).text.count(" checked") == 3
        assert await counter.status(kakao) == -2
        row = "SELECT subscription_status FROM subscription WHERE id = $1"
        assert await counter.desk.shop.connection.fetchval(row, again) == 1


async def test_what_is_no_choice_stays(counter: Counter) -> None:
    """A pending confirmation, a bounce and the application's own switch are shown and not switched; strangers' ids do nothing."""
    waiting = await counter.register(EMAIL, MAIL)
    bounced = await customer(counter, EMAIL, "old@example.com")
    yuna = await customer(counter, SMS, NUMBER, "yuna")
    run = counter.desk.shop.connection.execute
    user = "SELECT user_id FROM subscription WHERE id = $2"
    await run(f"UPDATE subscription SET user_id = ({user}) WHERE id = $1", waiting.id, bounced.id)
    await run("UPDATE subscription SET subscription_status = -42 WHERE id = $1", bounced.id)
    disabled = await customer(counter, KAKAO, NUMBER)
    await run(
        "UPDATE subscription SET api_disabled = true, enabled = false, subscription_status = -31 WHERE id = $1",
        disabled.id,
    )
    path = await counter.preference_path(bounced)
    async with counter.web() as web:
        everything = {"save": "yes", "channel": [str(one.id) for one in (waiting, bounced, disabled, yuna)]}
        page = await web.post(path, data=everything, params={"lang": "en"})
        assert page.text.count(" disabled") == 3
        assert "Waiting for your confirmation" in page.text
        await web.post(path, data={"save": "yes"})
    assert [await counter.status(one) for one in (waiting, bounced, yuna)] == [-98, -42, 1]
    switched_on = "SELECT enabled FROM subscription WHERE id = $1"
    assert not await counter.desk.shop.connection.fetchval(switched_on, disabled.id)


async def test_a_link_is_good_for_its_owner_only(counter: Counter) -> None:
    """Nobody's subscription shows itself alone; forged, foreign-purpose, moved and expired links are not known."""
    lonely = await customer(counter, SMS, NUMBER, None)
    await customer(counter, EMAIL, MAIL, None)
    path = await counter.preference_path(lonely)
    waiting = await counter.register(EMAIL, "new@example.com")
    await counter.ask()
    async with counter.web() as web:
        page = await web.get(path)
        assert page.text.count("checkbox") == 1
        forged = [path[:-1] + ("A" if path[-1] != "A" else "B"), path.replace("/p/", "/v/")]
        for bad in (*forged, counter.link().replace("/v/", "/p/"), "/p/x"):
            assert (await web.get(bad)).status_code == 404
            assert (await web.post(bad, data={"save": "yes", "confirm": "yes"})).status_code == 404
        assert (await web.post(path, data={"channel": []})).status_code == 400
        counter.desk.shop.clock.shift += timedelta(days=90)
        assert (await web.get(path)).status_code == 404
    assert (await counter.status(lonely), await counter.status(waiting)) == (1, -98)


@pytest.mark.parametrize(("known", "status"), [(True, 200), (False, 404)])
async def test_pages_are_not_for_machines(counter: Counter, known: bool, status: int) -> None:
    """Few requests for one link, few guesses of one peer: then 429 with Retry-After, as a page."""
    path = await counter.preference_path(await customer(counter, SMS, NUMBER))
    limits = LinkLimits(link_burst=2, unknown_burst=2, link_per_second=0.01, unknown_per_second=0.01)
    async with counter.web(limits) as web:
        answers = [await web.get(path if known else f"/p/{number}") for number in range(3)]
        assert [one.status_code for one in answers] == [status, status, 429]
        assert int(answers[-1].headers["retry-after"]) > 1
