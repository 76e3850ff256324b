"""People's hands on phones that run the SDK on the Dart VM, against the scenario's own node over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import attrs

from bootstrap.embedded.ports import free_port
from bootstrap.http_server import serve_http
from domain.shared.channels import SubscriptionType
from tests.bdd.world import Phone, World
from tests.e2e.sdk.phones import PhoneProcess

REGISTER = {
    SubscriptionType.EMAIL: "registerEmail",
    SubscriptionType.SMS: "registerSMS",
    SubscriptionType.KAKAO_TALK: "registerKakaoTalk",
}


class SdkHands:
    """Every call returns when the SDK has nothing left to tell the server."""

    def __init__(self, world: World, process: PhoneProcess) -> None:
        self._world = world
        self._process = process
        self._stopping = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._port = free_port()

    def start(self) -> None:
        """Serve REST and the client API from the scenario's loop."""
        self._world.run(self._start())

    async def _start(self) -> None:
        settings = self._world.node.settings.model_copy(update={"port": self._port})
        node = attrs.evolve(self._world.node, settings=settings)
        self._serving = asyncio.create_task(serve_http(node, self._stopping))
        await asyncio.sleep(0.2)

    def stop(self) -> None:
        self._world.run(self._stop())

    async def _stop(self) -> None:
        self._stopping.set()
        if self._serving is not None:
            await self._serving

    def _call(self, phone: Phone, what: str, **given: Any) -> Any:
        """The loop runs, and with it the server, while the phone is busy."""
        number = self._process.begin(self._name(phone), what, **given)
        return self._world.run(asyncio.to_thread(self._process.end, number))

    def _name(self, phone: Phone) -> str:
        return f"{self._port} {phone.name}"

    def start_app(self, phone: Phone) -> None:
        """For the first time, or again after it was deleted."""
        self._call(
            phone,
            "launch",
            url=f"http://127.0.0.1:{self._port}",
            app=str(phone.shop.id),
            type=phone.type.wire,
            token=phone.token,
            in_app=False,
        )
        self._settle(phone)

    def do(self, phone: Phone, what: str, given: Any = None) -> None:
        self._call(phone, what, **({} if given is None else {"with": given}))
        self._settle(phone)

    def enter_address(self, phone: Phone, type: SubscriptionType, address: str) -> None:
        self.do(phone, REGISTER[type], address)

    def _settle(self, phone: Phone) -> None:
        self._call(phone, "settle")
        state = self._call(phone, "state")
        assert state["errors"] == []
        for name, one in state["subscriptions"].items():
            phone.subscriptions[SubscriptionType.from_wire(name)] = UUID(one["id"])
