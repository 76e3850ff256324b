"""A phone's whole life against a whole installation: real server, real worker, and the pushes that Apple would get."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from bootstrap.demo.provider_credentials import ProviderCredentials
from bootstrap.settings import Settings
from bootstrap.stack.stack import Stack
from tests.e2e.rest.callers import Callers, Tenant
from tests.e2e.rest.in_app_rows import BODY, put_in_app
from tests.e2e.rest.wiring import Served
from tests.e2e.sdk.phones import PhoneProcess, SdkPhone, phone_process
from tests.servers import Databases

pytestmark = pytest.mark.timeout(240)

PATIENCE = 20.0


def until(holds: Callable[[], Any], what: str) -> Any:
    """What `holds` answers as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)
    return found


@attrs.define
class Shop:
    """An application that pushes, the simulator that plays Apple and Google, and a process full of phones."""

    callers: Callers
    tenant: Tenant
    control: str
    phones: PhoneProcess

    def phone(self, name: str, type: str = "iOSPush", **more: Any) -> SdkPhone:
        """A phone on which the app was started for the first time, and has settled."""
        token = secrets.token_hex(32) if type == "iOSPush" else secrets.token_urlsafe(90)
        found = SdkPhone(self.phones, name)
        found.launch(self.callers.served.url, self.tenant.id, type=type, token=token, **more)
        found.settle()
        return found

    def send(self, title: str, **target: str) -> str:
        """Send a push; answers the message's id."""
        sent = self.tenant.http.post("/v1/messages", json={"content": {"push": {"title": title}}, **target})
        assert sent.status_code == 202, sent.text
        found: str = sent.json()["message_ids"][0]
        return found

    def delivered(self, message_id: str) -> dict[str, Any]:
        """What the provider got for this message, as the app will be handed it."""

        def look() -> dict[str, Any] | None:
            for request in httpx.get(f"{self.control}/control/requests?last=200").json():
                if request["message_id"] == message_id and request["status"] == 200:
                    body: dict[str, Any] = json.loads(request["body"])
                    message = body.get("message")
                    found: dict[str, Any] = body if message is None else message["data"]
                    return found
            return None

        found: dict[str, Any] = until(look, f"the provider never got {message_id}")
        return found

    def status(self, message_id: str) -> str:
        found: str = self.tenant.http.get(f"/v1/messages/{message_id}").json()["status"]
        return found

    def becomes(self, message_id: str, status: str) -> None:
        until(lambda: self.status(message_id) == status, f"{message_id} never became {status}")

    def subscription(self, subscription_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.tenant.http.get(f"/v1/subscriptions/{subscription_id}").json()
        return found


@pytest.fixture(scope="module")
def shop(
    postgres_server: Databases,
    template_database: str,
    nats_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    driver: Path,
) -> Iterator[Shop]:
    """Roles and simulator in processes of their own, on a database of this module's own."""
    name = f"test_{secrets.token_hex(6)}"
    database = postgres_server.create(name, template=template_database)
    try:
        with (
            phone_process(driver) as phones,
            _installation(database, nats_url, tmp_path_factory.mktemp("live")) as (
                served,
                control,
            ),
        ):
            with Callers(served) as callers:
                credentials = ProviderCredentials.generate()
                base = f"/v1/applications/{callers.tenant.id}/credentials"
                for provider, fields in (
                    ("apns", credentials.apns_fields()),
                    ("fcm", credentials.fcm_fields()),
                ):
                    stored = callers.operator.put(f"{base}/{provider}", json={"fields": fields})
                    assert stored.status_code == 200, stored.text
                yield Shop(callers, callers.tenant, control, phones)
    finally:
        postgres_server.drop(name)


class _installation:
    """Everything that `automata-signal up` starts, but for the servers that the tests have already."""

    def __init__(self, database_url: str, nats_url: str, folder: Path) -> None:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            database_url=database_url,  # type: ignore[arg-type]
            nats_url=nats_url,  # type: ignore[arg-type]
            SIGNAL_DATA_FOLDER=folder,
            SIGNAL_NATS_PREFIX=f"t{secrets.token_hex(4)}",
            SIGNAL_PORT=0,
        )
        environment = {"SIGNAL_NATS_PREFIX": settings.nats_prefix, "SIGNAL_CLIENT_RATE_LIMIT": "1000"}
        self._stack = Stack(settings, roles=("all",), environment=environment)
        self._database_url = database_url

    def __enter__(self) -> tuple[Served, str]:
        state = self._stack.start()
        assert state.simulator_control is not None
        return Served(state.api_url, state.operator_key, self._database_url), state.simulator_control

    def __exit__(self, *_: object) -> None:
        self._stack.stop()


