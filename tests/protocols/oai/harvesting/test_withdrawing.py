"""What a source withdraws: deleted where nothing needs it, else listed for people."""

from __future__ import annotations

from catalogue.changes.accession import add_record
from circulation.harvesting.progress import forget_source
from circulation.harvesting.rows import ProblemKind
from circulation.items.removal import remove_item
from tests.builders.catalogue import a_record
from tests.protocols.oai.harvesting.stage import NAME, Stage


def test_what_has_items_stays_until_they_are_gone(stage: Stage) -> None:
    stage.put(1)
    stage.harvest()
    barcode = stage.add_copy(1)
    stage.library.pass_time(hours=3)
    stage.withdraw(1)
    assert stage.harvest() == {"told": 1, "needed": 1}
    problem = stage.problems["oai:x:1"]
    assert (problem.kind, problem.problem) == (ProblemKind.NEEDED, "it has items (1)")
    assert problem.record_id == stage.id_of(1)
    since = problem.since
    stage.library.pass_time(days=1)
    assert stage.harvest() == {"told": 1, "needed": 1}  # within the hour that is asked again
    stage.library.pass_time(days=1)
    assert stage.harvest() == {}
    assert stage.problems["oai:x:1"].since == since
    stage.library.write(lambda t: remove_item(stage.library.act(t), item=barcode))
    stage.library.pass_time(days=1)
    assert stage.harvest() == {"withdrawn": 1}
    assert (stage.titles, stage.problems) == ({}, {})


def test_what_comes_back_is_no_problem_any_more(stage: Stage) -> None:
    stage.put(1)
    stage.harvest()
    stage.add_copy(1)
    stage.withdraw(1)
    stage.harvest()
    assert stage.problems
    stage.put(1, "Back")
    assert stage.harvest() == {"told": 1, "replaced": 1}
    assert stage.problems == {}


def test_too_many_are_kept_for_people(stage: Stage) -> None:
    stage.settings["most_withdrawn"] = 3
    for number in range(1, 9):
        stage.put(number)
    stage.harvest()
    for number in range(1, 9):
        stage.withdraw(number)
    assert stage.harvest() == {"told": 8, "withdrawn": 3, "kept": 5}
    assert len(stage.titles) == 5
    assert stage.harvest() == {"told": 8}
    stage.library.pass_time(days=1)
    stage.harvest()
    assert len(stage.problems) == 5
    assert stage.harvester().withdraw(NAME)["withdrawn"] == 5
    assert (stage.titles, stage.problems) == ({}, {})


def test_what_was_never_here_is_nothing(stage: Stage) -> None:
    stage.put(1)
    stage.withdraw(1)
    assert stage.harvest() == {"told": 1}
    assert (stage.titles, stage.problems) == ({}, {})


def test_a_record_that_was_loaded_is_found_by_its_number(stage: Stage) -> None:
    now = stage.library.now
    for title in ("Mine", "Other"):
        data = a_record(title, control_number="7" if title == "Mine" else "8")
        stage.library.write(lambda transaction, data=data: add_record(transaction, data, now=now))
    stage.put(7)
    stage.withdraw(7)
    stage.harvest()
    assert set(stage.titles) == {"7", "8"}
    stage.settings["number_in"] = "oai:x:([0-9]+)$"
    assert stage.harvest() == {"told": 1, "withdrawn": 1}
    assert set(stage.titles) == {"8"}


def test_what_two_sources_have_stays_as_long_as_one_has_it(stage: Stage) -> None:
    stage.put(1)
    stage.put(2)
    stage.harvest()
    row = "INSERT INTO harvested_records VALUES ('other', 'x', {})"
    number = stage.id_of(1)
    stage.library.write(lambda t: t.execute(row.format(number), ()))
    stage.withdraw(1)
    assert stage.harvest()["told"] == 2
    assert set(stage.titles) == {"1", "2"}


def test_records_of_another_agency_are_not_touched(stage: Stage) -> None:
    agency, now = stage.library.main.agency_id, stage.library.now
    data = a_record("Ours", control_number="1")
    stage.library.write(lambda t: add_record(t, data, now=now, agency_id=agency))
    stage.settings["number_in"] = ":([0-9]+)$"
    stage.put(2)
    stage.repository.put("oai:x:1", b"<nothing/>")
    stage.withdraw(1)
    stage.harvest()
    assert set(stage.titles) == {"1", "2"}


def test_a_source_that_is_forgotten_leaves_its_records(stage: Stage) -> None:
    stage.put(1)
    stage.harvest()
    assert stage.library.write(lambda t: forget_source(t, NAME))
    assert not stage.library.write(lambda t: forget_source(t, NAME))
    assert set(stage.titles) == {"1"}
