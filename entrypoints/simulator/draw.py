"""Deterministic outcomes: what a behaviour decides for one attempt to one token, without clock or chance."""

from bisect import bisect_right
from math import exp
from statistics import NormalDist
from typing import Final, NamedTuple

from entrypoints.simulator.behaviour import (
    Behaviour,
    Environment,
    FixedLatency,
    Provider,
    Rule,
    UniformLatency,
)
from entrypoints.simulator.catalogue import APNS_STATUS, FAULTS, FCM_FAILURES
from entrypoints.simulator.chance import fractions
from entrypoints.simulator.measures import RetryAfter

_NORMAL: Final = NormalDist()
_DEAD: Final[dict[Provider, str]] = {"apns": "Unregistered", "fcm": "UNREGISTERED"}
_KNOWN: Final[dict[Provider, frozenset[str]]] = {
    "apns": frozenset(APNS_STATUS),
    "fcm": frozenset(FCM_FAILURES),
}


class Decision(NamedTuple):
    """One attempt's fate: an error name or none, a fault or none, and the answer's delay in seconds."""

    error: str | None = None
    fault: str | None = None
    delay: float = 0.0
    retry_after: RetryAfter | None = None
    timestamp_ms: int | None = None


class Script:
    """A behaviour made ready for quick decisions."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._dead_tokens = frozenset(behaviour.dead_tokens)
        self._tables: dict[Provider, tuple[list[float], list[str]]] = {
            "apns": _cumulative({**behaviour.fault_shares, **behaviour.apns_errors}),
            "fcm": _cumulative({**behaviour.fault_shares, **behaviour.fcm_errors}),
        }
        self._transient: dict[Provider, str] = {
            "apns": behaviour.transient_apns,
            "fcm": behaviour.transient_fcm,
        }
        latency = behaviour.latency
        self._fixed_delay = latency.ms / 1000 if isinstance(latency, FixedLatency) else None
        self._draws_token = bool(behaviour.dead_token_share or behaviour.transient_share)
        self._draws_attempt = {
            provider: self._fixed_delay is None or bool(table[0]) for provider, table in self._tables.items()
        }
        self._accept = Decision(delay=self._fixed_delay or 0.0)

    def decide(self, provider: Provider, environment: Environment, token: str, attempt: int) -> Decision:
        """The fate of `attempt` (1-based) of a message to `token`.

        Order: a token of the other environment, explicit rules, dead tokens, transient first attempts, drawn
        errors and faults, success.
        """
        behaviour = self.behaviour
        elsewhere = (
            behaviour.sandbox_only_prefixes
            if environment == "production"
            else behaviour.production_only_prefixes
        )
        if provider == "apns" and elsewhere and token.startswith(elsewhere):
            return self._refusal(provider, "BadDeviceToken")
        if behaviour.rules:
            for rule in behaviour.rules:
                if self._applies(rule, provider, environment, token, attempt):
                    return self._by_rule(rule)
        dead = behaviour.dead_token_prefixes
        if token in self._dead_tokens or (dead and token.startswith(dead)):
            return self._refusal(provider, _DEAD[provider])
        if self._draws_token:
            of_death, of_transience, _, _ = fractions(behaviour.seed, token)
            if of_death < behaviour.dead_token_share:
                return self._refusal(provider, _DEAD[provider])
            if attempt == 1 and of_transience < behaviour.transient_share:
                return self._refusal(provider, self._transient[provider])
        if not self._draws_attempt[provider]:
            return self._accept
        of_error, of_latency, _, _ = fractions(behaviour.seed, token, attempt)
        delay = self._delay(of_latency)
        bounds, names = self._tables[provider]
        index = bisect_right(bounds, of_error)
        if index == len(names):
            return Decision(delay=delay)
        name = names[index]
        if name in FAULTS:
            return Decision(fault=name, delay=delay)
        return Decision(error=name, delay=delay, retry_after=behaviour.retry_after)

    def _refusal(self, provider: Provider, name: str) -> Decision:
        return Decision(error=name, delay=self._fixed_delay or 0.0, retry_after=self.behaviour.retry_after)

    def _by_rule(self, rule: Rule) -> Decision:
        if rule.outcome == "accept":
            return self._accept
        if rule.outcome in FAULTS:
            return Decision(fault=rule.outcome, delay=self._fixed_delay or 0.0)
        return Decision(
            error=rule.outcome,
            delay=self._fixed_delay or 0.0,
            retry_after=rule.retry_after or self.behaviour.retry_after,
            timestamp_ms=rule.timestamp_ms,
        )

    def _applies(
        self, rule: Rule, provider: Provider, environment: Environment, token: str, attempt: int
    ) -> bool:
        if rule.attempts and attempt > rule.attempts:
            return False
        if rule.environment is not None and (provider != "apns" or rule.environment != environment):
            return False
        if rule.outcome != "accept" and rule.outcome not in FAULTS and rule.outcome not in _KNOWN[provider]:
            return False  # an APNs reason says nothing about an FCM token, and the other way round
        return token == rule.token if rule.token is not None else token.startswith(rule.token_prefix or "")

    def latency(self, *key: str | int) -> float:
        """Seconds that an answer takes which is drawn by this key."""
        if self._fixed_delay is not None:
            return self._fixed_delay
        return self._delay(fractions(self.behaviour.seed, *key)[0])

    def _delay(self, of_latency: float) -> float:
        if self._fixed_delay is not None:
            return self._fixed_delay
        latency = self.behaviour.latency
        if isinstance(latency, UniformLatency):
            return (latency.low_ms + of_latency * (latency.high_ms - latency.low_ms)) / 1000
        assert not isinstance(latency, FixedLatency)
        spread = _NORMAL.inv_cdf(min(max(of_latency, 1e-12), 1 - 1e-12)) * latency.sigma
        return min(latency.median_ms * exp(spread), latency.max_ms) / 1000


def _cumulative(shares: dict[str, float]) -> tuple[list[float], list[str]]:
    """Upper bounds and names, in name order so that the file's order does not matter."""
    bounds: list[float] = []
    names: list[str] = []
    total = 0.0
    for name in sorted(shares):
        if shares[name] > 0:
            total += shares[name]
            bounds.append(total)
            names.append(name)
    return bounds, names