def test_a_day_in_the_life_of_a_phone(shop: Shop) -> None:
    """Start, login, e-mail, push received and opened, logout, another user, in-app message shown and clicked."""
    phone = shop.phone("family iPad")
    push = phone.subscription("iOSPush")
    assert shop.subscription(push)["subscription_status"] == 1
    assert shop.subscription(push)["external_id"] is None

    phone.do("login", ["minsu"])
    assert phone.state()["automata_id"] == shop.subscription(push)["user_id"]
    email = phone.do("registerEmail", "minsu@example.com")
    assert shop.subscription(email)["external_id"] == "minsu"

    message = shop.send("주문이 출발했습니다", external_id="minsu")
    arrived = shop.delivered(message)
    shop.becomes(message, "successful")
    phone.do("arrives", arrived)
    shop.becomes(message, "received")
    phone.do("tapped", arrived)
    phone.do("tapped", arrived)
    shop.becomes(message, "converted")
    assert (phone.state()["received"], phone.state()["opened"]) == ([message], [message])
    assert shop.subscription(push)["total_messages_converted"] == 1

    phone.do("logout")
    assert shop.subscription(push)["external_id"] is None
    personal = {"content": {"push": {"title": "private"}}, "external_id": "minsu"}
    assert shop.tenant.http.post("/v1/messages", json=personal).status_code == 422
    shop.delivered(shop.send("여름 세일", subscription_id=push))

    phone.do("login", ["jiyoung"])
    in_app = phone.subscription("InAppMessage")
    user = shop.subscription(in_app)["user_id"]
    triggers = [[{"kind": "custom", "key": "cart", "op": "gte", "value": 3}]]
    sale = put_in_app(
        shop.callers.served, shop.tenant.id, in_app, user_id=user, **{**BODY, "triggers": triggers}
    )
    phone.do("fetchInAppMessages")
    assert phone.state()["shown"] == []
    phone.do("addTrigger", ["cart", 3])
    assert phone.state()["on_screen"] == sale
    shop.becomes(sale, "received")
    phone.do("tapInApp", "ok")
    shop.becomes(sale, "converted")
    state = phone.state()
    assert (state["clicks"], state["links"], state["errors"]) == ([f"{sale} ok"], ["app://sale"], [])


def test_android_gets_what_google_got(shop: Shop) -> None:
    """The same over FCM: data is strings there, and the receipt finds its message."""
    phone = shop.phone("Android phone", "AndroidPush")
    message = shop.send("hello", subscription_id=phone.subscription("AndroidPush"))
    arrived = shop.delivered(message)
    assert arrived["as_mid"] == message
    phone.do("tapped", arrived)
    shop.becomes(message, "converted")


def test_a_restart_in_a_tunnel_loses_nothing(shop: Shop) -> None:
    """Everything that was asked for while nothing went through arrives after the next start."""
    phone = shop.phone("commuter", speed=50)
    phone.do("badness", 1)
    calls = [
        shop.phones.begin("commuter", "login", **{"with": ["commuter"]}),
        shop.phones.begin("commuter", "registerSMS", **{"with": "+821012345678"}),
        shop.phones.begin("commuter", "addTags", **{"with": {"line": 2}}),
    ]
    for number in calls:
        shop.phones.end(number)
    assert phone.state()["waiting"]
    phone.do("restart", {"badness": 0})
    phone.settle()
    push = shop.subscription(phone.subscription("iOSPush"))
    assert (push["external_id"], push["tags"]) == ("commuter", {"line": 2})
    assert shop.subscription(phone.subscription("SMS"))["external_id"] == "commuter"


def test_no_outlives_everything_but_a_yes(shop: Shop) -> None:
    """Unsubscribed stays unsubscribed over a new token and a restart, and the API's -31 is not the phone's to lift."""
    phone = shop.phone("quiet phone", speed=50)
    push = phone.subscription("iOSPush")
    phone.do("push", False)
    phone.settle()
    phone.do("newToken", secrets.token_hex(32))
    phone.do("restart")
    phone.settle()
    assert shop.subscription(push)["subscription_status"] == -2
    phone.do("push", True)
    phone.settle()
    assert shop.subscription(push)["subscription_status"] == 1
    shop.tenant.http.post(f"/v1/subscriptions/{push}/disable", json={})
    phone.do("push", True)
    phone.settle()
    assert shop.subscription(push)["subscription_status"] == -31
