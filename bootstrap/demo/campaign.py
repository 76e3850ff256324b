"""The demo by campaign: a template with a name in it, launched for everybody, and the campaign's own counters audited."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import attrs
import msgspec

from bootstrap.demo.audit import CHECKS, DELIVERED, Checking
from bootstrap.demo.devices import Fate, Registered
from bootstrap.demo.evidence import Evidence
from bootstrap.demo.json_client import CallFailed, JsonClient
from bootstrap.demo.run import Judgement
from bootstrap.demo.sending import Told
from bootstrap.demo.watching import EVERY, Show, read_counts
from domain.messaging.lifecycle import Status
from entrypoints.simulator.recorder import device_hash

TEMPLATE = {
    "name": "demo",
    "title_template": "{{ name }}님, 안녕하세요",
    "body_template": "Automata-Signal demo campaign",
    "data_template": {"greeting": "{{ name }}", "order": {"id": 42}},
}
OVER = frozenset({"sent", "canceled", "failed"})
COUNTERS = ("total_recipients", "successful_count", "failed_count", "canceled_count", "excluded_count")
LOOKED_AT = 1_000
"""Last requests whose text is read at the simulator."""
BATCHES_ONLY = frozenset({"told_is_stored", "replay_does_nothing"})


@attrs.frozen
class Outcome:
    """What is known of the campaign beside its messages."""

    campaign: Mapping[str, Any]
    """As the API answers it."""
    accepted_by_device: Mapping[str, int]
    """How many requests the simulator accepted for each device, by the hash of its token."""
    texts: Mapping[UUID, str]
    """Requests that the simulator remembers in full, by message."""
    refused_again: bool
    """A second launch was refused."""

    @property
    def counters(self) -> dict[str, int]:
        return {name: int(self.campaign[name]) for name in COUNTERS}


class CampaignSending:
    """Implements `bootstrap.demo.run.Sending`."""

    phase = "launch"
    named = True

    def __init__(self) -> None:
        self._api: JsonClient | None = None
        self._path = ""
        self._refused_again = False

    async def send(self, api: JsonClient, recipients: Sequence[Registered]) -> Told:
        """Launch once, and once more in vain. Raise CallFailed when the campaign is refused."""
        self._api = api
        template = (await api.call("POST", "/v1/templates", TEMPLATE)).body
        plan = {
            "name": "demo",
            "template_id": template["id"],
            "targeting_criteria": {"include": [{"everyone": True}]},
        }
        self._path = f"/v1/campaigns/{(await api.call('POST', '/v1/campaigns', plan)).body['id']}"
        tried = (await api.call("POST", f"{self._path}/dry-run", {"samples": 0})).body
        launch = {"fingerprint": tried["fingerprint"]}
        launched = (await api.call("POST", f"{self._path}/launch", launch)).body
        try:
            await api.call("POST", f"{self._path}/launch", launch)
        except CallFailed as refused:
            self._refused_again = (refused.problem or {}).get("status") == 409
        return Told(int(launched["total_recipients"]), (), replayed=False)

    async def until_sent(
        self, connection: asyncpg.Connection, application_id: UUID, since: UUID, accepted: int, show: Show
    ) -> None:
        """Return when the campaign is over. The caller bounds the time."""
        while True:
            campaign = await self._campaign()
            show({"accepted": accepted, **await read_counts(connection, application_id, since)})
            if campaign["status"] in OVER:
                return
            await asyncio.sleep(EVERY)

    async def judge(self, evidence: Evidence, control: JsonClient) -> Judgement:
        """Whose message is whose is read from what is stored: a campaign tells nobody its messages' ids."""
        by_subscription: dict[UUID, UUID] = {}
        for one in evidence.stored.values():
            by_subscription.setdefault(one.subscription_id, one.id)
        # Without a message it is the subscription's own id, which is found nowhere.
        ids = [by_subscription.get(one.subscription_id, one.subscription_id) for one in evidence.recipients]
        evidence = attrs.evolve(evidence, told=attrs.evolve(evidence.told, message_ids=ids))
        outcome = Outcome(
            campaign=await self._campaign(),
            accepted_by_device=await _accepted_by_device(control),
            texts=await _texts(control),
            refused_again=self._refused_again,
        )
        figures = {
            "campaign": {"status": outcome.campaign["status"], **outcome.counters},
            "recount": recount(evidence),
        }
        return Judgement(evidence, campaign_checks(outcome), figures)

    async def _campaign(self) -> Mapping[str, Any]:
        assert self._api is not None, "it was sent before"
        found: Mapping[str, Any] = (await self._api.call("GET", self._path)).body
        return found


