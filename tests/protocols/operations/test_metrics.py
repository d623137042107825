"""Metrics against their documentation, and their labels against the limits of a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

import protocols.operations
from catalogue.database import Sizes, open_database
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Services
from protocols.hosting.peers import Told
from protocols.hosting.traces import OK
from protocols.operations.fleet import AddedUp
from protocols.operations.messages import Condition, Identity
from protocols.operations.metrics import Counted, registry_for

FOLDER = Path(protocols.operations.__path__[0])
CONDITION = Condition(Sizes(1, 2), 3, {"waiting": 4}, {"notices": datetime.now(UTC)}, 0.1)


@pytest.fixture
def services(sqlite_url: str) -> Iterator[Services]:
    database = open_database(sqlite_url)
    services = Services(
        database, Circulation(), lambda: datetime.now(UTC), lambda *_: None, lambda *_: None
    )
    yield services
    services.close()
    database.close()


def shown(services: Services, condition: Condition | None = CONDITION) -> str:
    counted = Counted(services, Identity("1.0", 1, "abc"), condition)
    return generate_latest(registry_for(counted)).decode()


def our_names(text: str) -> set[str]:
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(text)
        if family.name.startswith("tiro_")
    } - {"tiro_process"} | {"tiro_process_info"}


def of_workers(services: Services) -> set[str]:
    """The names that only several workers together have."""
    alone = Counted(services, Identity("1.0", 1, "abc"), CONDITION)
    found = {each.name for each in AddedUp(alone, Told((), {})).collect()}
    return {name for name in found if name.startswith("tiro_worker")}


def test_each_metric_has_its_line_in_the_readme_and_no_other_has(services: Services) -> None:
    documented = re.findall(r"^\| `(tiro_\w+)` \|", (FOLDER / "README.md").read_text(), re.M)
    assert sorted(documented) == sorted(our_names(shown(services)) | of_workers(services))


def test_rules_name_metrics_that_there_are(services: Services) -> None:
    named = set(re.findall(r"\btiro_\w+", (FOLDER / "alerts.yml").read_text()))
    names = our_names(shown(services)) | of_workers(services)
    histograms = {f"{name}_bucket" for name in names if name.endswith("_seconds")}
    assert named <= names | histograms


def test_every_metric_has_words_and_a_type(services: Services) -> None:
    for family in text_string_to_metric_families(shown(services)):
        assert family.documentation, family.name
        assert family.type != "unknown", family.name


def test_without_the_database_the_rest_is_told(services: Services) -> None:
    text = shown(services, condition=None)
    assert "tiro_database_up 0.0" in text
    assert "tiro_database_size_bytes" not in text
    assert "tiro_lane_jobs" in text


def test_many_scrapes_count_nothing_twice(services: Services) -> None:
    meter = services.measures.meter("sip2")
    for _ in range(3):
        meter.end(meter.begin("Checkout"), OK)
    for _ in range(3):
        assert 'kind="Checkout",outcome="ok",standard="sip2"} 3.0' in shown(services)
