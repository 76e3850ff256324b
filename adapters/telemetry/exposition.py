"""Everything that is counted or looked up, in Prometheus' text format, over a listener of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from adapters.telemetry.catalogue import BY_NAME, Kind, Metric
from adapters.telemetry.folded import Distribution
from application.ports.measures import Figure

log = logging.getLogger(__name__)

Sample = Figure | Distribution
Source = Callable[[], Iterable[Sample]]
"""Asked at every scrape, in the listener's thread: it must be quick and must not touch the event loop."""


class Exposition(Collector):
    """The sources of one process as one registry of its own."""

    def __init__(self, sources: Iterable[Source] = ()) -> None:
        self.sources = list(sources)
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def text(self) -> bytes:
        """What a scrape answers."""
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Family]:
        families: dict[str, Family] = {}
        for source in self.sources:
            try:
                for sample in source():
                    _add(families, sample)
            except Exception:
                # One source that fails must not hide the others from whoever looks for the reason.
                log.exception("a source of metrics failed")
        yield from families.values()

    def describe(self) -> Iterator[Family]:
        """Nothing is known before it is collected."""
        return iter(())


def _add(families: dict[str, Family], sample: Sample) -> None:
    metric = BY_NAME[sample.name]
    family = families.get(metric.name)
    if family is None:
        family = families[metric.name] = _family(metric)
    if isinstance(sample, Distribution):
        assert isinstance(family, HistogramMetricFamily)
        family.add_metric(sample.labels, buckets=list(sample.buckets), sum_value=sample.total)
    else:
        assert isinstance(family, (CounterMetricFamily, GaugeMetricFamily))
        family.add_metric(sample.labels, float(sample.value))


def _family(metric: Metric) -> Family:
    labels = list(metric.labels)
    if metric.kind is Kind.COUNTER:
        return CounterMetricFamily(metric.name, metric.help, labels=labels)
    if metric.kind is Kind.GAUGE:
        return GaugeMetricFamily(metric.name, metric.help, labels=labels)
    return HistogramMetricFamily(metric.name, metric.help, labels=labels)


def listen(exposition: Exposition, host: str, port: int) -> Callable[[], None]:
    """Serve `/metrics` from a thread until the answer is called. Raise OSError when the port is taken."""
    server, thread = start_http_server(port, host, exposition.registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)

    return close
