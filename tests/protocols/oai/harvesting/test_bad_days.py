"""Providers that are busy, broken or gone, and harvests that are killed: in the end everything is
there, once."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database import open_database
from circulation.harvesting.progress import FIRST_WAIT, want_now
from protocols.oai.harvesting.provider import Provider, Unavailable
from protocols.oai.harvesting.settings import SourceSettings
from tests.builders.catalogue import a_record
from tests.builders.circulation import NOON, a_library
from tests.examples import examples
from tests.protocols.oai.harvesting.repository import Fault, Repository, marcxchange, running
from tests.protocols.oai.harvesting.stage import NAME, Stage

HANGS_UP = Fault(None)
BROKEN = Fault(200, (), b"<OAI-PMH><responseDate>")
NOT_XML = Fault(200, (), b"<html><body>Login</body></html>")


def filled(stage: Stage, number: int = 8) -> set[str]:
    for each in range(1, number + 1):
        stage.put(each)
    return {str(each) for each in range(1, number + 1)}


@pytest.mark.parametrize(
    "after",
    [
        Fault(503, (("Retry-After", "120"),)),
        Fault(429, (("Retry-After", "Wed, 25 Nov 2026 11:02:00 GMT"),)),
    ],
)
def test_whoever_asks_to_come_later_is_asked_later(stage: Stage, after: Fault) -> None:
    wanted = filled(stage)
    stage.repository.faults = [None, None, after]
    stage.harvest()
    assert stage.row.next_try == stage.library.now + timedelta(seconds=120)
    assert len(stage.titles) == 3
    assert stage.due == []
    stage.library.pass_time(seconds=121)
    assert stage.due == [NAME]
    assert stage.harvest() == {"told": 8, "added": 8}
    assert set(stage.titles) == wanted


@pytest.mark.parametrize("fault", [HANGS_UP, BROKEN, NOT_XML, Fault(500), Fault(404, (), b"?")])
def test_what_breaks_goes_on_where_it_was(stage: Stage, fault: Fault) -> None:
    wanted = filled(stage)
    stage.repository.faults = [None, None, fault]
    stage.harvest()
    assert stage.row.problem
    assert stage.row.next_try == stage.library.now + timedelta(seconds=FIRST_WAIT)
    asked = len(stage.repository.asked)
    stage.library.pass_time(seconds=FIRST_WAIT)
    assert stage.harvest() == {"told": 8, "added": 8}
    assert set(stage.titles) == wanted
    assert "resumptionToken" in stage.repository.asked[asked]
    assert (stage.row.problem, stage.row.tries) == ("", 0)


def test_it_waits_longer_and_longer(stage: Stage) -> None:
    filled(stage)
    stage.repository.faults = [Fault(500)] * 9
    waits = []
    for _ in range(9):
        stage.harvest()
        assert stage.row.next_try is not None
        waits.append((stage.row.next_try - stage.library.now).total_seconds())
        stage.library.now = stage.row.next_try
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert len(stage.titles) == 0
    stage.harvest()
    assert len(stage.titles) == 8


def test_a_token_that_is_none_any_more_begins_the_list_again(stage: Stage) -> None:
    wanted = filled(stage)
    stage.repository.bad_tokens = 1
    assert stage.harvest() == {"told": 11, "added": 8, "unchanged": 3}
    assert set(stage.titles) == wanted
    stage.library.pass_time(days=2)
    filled(stage)
    stage.repository.bad_tokens = 5
    stage.harvest()
    assert "badResumptionToken" in stage.row.problem
    stage.library.pass_time(hours=1)
    stage.harvest()
    assert stage.row.problem == ""
    assert set(stage.titles) == wanted


def test_a_list_that_comes_round_is_no_list(stage: Stage) -> None:
    filled(stage)
    original = stage.repository._list

    def round_and_round(arguments: dict[str, str]) -> str:
        made = original(
            {name: each for name, each in arguments.items() if name != "resumptionToken"}
        )
        token = "b" if arguments.get("resumptionToken") == "a" else "a"
        return (
            made.partition("<@resumptionToken>")[0]
            + f"<@resumptionToken>{token}</@resumptionToken></@ListRecords>"
        )

    stage.repository._list = round_and_round  # type: ignore[method-assign]
    stage.harvest()
    assert "round" in stage.row.problem
    assert len(stage.repository.asked) < 6


def test_control_characters_are_left_out(stage: Stage) -> None:
    stage.put(1, "Title")
    original = stage.repository.answer

    def dirty(arguments: dict[str, str]) -> bytes:
        return original(arguments).replace(b"Title", b"Ti\x0btl\x1fe&#x1F;")

    stage.repository.answer = dirty  # type: ignore[method-assign]
    stage.harvest()
    assert stage.titles == {"1": "Title"}


@pytest.mark.parametrize(
    ("octets", "left"),
    [
        (b"\xef\xbf\xbe&#xFFFF;\xed\xa0\x80&#xD800;", ""),
        (b"\xe5", "\ufffd"),  # a letter in Latin-1
        (b"&#xE5;", "å"),
    ],
)
def test_one_record_does_not_keep_the_others(stage: Stage, octets: bytes, left: str) -> None:
    stage.put(1, "A title")
    stage.put(2, "Another")
    original = stage.repository.answer

    def dirty(arguments: dict[str, str]) -> bytes:
        return original(arguments).replace(b"A title", b"A " + octets + b"title")

    stage.repository.answer = dirty  # type: ignore[method-assign]
    stage.harvest()
    assert stage.titles == {"1": f"A {left}title", "2": "Another"}


def test_a_control_number_that_no_index_holds(stage: Stage) -> None:
    """On PostgreSQL it would fail whenever it is tried, and everything behind it wait."""
    number = random.Random(1).randbytes(4_000).hex()  # nothing to compress
    data = a_record("A title", control_number=number)
    stage.repository.put("oai:x:1", marcxchange(data))
    stage.put(2, "Another")
    assert stage.harvest() == {"told": 2, "added": 2}
    assert stage.titles == {"": "A title", "2": "Another"}
    assert stage.harvest() == {"told": 2, "unchanged": 2}


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<OAI-PMH><ListRecords><record><header><identifier>&b;</identifier></header></record></ListRecords>
</OAI-PMH>"""


