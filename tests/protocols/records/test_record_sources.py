"""Fetching records: from a real Tiro over both standards, and from targets that are slow or bad."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from catalogue.searching.standard_numbers import readings
from protocols.records.accession_settings import AccessionSettings, TargetSettings
from protocols.records.record_sources import Outcome, SourceError, Targets, open_source
from tests.protocols.listeners import a_listener, saying, silent
from tests.servers import RunningServer, free_ports

#: Of the demo library: Things Fall Apart.
ISBN = "9780679446231"
ISBN_10 = "0679446230"

Make = Callable[[RunningServer], TargetSettings]


def z3950(server: RunningServer, **fields: Any) -> TargetSettings:
    values = {"name": "z", "kind": "z3950", "host": "127.0.0.1", "port": server.z3950} | fields
    return TargetSettings(**values)


def sru(server: RunningServer, **fields: Any) -> TargetSettings:
    url = f"http://127.0.0.1:{server.http}/sru/Default"
    return TargetSettings(**({"name": "s", "kind": "sru", "url": url} | fields))


def fetch(*settings: TargetSettings, number: str = ISBN, deadline: float = 5.0) -> Outcome:
    with Targets(AccessionSettings(deadline, settings)) as targets:
        return targets.fetch(readings(number))


@pytest.mark.parametrize(
    "make",
    [
        z3950,
        lambda server: z3950(server, syntax="xml", schema="marcxml"),
        lambda server: z3950(server, syntax="xml", schema="http://www.loc.gov/MARC21/slim"),
        lambda server: z3950(server, queries={"isbn": "@attr 1=7 @attr 4=1"}),
        sru,
        lambda server: sru(server, version="1.1"),
        lambda server: sru(server, version="2.0"),
        lambda server: sru(server, queries={"isbn": "cql.anywhere"}),
    ],
)
@pytest.mark.parametrize("number", [ISBN, ISBN_10])
def test_a_record_comes_from_tiro(demo_server: RunningServer, make: Make, number: str) -> None:
    outcome = fetch(make(demo_server), number=number)
    assert outcome.fetched is not None, outcome
    assert outcome.fetched.description.title.startswith("Things Fall Apart")
    assert outcome.fetched.record_format == "marc21"
    assert [asked.problem for asked in outcome.asked] == [""]


@pytest.mark.parametrize("make", [z3950, sru])
def test_no_record_is_no_problem(demo_server: RunningServer, make: Make) -> None:
    outcome = fetch(make(demo_server), number="9788700000018")
    assert (outcome.fetched, outcome.asked[0].problem) == (None, "")


def test_connections_are_kept_and_opened_again(demo_server: RunningServer) -> None:
    for settings in (z3950(demo_server), sru(demo_server)):
        source = open_source(settings)
        (number, *_) = readings(ISBN)
        assert len(source.fetch(number)) == 1
        assert len(source.fetch(number)) == 1
        source.close()
        assert len(source.fetch(number)) == 1
        source.close()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda server: z3950(server, queries={"isbn": "@attr 1=9999"}), "use attribute"),
        (lambda server: z3950(server, queries={"isbn": "isbn"}), "not an attribute"),
        (lambda server: z3950(server, database="nowhere"), "database unavailable"),
        (lambda server: z3950(server, port=free_ports(1)[0]), "no answer"),
        (lambda server: sru(server, queries={"isbn": "dc.nothing"}), "Unsupported index"),
        (lambda server: sru(server, schema="nothing"), "nknown schema"),
        (lambda server: sru(server, url="http://127.0.0.1:1/x"), "no answer"),
    ],
)
def test_what_a_target_has_against_it_is_told(
    demo_server: RunningServer, make: Make, why: str
) -> None:
    (number, *_) = readings(ISBN)
    source = open_source(make(demo_server))
    with pytest.raises(SourceError, match=why):
        source.fetch(number)
    source.close()
    assert why in fetch(make(demo_server)).asked[0].problem


def test_of_several_the_first_in_order_is_taken(demo_server: RunningServer) -> None:
    both = (z3950(demo_server), sru(demo_server))
    for order in (both, both[::-1]):
        outcome = fetch(*order)
        assert outcome.fetched is not None
        assert outcome.fetched.source == order[0].name
        assert [asked.target for asked in outcome.asked] == [order[0].name]


def test_a_silent_target_costs_the_deadline_and_no_more(demo_server: RunningServer) -> None:
    with a_listener(silent) as port:
        mute = z3950(demo_server, name="mute", port=port, timeout=1.0)
        begun = time.monotonic()
        outcome = fetch(mute, sru(demo_server), deadline=0.4)
        assert time.monotonic() - begun < 0.9
        assert outcome.fetched is not None
        assert outcome.fetched.source == "s"
        assert [asked.problem for asked in outcome.asked] == ["did not answer in time", ""]


def test_a_target_that_is_busy_still_is_passed_over(demo_server: RunningServer) -> None:
    with a_listener(silent) as port:
        mute = z3950(demo_server, name="mute", port=port, timeout=1.2)
        with Targets(AccessionSettings(0.3, (mute, sru(demo_server)))) as targets:
            for _ in range(2):
                outcome = targets.fetch(readings(ISBN))
                assert outcome.fetched is not None
                assert outcome.fetched.source == "s"


def test_a_bad_target_does_not_wait_for_the_deadline(demo_server: RunningServer) -> None:
    with a_listener(saying(b"SSH-2.0-nothing\r\n")) as port:
        bad = z3950(demo_server, name="bad", port=port)
        begun = time.monotonic()
        outcome = fetch(bad, sru(demo_server), deadline=5.0)
        assert time.monotonic() - begun < 2
        assert outcome.fetched is not None
        assert "this is no Z39.50" in outcome.asked[0].problem


def test_without_targets_nothing_is_found() -> None:
    assert fetch() == Outcome(None, ())
