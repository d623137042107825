"""What was counted, as Prometheus metrics, which are made when somebody asks. The README has a line
for each of them, which a test makes sure of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from protocols.hosting.answering import Services, Stage
from protocols.hosting.logs import lines_written
from protocols.hosting.traces import BOUNDS, Times
from protocols.operations.messages import Condition, Identity

Labels = dict[str, str]

_BUCKETS = (*(repr(bound) for bound in BOUNDS), "+Inf")


class Counted(Collector):
    """All that one process has counted, and what the database said of itself, if it answered."""

    def __init__(self, services: Services, identity: Identity, condition: Condition | None) -> None:
        self._services = services
        self._identity = identity
        self._condition = condition

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are not checked at registration."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from self.of_process()
        yield from self.of_database()

    def of_process(self) -> Iterator[Metric]:
        """What this process has counted itself."""
        yield from self._process()
        yield from self._requests()
        yield from self._lanes()
        yield from self._replica()

    def _process(self) -> Iterator[Metric]:
        measures, identity = self._services.measures, self._identity
        known = InfoMetricFamily("tiro_process", "The process that answers.", labels=[])
        facts = {
            "version": identity.version,
            "process": identity.process,
            "database": self._services.database.dialect,
        }
        known.add_metric([], facts)
        yield known
        yield _gauge(
            "tiro_process_stage",
            "1 for the stage that the process is in.",
            [({"stage": each.value}, each is self._services.stage) for each in Stage],
        )
        yield _gauge("tiro_reactor_lag_seconds", "The last.", [({}, measures.lag.last)])
        yield _histogram(
            "tiro_reactor_lateness_seconds",
            "How late timers of the reactor fired.",
            [({}, measures.lag.times)],
        )
        yield _counter(
            "tiro_log_lines",
            "Lines written to the log.",
            [({"level": level}, number) for level, number in sorted(lines_written.items())],
        )

    def _requests(self) -> Iterator[Metric]:
        meters = self._services.measures.meters.values()
        yield _counter(
            "tiro_requests",
            "Requests answered.",
            [
                (
                    {"standard": meter.name, "kind": kind.name, "outcome": outcome},
                    sum(times.counts),
                )
                for meter in meters
                for kind in list(meter.kinds.values())
                for outcome, times in sorted(kind.times.items())
            ],
        )
        yield _histogram(
            "tiro_request_duration_seconds",
            "From a whole request to its answer.",
            [
                ({"standard": meter.name, "kind": kind.name, "outcome": outcome}, times)
                for meter in meters
                for kind in list(meter.kinds.values())
                for outcome, times in sorted(kind.times.items())
            ],
        )
        yield _counter(
            "tiro_slow_requests",
            "Requests that took slow_ms or longer.",
            [({"standard": meter.name}, meter.slow) for meter in meters],
        )
        yield _gauge(
            "tiro_connections",
            "Connections that are open.",
            [
                ({"standard": meter.name}, meter.connections)
                for meter in meters
                if meter.connections is not None
            ],
        )

    def _lanes(self) -> Iterator[Metric]:
        measures = self._services.measures
        lanes = [({"lane": lane.name}, lane) for lane in measures.lanes]
        yield _gauge(
            "tiro_lane_jobs",
            "Work in a lane that waits or runs.",
            [(labels, lane.under_way) for labels, lane in lanes],
        )
        yield _histogram(
            "tiro_lane_wait_seconds",
            "How long work waited for a thread; bounded reads on SQLite never do.",
            [(labels, lane.waits) for labels, lane in lanes],
        )
        yield _histogram(
            "tiro_lane_run_seconds",
            "How long work ran, tries that lost a race among it.",
            [(labels, lane.runs) for labels, lane in lanes],
        )
        yield _histogram(
            "tiro_lane_commit_seconds",
            "From the end of the work until it was durable.",
            [(labels, lane.commits) for labels, lane in lanes],
        )
        yield _counter(
            "tiro_lane_retries",
            "Tries of work that lost a race or its connection.",
            [(labels, lane.retries) for labels, lane in lanes],
        )
        waiting = self._services.database.waiting()
        yield _gauge("tiro_queue_length", "Work that waits for a thread.", [({}, waiting)])
        yield _gauge(
            "tiro_pins_being_verified",
            "PINs that are being hashed, or wait to be.",
            [({}, measures.verifying)],
        )
        yield _histogram(
            "tiro_pin_verification_seconds",
            "From the need to hash a PIN to the verdict.",
            [({}, measures.verifications)],
        )

    def _replica(self) -> Iterator[Metric]:
        replica = self._services.database.replica
        there = [] if replica is None else [replica]
        yield _gauge(
            "tiro_replica_in_use",
            "1 where searches are sent to the replica.",
            [({}, each.is_in_use) for each in there],
        )
        yield _gauge(
            "tiro_replica_lag_seconds",
            "How far it was behind at the last look.",
            [({}, each.lag_seconds) for each in there if each.lag_seconds is not None],
        )
        yield _counter(
            "tiro_replica_reads", "Reads that it did.", [({}, each.answered) for each in there]
        )
        yield _counter(
            "tiro_replica_reads_at_primary",
            "Reads that were its own, and the primary did.",
            [
                ({"reason": reason}, number)
                for each in there
                for reason, number in sorted(each.instead.items())
            ],
        )

    def of_database(self) -> Iterator[Metric]:
        """What is the same whichever process asks."""
        found = self._condition
        yield _gauge(
            "tiro_database_up", "1 where it answered this scrape.", [({}, found is not None)]
        )
        if found is None:
            return
        yield _gauge("tiro_database_answer_seconds", "How long it took to.", [({}, found.seconds)])
        yield _gauge(
            "tiro_database_size_bytes", "The whole database.", [({}, found.sizes.database)]
        )
        yield _gauge(
            "tiro_database_log_bytes", "SQLite's write-ahead log.", [({}, found.sizes.log)]
        )
        yield _gauge("tiro_notices_due", "Notices whose time has come.", [({}, found.due_notices)])
        yield _gauge(
            "tiro_messages_open",
            "Messages not known to be sent.",
            [({"state": state}, number) for state, number in found.open_messages.items()],
        )
        yield _gauge(
            "tiro_job_last_run_timestamp_seconds",
            "When a daily job was last at its end.",
            [({"job": job}, at.timestamp()) for job, at in sorted(found.last_runs.items())],
        )


def _gauge(name: str, text: str, samples: Iterable[tuple[Labels, float]]) -> Metric:
    family = GaugeMetricFamily(name, text)
    for labels, value in samples:
        family.add_sample(name, labels, float(value))
    return family


def _counter(name: str, text: str, samples: Iterable[tuple[Labels, float]]) -> Metric:
    family = CounterMetricFamily(name, text)
    for labels, value in samples:
        family.add_sample(f"{name}_total", labels, float(value))
    return family


def _histogram(name: str, text: str, samples: Iterable[tuple[Labels, Times]]) -> Metric:
    family = HistogramMetricFamily(name, text)
    for labels, times in samples:
        added = list(accumulate(times.counts))
        for bound, number in zip(_BUCKETS, added, strict=True):
            family.add_sample(f"{name}_bucket", {**labels, "le": bound}, float(number))
        family.add_sample(f"{name}_count", labels, float(added[-1]))
        family.add_sample(f"{name}_sum", labels, times.total)
    return family


def process_registry() -> CollectorRegistry:
    """What prometheus-client knows of the process, the collector and Python."""
    registry = CollectorRegistry()
    for kind in (ProcessCollector, PlatformCollector, GCCollector):
        kind(registry=registry)
    return registry


def registry_for(counted: Counted) -> CollectorRegistry:
    """What a process without a supervisor reports; see `fleet` for the others."""
    registry = process_registry()
    registry.register(counted)
    return registry