def test_a_document_with_entities_is_none(stage: Stage) -> None:
    stage.repository.faults = [None, Fault(200, (), BOMB)]
    stage.harvest()
    assert "DTD" in stage.row.problem
    assert stage.titles == {}


def test_errors_of_the_standard_are_told(stage: Stage) -> None:
    stage.settings["set"] = "nothing"
    body = b'<OAI-PMH><error code="noSetHierarchy">no <b/>sets</error></OAI-PMH>'
    stage.repository.faults = [None, Fault(400, (), body)]
    stage.harvest()
    assert stage.row.problem.startswith("noSetHierarchy")


@pytest.mark.parametrize("date", ["2099-01-01T00:00:00Z", "yesterday", "1999-01-01", ""])
def test_a_clock_that_is_wrong_misses_nothing(stage: Stage, date: str) -> None:
    stage.repository.date_is = date or None
    stage.harvest()
    assert stage.row.since is not None
    assert stage.row.since <= stage.library.now - timedelta(hours=1)


def test_who_asks_for_a_password_and_arguments_gets_them(stage: Stage) -> None:
    stage.settings |= {"user": "us", "password": "hush", "arguments": {"auth": "a/b/c"}}
    filled(stage)
    stage.harvest()
    assert len(stage.titles) == 8
    assert all(each.startswith("Basic ") for each in stage.repository.authorized)
    assert all(each["auth"] == "a/b/c" for each in stage.repository.asked)
    assert "hush" not in repr(SourceSettings("http://x/", password="hush"))


