"""The behaviour script: how the pretended providers answer, read from JSON or TOML and replaced at run time.

Everything is frozen; a change is a new `Behaviour`. Shares are fractions 0..1. All draws come from a hash of
(seed, token, attempt), so two runs with the same script and tokens give the same outcomes.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from entrypoints.simulator.catalogue import APNS_STATUS, FAULTS, FCM_FAILURES
from entrypoints.simulator.mail_behaviour import MailBehaviour
from entrypoints.simulator.measures import Milliseconds, RetryAfter, Share, Text
from entrypoints.simulator.text_script import Texts

Provider = Literal["apns", "fcm"]
Environment = Literal["production", "sandbox"]


class FixedLatency(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="fixed"):
    """Every answer takes `ms`."""

    ms: Milliseconds = 0.0


class UniformLatency(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="uniform"):
    """Answers take between `low_ms` and `high_ms`, evenly."""

    low_ms: Milliseconds
    high_ms: Milliseconds

    def __post_init__(self) -> None:
        if self.high_ms < self.low_ms:
            raise ValueError("high_ms: is below low_ms")


class LognormalLatency(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="lognormal"):
    """Log-normal answers with a median, a shape and a ceiling."""

    median_ms: Annotated[float, Meta(gt=0.0, le=3_600_000.0)]
    sigma: Annotated[float, Meta(ge=0.0, le=5.0)] = 0.5
    max_ms: Milliseconds = 10_000.0


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """What certain tokens get: `outcome` is `accept`, an APNs reason, an FCM failure or a fault.

    Exactly one of `token` and `token_prefix`. `attempts` limits the rule to the first n attempts of a message
    (0 = every attempt). The first rule that matches decides.
    """

    outcome: str
    token: Text | None = None
    token_prefix: Text | None = None
    attempts: Annotated[int, Meta(ge=0)] = 0
    retry_after: RetryAfter | None = None
    environment: Environment | None = None
    timestamp_ms: Annotated[int, Meta(ge=0)] | None = None

    def __post_init__(self) -> None:
        if (self.token is None) == (self.token_prefix is None):
            raise ValueError("token: a rule names exactly one of token and token_prefix")
        known = self.outcome in APNS_STATUS or self.outcome in FCM_FAILURES
        if self.outcome != "accept" and not known and self.outcome not in FAULTS:
            raise ValueError(f"outcome: {self.outcome!r} is no APNs reason, FCM failure or fault")


class Frames(Struct, frozen=True, forbid_unknown_fields=True):
    """Connection-level conduct of the fault listener.

    `first_streams` is MAX_CONCURRENT_STREAMS until the first authenticated request, `streams` afterwards;
    `initial_window` is the client's upload window in bytes (0 stalls every body for ever); `goaway_every`
    closes a connection gracefully after so many requests, answering all of them (0 = never).
    """

    first_streams: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    streams: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    initial_window: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 65_535
    goaway_every: Annotated[int, Meta(ge=0)] = 0


class Receipts(Struct, frozen=True, forbid_unknown_fields=True):
    """Play the devices' apps: report accepted pushes to the client API at `url`."""

    url: Text
    received_share: Share = 1.0
    converted_share: Share = 0.0
    delay_ms: Milliseconds = 0.0


class Oauth(Struct, frozen=True, forbid_unknown_fields=True):
    """The token endpoint: how long tokens live, and an error to answer instead."""

    expires_in: Annotated[int, Meta(ge=1, le=3600)] = 3599
    error: Literal["invalid_grant", "invalid_client", "invalid_scope"] | None = None


class Behaviour(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole script; the default accepts everything at once."""

    seed: int = 0
    latency: FixedLatency | UniformLatency | LognormalLatency = FixedLatency()
    dead_token_share: Share = 0.0
    dead_tokens: tuple[Text, ...] = ()
    dead_token_prefixes: tuple[Text, ...] = ()
    dead_since_seconds: Annotated[float, Meta(ge=0.0)] = 0.0
    transient_share: Share = 0.0
    transient_apns: str = "ServiceUnavailable"
    transient_fcm: str = "UNAVAILABLE"
    apns_errors: dict[str, Share] = {}
    fcm_errors: dict[str, Share] = {}
    fault_shares: dict[str, Share] = {}
    retry_after: RetryAfter | None = None
    hang_seconds: Annotated[float, Meta(gt=0.0, le=3600.0)] = 60.0
    production_only_prefixes: tuple[Text, ...] = ()
    sandbox_only_prefixes: tuple[Text, ...] = ()
    rules: tuple[Rule, ...] = ()
    frames: Frames = Frames()
    oauth: Oauth = Oauth()
    receipts: Receipts | None = None
    mail: MailBehaviour = MailBehaviour()
    texts: Texts = Texts()

    def __post_init__(self) -> None:
        for field, names, known in (
            ("apns_errors", self.apns_errors, APNS_STATUS.keys()),
            ("transient_apns", [self.transient_apns], APNS_STATUS.keys()),
            ("fcm_errors", self.fcm_errors, FCM_FAILURES.keys()),
            ("transient_fcm", [self.transient_fcm], FCM_FAILURES.keys()),
            ("fault_shares", self.fault_shares, FAULTS),
        ):
            for name in names:
                if name not in known:
                    raise ValueError(f"{field}: {name!r} is unknown")
        for field, shares in (("apns_errors", self.apns_errors), ("fcm_errors", self.fcm_errors)):
            if sum(shares.values()) + sum(self.fault_shares.values()) > 1.0 + 1e-9:
                raise ValueError(f"{field}: the shares, with fault_shares, exceed 1")


def parse_behaviour(raw: bytes | str, *, toml: bool = False) -> Behaviour:
    """A behaviour from JSON (or TOML) text; missing fields take their defaults.

    Raises ValueError whose text names the offending field (`… - at $.dead_token_share`).
    """
    if not toml:
        return msgspec.json.decode(raw, type=Behaviour)
    text = raw.decode() if isinstance(raw, bytes) else raw
    return msgspec.convert(tomllib.loads(text), type=Behaviour)


def load_behaviour(path: Path) -> Behaviour:
    """The behaviour in a `.json` or `.toml` file. Raises OSError or ValueError."""
    return parse_behaviour(path.read_bytes(), toml=path.suffix == ".toml")