def recount(evidence: Evidence) -> dict[str, int]:
    """The campaign's counters, counted from the messages."""
    states = Counter(one.status for one in evidence.stored.values())
    reached = {one.subscription_id for one in evidence.stored.values()}
    return {
        "total_recipients": len(evidence.recipients),
        "successful_count": sum(states[status] for status in DELIVERED),
        "failed_count": states[Status.FAILED],
        "canceled_count": states[Status.CANCELED],
        "excluded_count": sum(one.subscription_id not in reached for one in evidence.recipients),
    }


def campaign_checks(outcome: Outcome) -> dict[str, Checking]:
    """Every sum of a campaign; `entrypoints.cli.texts` has a sentence for each."""

    def everyone_once(evidence: Evidence) -> Iterator[str]:
        wanted = {one.subscription_id for one in evidence.recipients}
        messages = Counter(one.subscription_id for one in evidence.stored.values())
        if evidence.told.accepted != len(wanted):
            yield f"{len(wanted)} asked for, {evidence.told.accepted} in the audience"
        for subscription_id in wanted | messages.keys():
            if messages[subscription_id] != (subscription_id in wanted):
                yield f"{messages[subscription_id]} messages for {subscription_id}"

    def devices_once(evidence: Evidence) -> Iterator[str]:
        for one in evidence.recipients:
            accepted = outcome.accepted_by_device.get(f"{device_hash(one.device.token):016x}", 0)
            if accepted != (one.device.fate is not Fate.DEAD):
                yield f"the device of {one.subscription_id} was reached {accepted} times"

    def addressed_by_name(evidence: Evidence) -> Iterator[str]:
        looked = 0
        for id_, one in zip(evidence.told.message_ids, evidence.recipients, strict=True):
            text = outcome.texts.get(id_)
            looked += text is not None
            if text is not None and f"{one.device.name}님, 안녕하세요" not in text:
                yield f"{id_} does not say {one.device.name}: {text}"
        if not looked:
            yield "the simulator remembers no request of this campaign"

    def campaign_sent(_: Evidence) -> Iterator[str]:
        if outcome.campaign["status"] != "sent":
            yield f"the campaign is {outcome.campaign['status']}"
        if not outcome.refused_again:
            yield "a second launch was not refused"

    def counters_are_a_recount(evidence: Evidence) -> Iterable[str]:
        counted = recount(evidence)
        return (
            f"{name} is {told}, counted {counted[name]}"
            for name, told in outcome.counters.items()
            if told != counted[name]
        )

    return {
        "everyone_once": everyone_once,
        "devices_once": devices_once,
        "addressed_by_name": addressed_by_name,
        "campaign_sent": campaign_sent,
        "counters_are_a_recount": counters_are_a_recount,
        **{name: check for name, check in CHECKS.items() if name not in BATCHES_ONLY},
    }


async def _accepted_by_device(control: JsonClient) -> Counter[str]:
    answer = await control.call("GET", "/control/deliveries")
    lines = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body or {})
    found: Counter[str] = Counter()
    for line in lines.splitlines():
        one = msgspec.json.decode(line)
        if "device" in one:
            found[one["device"]] += one["accepted"]
    return found


async def _texts(control: JsonClient) -> dict[UUID, str]:
    answer = await control.call("GET", f"/control/requests?last={LOOKED_AT}")
    # Written anew: providers are sent Korean as escapes.
    return {
        UUID(one["message_id"]): msgspec.json.encode(msgspec.json.decode(one["body"])).decode()
        for one in answer.body
        if one.get("message_id")
    }