@pytest.mark.parametrize(
    "fault",
    [
        HANGS_UP,
        BROKEN,
        Fault(503),
        Fault(403),
        Fault(302, (("Location", "ftp://x/?auth=a/b/c"),)),
        Fault(302, (("Location", "/oai"),)),
    ],
)
def test_no_secret_is_told(stage: Stage, fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    stage.settings |= {"user": "us", "password": "hush", "arguments": {"auth": "a/b/c"}}
    stage.repository.faults = [fault] * 5
    stage.harvest()
    assert stage.row.problem
    for text in (stage.row.problem, stage.row.asked, caplog.text):
        assert "hush" not in text
        assert "a/b/c" not in text
        assert "a%2Fb%2Fc" not in text


def test_a_password_goes_nowhere_else(stage: Stage) -> None:
    stage.settings |= {"user": "us", "password": "hush"}
    with running(Repository(lambda: stage.library.now)) as other:
        stage.repository.faults = [Fault(302, (("Location", f"{other.url}?verb=Identify"),))]
        stage.harvest()
        assert other.authorized == [""]


NESTED = b"<record>" * 200 + b"<leader/>" + b"</record>" * 200


def test_records_within_records(stage: Stage) -> None:
    stage.repository.put("oai:x:1", NESTED)
    stage.repository.put("oai:x:2", b"<a>" + b"<record/>" * 20_000 + b"</a>")
    began = time.perf_counter()
    assert stage.harvest() == {"told": 2, "refused": 2}
    assert time.perf_counter() - began < 60
    assert len(stage.problems["oai:x:2"].problem) <= 500


def test_too_much_is_not_read(stage: Stage) -> None:
    settings = SourceSettings(stage.repository.url)
    stage.repository.faults = [Fault(200, (), b" " * (17 << 20))]
    with Provider(settings, lambda: NOON) as provider, pytest.raises(Unavailable) as told:
        provider.identify()
    assert "octets" in str(told.value)


def test_nobody_there() -> None:
    settings = SourceSettings("http://127.0.0.1:9/oai", timeout=5)
    with Provider(settings, lambda: NOON) as provider, pytest.raises(Unavailable):
        provider.identify()


def test_it_is_asked_once_a_day_at_its_hour(stage: Stage) -> None:
    """At 3 in Copenhagen; NOON is 12 there."""
    filled(stage)
    assert stage.due == []
    stage.library.pass_time(hours=14, minutes=59)
    assert stage.due == []
    stage.library.pass_time(minutes=1)
    assert stage.due == [NAME]
    stage.harvest()
    assert stage.due == []
    stage.library.pass_time(hours=23)
    assert stage.due == []
    stage.library.write(lambda transaction: want_now(transaction, NAME))
    assert stage.due == [NAME]
    stage.harvest()
    assert stage.due == []
    stage.library.pass_time(hours=2)
    assert stage.due == [NAME]


def test_another_address_is_another_source(stage: Stage) -> None:
    filled(stage)
    stage.harvest()
    assert stage.row.since is not None
    stage.settings["set"] = "all"
    stage.harvester()
    assert stage.row.since is None


class Killed(BaseException):
    """As by kill -9: nothing is put in order."""


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(1, 12)),
            st.tuples(st.just("withdraw"), st.integers(1, 12)),
            st.tuples(st.just("kill"), st.integers(0, 5)),
            st.tuples(st.sampled_from(["fault", "token", "harvest", "day"]), st.just(0)),
        ),
        max_size=25,
    )
)
@examples(40)
def test_in_the_end_the_catalogue_has_what_the_repository_has(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: object, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("harvest") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())  # type: ignore[attr-defined]
    database = open_database(f"sqlite:///{path}")
    library = a_library(database)
    with running(Repository(lambda: library.now, page=2)) as repository:
        stage = Stage(library, repository)
        version = 0
        for what, number in steps:
            library.pass_time(minutes=7)
            if what == "put":
                version += 1
                stage.put(number, f"Title {version}")
            elif what == "withdraw" and f"oai:x:{number}" in repository.kept:
                stage.withdraw(number)
            elif what == "fault":
                repository.faults = [None, HANGS_UP, HANGS_UP]
            elif what == "token":
                repository.bad_tokens = 1
            elif what == "day":
                library.pass_time(days=1)
            elif what == "harvest":
                stage.harvest()
            elif what == "kill":
                killed(stage, number)
        repository.faults, repository.bad_tokens = [], 0
        for _ in range(2):  # what was under way; and a list that begins now
            library.pass_time(hours=2)
            stage.harvest()
        wanted = {
            name.rpartition(":")[2] for name, each in repository.kept.items() if each.metadata
        }
        assert set(stage.titles) == wanted
        for number in wanted:
            title = stage.titles[number].encode()
            assert title in (repository.kept[f"oai:x:{number}"].metadata or b"")
    database.close()


def killed(stage: Stage, after: int) -> None:
    """The process ends before its transaction with that number."""
    harvester = stage.harvester()
    left, original = [after], harvester._write

    def write(work: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return original(work)  # type: ignore[arg-type]

    harvester._write = write  # type: ignore[assignment, method-assign]
    try:
        harvester.tell(NAME)
    except Killed:
        stage.library.pass_time(minutes=10)  # the lease runs out
