"""What a bench is asked to measure."""

from __future__ import annotations

from pathlib import Path

import attrs

DEFAULT_MESSAGES = 100_000
BASELINE_AT_MOST = 3_000
SINGLES_AT_MOST = 20_000
ALIKE_AT_MOST = 50_000


@attrs.frozen(kw_only=True)
class Plan:
    """Sections that are off are left out of the report."""

    folder: Path
    asked: int | None = None
    """Messages of the throughput run; None: nobody said."""
    burst: int | None = None
    """Messages; None: as many as `messages`, 100,000 at most."""
    subscriptions: int = 10_000
    rate: float = 5_000.0
    seconds: float = 10.0
    """Of the paced run and of each step of the ramp."""
    clients: int = 500
    singles: bool = False
    ramp: bool = False
    ramp_last: float = 20_000.0
    quota: bool = False
    scale: bool = False
    segments: bool = False
    rows: int = 1_000_000
    """Messages of the scale run, of the exports and of the dashboard's month; subscriptions of the segments run; recipients of
    the fan-out."""
    dashboard: bool = False
    dashboards: int = 200
    """Open at once."""
    export: bool = False
    campaign: bool = False
    campaign_recipients: int = 200_000
    """Of the campaign beside which single sends are measured."""

    @property
    def messages(self) -> int:
        return self.asked or DEFAULT_MESSAGES

    @property
    def main(self) -> bool:
        """Throughput, baseline, paced, single sends, burst: left out where only something else is asked for."""
        alone = (self.singles, self.ramp, self.quota, self.scale, self.segments, self.dashboard, self.export)
        return self.asked is not None or not (self.campaign or any(alone))

    @property
    def baseline_messages(self) -> int:
        """Its rate is taken from its own run; it does not get faster with more."""
        return min(self.messages, BASELINE_AT_MOST)

    @property
    def alike_messages(self) -> int:
        """Of our run that the ratio is taken from: the baseline's token mix."""
        return min(self.messages, ALIKE_AT_MOST)

    @property
    def burst_messages(self) -> int:
        return min(self.messages, 100_000) if self.burst is None else self.burst

    @property
    def single_messages(self) -> int:
        return min(self.messages, SINGLES_AT_MOST)

    @property
    def paced_rate(self) -> float:
        """A small bench is paced slower, so that its run is as short."""
        return min(self.rate, self.messages / 2)

    @property
    def paced_seconds(self) -> float:
        return max(1.0, min(self.seconds, 2 * self.messages / self.rate))

    @property
    def looks(self) -> int:
        """Settlements whose way to an open page is timed."""
        return max(2, min(40, round(4 * self.seconds)))

    @property
    def pages(self) -> int:
        """Overviews that are timed."""
        return max(10, min(200, round(20 * self.seconds)))

    @property
    def quota_each(self) -> int:
        return max(10, min(2_000, self.messages // 20))
