"""One provider as the conformance suite sees it: how to open it, whom to send to, and how its double is made to behave.

A provider adds a module beside this one that holds subclasses and lists them: `CASES = {"twilio": TwilioCase}`. The suite finds
the module by itself. Every method that raises AssertionError here is to be written; the others have answers that fit most.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import attrs

from application.ports.channel_plugins import ChannelPlugin
from application.ports.channels import ChannelSender, ChannelSettings, Credential, Envelope, SendBatch
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.outcome import Deferred, Outcome, Unknown
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.kit import OpenPacing


class ProviderCase:
    """What all cases have in common."""

    plugin: ClassVar[ChannelPlugin]
    provider: ClassVar[str]
    type: ClassVar[SubscriptionType]
    content: ClassVar[Body]
    dead_code: ClassVar[int | None]
    """subscription_status of a recipient that is gone for good; None: the channel has no code for it."""
    passes_retry_after: ClassVar[bool] = True
    """Whether the provider can say how long to wait."""
    foreign_type: ClassVar[SubscriptionType] = SubscriptionType.SMS
    """A subscription type of another channel."""

    def __init__(self, double: Any) -> None:
        """`double`: what `playing` yielded, reset."""
        self.double = double
        self.pacing = OpenPacing()
        self.application_id = uuid4()
        self.credential = Credential(self.application_id, self.provider, 7, self.fields())
        self.settings = self.channel_settings()

    @classmethod
    @contextmanager
    def playing(cls, folder: Path) -> Iterator[Any]:
        """Run the provider's double; cases that share this method share the double."""
        raise AssertionError
        yield

    @property
    def capabilities(self) -> Any:
        """What the plug-in says that this provider can do."""
        return self.plugin.providers[self.provider].capabilities

    def unknown(self, reason: str) -> Outcome:
        """What a send is whose answer never came: never repeated by itself, or repeated because that is harmless."""
        return Unknown(reason) if self.capabilities.claim_before_send else Deferred(reason, unknown=True)

    def fields(self) -> dict[str, str]:
        """The credential's fields; the double learns what it needs to know them by."""
        raise AssertionError

    def channel_settings(self) -> ChannelSettings:
        """Settings that lead to the double."""
        raise AssertionError

    def recipient(self, n: int) -> str:
        """The n-th valid address."""
        raise AssertionError

    def open(self, **settings: Any) -> ChannelSender:
        """A sender with some settings changed."""
        return self.plugin.open(attrs.evolve(self.settings, **settings), self.pacing)

    def open_faulty(self, **settings: Any) -> ChannelSender:
        """A sender for faults of connections, where those want another listener."""
        return self.open(**settings)

    def batch(self, tokens: Sequence[str], *, content: Body | None = None, **changes: Any) -> SendBatch:
        """Envelopes for these recipients; `changes` are the envelopes' other fields."""
        usual: Mapping[str, Any] = {
            "attempt": 1,
            "expires_at": datetime.now(UTC) + timedelta(days=3),
            **changes,
        }
        envelopes = []
        for token in tokens:
            id_ = uuid4()
            reference = client_ref(id_, usual["attempt"])
            envelopes.append(
                Envelope(id_, uuid4(), token, content or self.content, client_ref=reference, **usual)
            )
        return SendBatch(self.application_id, self.type, self.credential, envelopes)

    def go_nowhere(self) -> None:
        """From now on nobody listens where settings or credential say that the provider is."""
        raise AssertionError

    def accepted(self) -> int:
        """Sends that the double took."""
        raise AssertionError

    def accepted_twice(self) -> int:
        """Sends that it took again."""
        raise AssertionError

    def play_accept(self) -> None:
        """Take everything."""
        raise AssertionError

    def play_dead(self, recipient: str) -> None:
        """This recipient is gone for good."""
        raise AssertionError

    def play_busy(self, seconds: int) -> None:
        """Everybody is asked to come back later, with Retry-After where the provider has such a thing."""
        raise AssertionError

    def play_credential_fault(self) -> None:
        """The credential is not taken."""
        raise AssertionError

    def play_lost_answer(self, recipient: str) -> None:
        """The request with this recipient is processed and never answered."""
        raise AssertionError

    def play_mixed(self, dead: str, busy: str) -> None:
        """One dead recipient, one to be tried again later, the others fine."""
        raise AssertionError

    def play_silence(self) -> None:
        """Not processed, never answered."""
        raise AssertionError

    def play_cut(self, recipient: str) -> None:
        """The request with this recipient is processed, then the connection is cut."""
        raise AssertionError


def provider_cases() -> dict[str, type[ProviderCase]]:
    """Every case of the modules beside this one, by name."""
    here = __name__.rpartition(".")[0]
    found: dict[str, type[ProviderCase]] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        found.update(getattr(importlib.import_module(f"{here}.{module.name}"), "CASES", {}))
    return found
