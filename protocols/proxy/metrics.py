"""The proxy's figures for Prometheus, on a port of their own where proxy.toml names one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from twisted.web.resource import Resource

from protocols.hosting.error_pages import ParentResource
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.requests import BoundedRequest
from protocols.proxy.proxy import Proxy
from protocols.proxy.settings import MODES
from protocols.proxy.status import unequal_of


class _Collector:
    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def collect(self) -> Iterator[Metric]:
        proxy, state = self._proxy, self._proxy.state
        modes = GaugeMetricFamily("tiro_proxy_terminals", "Terminals by mode.", labels=["mode"])
        for mode in MODES:
            number = sum(proxy.modes.of(each.login) == mode for each in proxy.settings.terminals)
            modes.add_metric([mode], number)
        yield modes
        down = GaugeMetricFamily("tiro_proxy_down", "1 while a system is down.", labels=["system"])
        told = GaugeMetricFamily(
            "tiro_proxy_to_be_told", "What a system has still to be told.", labels=["system"]
        )
        clock = GaugeMetricFamily(
            "tiro_proxy_clock_seconds",
            "Seconds that the clock of a system is ahead of the proxy's.",
            labels=["system"],
        )
        judged = GaugeMetricFamily("tiro_proxy_to_be_judged", "Exchanges that wait for a verdict.")
        judged.add_metric([], sum(each.to_judge for each in proxy.carriers.values()))
        for system, health in proxy.health.items():
            down.add_metric([system], health.is_down)
            told.add_metric([system], sum(key[2] == system for key in state.tasks))
            clock.add_metric([system], proxy.offset(system))
        yield from (down, told, judged, clock)
        person = GaugeMetricFamily("tiro_proxy_for_a_person", "What could not be told.")
        person.add_metric([], len(state.for_a_person))
        yield person
        unequal = GaugeMetricFamily(
            "tiro_proxy_unequal", "In what the two systems differ, by branch.", labels=["branch"]
        )
        for branch, number in unequal_of(proxy)["branches"].items():
            unequal.add_metric([branch], number)
        yield unequal
        counted = CounterMetricFamily(
            "tiro_proxy_messages", "What was answered, told and missed.", labels=["what"]
        )
        for what, count in state.counts.items():
            counted.add_metric([what], count)
        yield counted
        journal = CounterMetricFamily("tiro_proxy_journal_records", "Records written.")
        journal.add_metric([], proxy.journal.records)
        yield journal
        syncs = CounterMetricFamily("tiro_proxy_journal_syncs", "Waits for the disk.")
        syncs.add_metric([], proxy.journal.syncs)
        yield syncs
        trouble = GaugeMetricFamily(
            "tiro_proxy_journal_trouble", "1 while the journal cannot be written."
        )
        trouble.add_metric([], proxy.journal.trouble is not None)
        yield trouble


class _Metrics(Resource):
    isLeaf = True  # noqa: N815

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._registry = registry

    def render_GET(self, request: Any) -> bytes:  # noqa: N802
        request.setHeader(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
        return generate_latest(self._registry)


def site_of(proxy: Proxy) -> Any:
    """What answers GET /metrics, and nothing else."""
    registry = CollectorRegistry()
    registry.register(_Collector(proxy))
    root: Any = ParentResource()  # type: ignore[no-untyped-call]
    root.putChild(b"metrics", _Metrics(registry))
    return EndingSite(root, requestFactory=BoundedRequest, timeout=60)
