"""What the gateways took: messages and, at Solapi, groups of them; the oldest are forgotten beyond a bound."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from attrs import define, field

from domain.messaging.client_ref import message_of
from entrypoints.simulator.text_script import PROVIDERS, TextProvider

KEPT: Final = 200_000


@define(slots=True, eq=False)
class TakenText:
    """One message at a gateway. `to` is E.164, times are epoch seconds."""

    provider: TextProvider
    id: str
    to: str
    ref: str
    kind: str
    text: str
    account: str
    """API key, app key or account: whose it is."""
    created: float
    updated: float
    slot: int = 0
    attempt: int = 1
    sender: str = ""
    status: str = "PENDING"
    code: str = ""
    group: str = ""
    seq: int = 1
    callback: str | None = None
    secret: str = field(default="", repr=False)
    """What the gateway signs its callbacks with."""
    reported: float | None = None
    extra: dict[str, object] = field(factory=dict)

    @property
    def message_id(self) -> str | None:
        """The message that the reference names, in the canonical form of a UUID."""
        found = message_of(self.ref)
        return None if found is None else str(found)


@define(slots=True, eq=False)
class TakenGroup:
    """One group of Solapi's."""

    id: str
    account: str
    created: float
    updated: float
    allow_duplicates: bool = False
    status: str = "PENDING"
    sent: float | None = None
    texts: list[TakenText] = field(factory=list)
    failed: int = 0


class TextStore:
    """Messages by gateway and id, in order of arrival."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._texts: dict[TextProvider, OrderedDict[str, TakenText]] = {
            one: OrderedDict() for one in PROVIDERS
        }
        self.groups: OrderedDict[str, TakenGroup] = OrderedDict()
        self.salts: OrderedDict[str, float] = OrderedDict()
        self.idempotency: OrderedDict[str, float] = OrderedDict()

    def add(self, text: TakenText) -> None:
        """Keep a message; drop the oldest beyond the bound."""
        texts = self._texts[text.provider]
        texts[text.id] = text
        if len(texts) > KEPT:
            texts.popitem(last=False)

    def add_group(self, group: TakenGroup) -> None:
        """Keep a group; drop the oldest beyond the bound."""
        self.groups[group.id] = group
        if len(self.groups) > KEPT:
            self.groups.popitem(last=False)

    def get(self, provider: TextProvider, id_: str) -> TakenText | None:
        """One message."""
        return self._texts[provider].get(id_)

    def of(self, provider: TextProvider, account: str) -> Iterator[TakenText]:
        """An account's messages, oldest first."""
        return (one for one in list(self._texts[provider].values()) if one.account == account)


def once(seen: OrderedDict[str, float], key: str, now: float, seconds: float) -> bool:
    """Whether this key was not used within so many seconds; it is from now on."""
    while seen:
        oldest = next(iter(seen))
        if seen[oldest] > now - seconds:
            break
        del seen[oldest]
    if key in seen:
        return False
    seen[key] = now
    return True


def new_id(prefix: str) -> str:
    """An id of the usual shape: `G4V20261123…`."""
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    return f"{prefix}{stamp}{secrets.token_hex(8).upper()}"
