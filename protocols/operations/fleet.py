"""Adds up what several workers have counted: each gives its counts as JSON, and the one that is
asked makes sums of them.

    {"added": {sample: number},    counters and histograms: sums that include dead workers
     "open": {sample: number},     what is there now: sums over live workers
     "own": {sample: number},      what cannot be added: a label `worker` says whose it is
     "process": "9e487ec1", "stage": "serving", "lag_seconds": 0.001}

A sample is written as JSON: its family, its name and its labels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from protocols.hosting.answering import Services
from protocols.hosting.peers import Counts, Told
from protocols.operations.messages import Identity, WorkerReport
from protocols.operations.metrics import Counted, process_registry

#: Gauges whose sum over all workers is of interest.
SUMMED: Final = frozenset(
    {
        "tiro_connections",
        "tiro_lane_jobs",
        "tiro_pins_being_verified",
        "tiro_queue_length",
    }
)


def counts_of(services: Services, identity: Identity) -> Counts:
    """What this process has counted."""
    counts: Counts = {"added": {}, "open": {}, "own": {}}
    for family in Counted(services, identity, None).of_process():
        if family.type in ("counter", "histogram"):
            kind = "added"
        else:
            kind = "open" if family.name in SUMMED else "own"
        counts[kind].update(_written(family))
    for family in process_registry().collect():
        counts["own"].update(_written(family))
    facts = {"process": identity.process, "stage": services.stage.value}
    return counts | facts | {"lag_seconds": services.measures.lag.last}


def _written(family: Metric) -> Iterator[tuple[str, float]]:
    for sample in family.samples:
        yield json.dumps([family.name, sample.name, sample.labels], sort_keys=True), sample.value


def reports_of(told: Told) -> tuple[WorkerReport, ...]:
    """The workers, for people; one that has not answered in time is shown as such."""
    found = []
    for each in told.workers:
        answers = each.counts is not None and not each.is_late
        counts = each.counts if each.counts is not None and answers else {}
        found.append(
            WorkerReport(
                str(each.worker),
                each.pid,
                counts.get("process"),
                each.state,
                answers,
                counts.get("stage"),
                counts.get("lag_seconds"),
            )
        )
    return tuple(found)


class AddedUp(Collector):
    """What all workers have counted, in the families of the one that is asked; only that one asks
    the database. A family that only other workers know, as during a roll to another version, waits
    until one of them is asked."""

    def __init__(self, counted: Counted, told: Told) -> None:
        self._counted = counted
        self._told = told

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        samples = self._samples()
        for family in (*self._counted.of_process(), *process_registry().collect()):
            family.samples = samples.get(family.name, [])
            yield family
        up = GaugeMetricFamily("tiro_worker_up", "1 where the worker answered this scrape.")
        for each in reports_of(self._told):
            if each.state != "starting":
                up.add_sample(up.name, {"worker": each.worker}, float(each.answers))
        yield up
        yield from self._counted.of_database()

    def _samples(self) -> dict[str, list[Sample]]:
        """By family."""
        values: Counter[str] = Counter()
        found: dict[str, list[Sample]] = {}
        for each in self._told.workers:
            counts = each.counts or {}
            values.update(counts.get("added", {}))
            values.update(counts.get("open", {}))
            if not each.is_late:
                for text, value in counts.get("own", {}).items():
                    family, name, labels = json.loads(text)
                    labels["worker"] = str(each.worker)
                    found.setdefault(family, []).append(Sample(name, labels, value))
        values.update(self._told.gone)
        for text, value in values.items():
            family, name, labels = json.loads(text)
            found.setdefault(family, []).append(Sample(name, labels, value))
        return found


def fleet_registry(counted: Counted, told: Told) -> CollectorRegistry:
    """What one of several workers reports."""
    registry = CollectorRegistry()
    registry.register(AddedUp(counted, told))
    return registry
