"""Lists read to their end, and what becomes of their records in the catalogue."""

from __future__ import annotations

import pytest

from catalogue.changes.accession import add_record
from catalogue.database import Statement, many
from circulation.harvesting.rows import ProblemKind
from circulation.kernel.events import Event, EventKind, select_events
from circulation.kernel.schema import events
from circulation.records.changes import merge_records
from tests.builders.catalogue import a_record
from tests.protocols.oai.harvesting.repository import marcxchange
from tests.protocols.oai.harvesting.stage import NAME, Stage


@many(Event)
def _of_harvests() -> Statement:
    return select_events(events.c.kind == EventKind.RECORDS_HARVESTED.value).order_by(events.c.id)


def test_everything_first_and_then_what_has_changed(stage: Stage) -> None:
    for number in range(1, 8):
        stage.put(number, f"Title {number}")
    stage.library.pass_time(hours=2)
    assert stage.harvest() == {"told": 7, "added": 7}
    assert stage.titles == {str(number): f"Title {number}" for number in range(1, 8)}
    first = stage.repository.asked[1]
    assert first == {"verb": "ListRecords", "metadataPrefix": "marcxchange"}
    stage.library.pass_time(days=1)
    stage.put(3, "Another title")
    stage.withdraw(5)
    assert stage.harvest() == {"told": 2, "replaced": 1, "withdrawn": 1}
    assert stage.titles["3"] == "Another title"
    assert "5" not in stage.titles
    assert "from" in stage.repository.asked[-1]
    told = stage.library.read(_of_harvests)
    assert [each.after["told"] for each in told] == [7, 2]
    assert (stage.row.problem, stage.row.list_begun) == ("", None)


def test_again_it_changes_nothing(stage: Stage) -> None:
    for number in range(5):
        stage.put(number + 1)
    stage.harvest()
    before = stage.id_of(1)
    assert stage.harvest() == {"told": 5, "unchanged": 5}  # within the hour that is asked again
    assert stage.id_of(1) == before


@pytest.mark.parametrize("prefix", ["", "oai", "x-y"])
@pytest.mark.parametrize("has_days", [False, True])
def test_ways_of_stock_providers(stage: Stage, prefix: str, has_days: bool) -> None:
    stage.repository.prefix, stage.repository.has_days = prefix, has_days
    for number in range(1, 5):
        stage.put(number)
    stage.library.pass_time(days=2)
    assert stage.harvest()["added"] == 4
    stage.library.pass_time(days=2)
    stage.put(2, "Changed")
    assert stage.harvest() == {"told": 1, "replaced": 1}
    assert len(stage.repository.asked[-1]["from"]) == (10 if has_days else 20)


def test_an_empty_list(stage: Stage) -> None:
    assert stage.harvest() == {}
    assert stage.row.last_finished == stage.library.now
    assert stage.row.problem == ""


def test_a_list_that_shrinks_to_nothing(stage: Stage) -> None:
    """The rest of a list may be gone when it is asked for."""
    stage.repository.page = 2
    for number in range(1, 4):
        stage.put(number)
    stage.repository._lists.clear()
    harvester = stage.harvester()
    original = stage.repository._list

    def shrinking(arguments: dict[str, str]) -> str:
        if "resumptionToken" in arguments:
            return '<@error code="noRecordsMatch"/>'
        return original(arguments)

    stage.repository._list = shrinking  # type: ignore[method-assign]
    harvester.tell(NAME)
    assert stage.row.list_begun is None
    assert stage.row.problem == ""
    assert len(stage.titles) == 2


def test_what_is_there_already_is_overlaid_and_local_fields_stay(stage: Stage) -> None:
    own = [("590", "  ", ["a", "our note"])]
    data = a_record("As loaded", control_number="7", fields=own)
    now = stage.library.now
    number = stage.library.write(lambda transaction: add_record(transaction, data, now=now))
    stage.put(7, "As harvested")
    assert stage.harvest() == {"told": 1, "replaced": 1}
    assert stage.id_of(7) == number
    found = stage.library.read(
        lambda transaction: transaction.execute("SELECT data FROM records", ()).fetchone()
    )
    assert b"our note" in bytes(found[0])
    assert b"As harvested" in bytes(found[0])


def test_a_record_keeps_its_identifier_when_its_number_changes(stage: Stage) -> None:
    stage.put(1, "Before")
    stage.harvest()
    number = stage.id_of(1)
    stage.repository.put("oai:x:1", marcxchange(a_record("After", control_number="99")))
    assert stage.harvest() == {"told": 1, "replaced": 1}
    assert stage.id_of(99) == number
    assert stage.titles == {"99": "After"}


def test_a_merged_record_keeps_the_text_of_its_survivor(stage: Stage) -> None:
    stage.put(1, "One")
    stage.put(2, "Two")
    stage.harvest()
    one, two = stage.id_of(1), stage.id_of(2)
    stage.library.write(lambda t: merge_records(stage.library.act(t), one, two))
    stage.put(1, "One, changed")
    assert stage.harvest() == {"told": 2, "left": 1, "unchanged": 1}
    assert stage.titles == {"2": "Two"}
    stage.withdraw(1)
    stage.harvest()
    assert stage.titles == {"2": "Two"}
    stage.withdraw(2)
    stage.harvest()
    assert stage.titles == {}


def test_several_records_under_one_identifier(stage: Stage) -> None:
    """As the volumes of a work: with those that others name as well."""

    def volume(number: int) -> bytes:
        return a_record(f"Volume {number}", control_number=str(number))

    head = a_record("The work", control_number="100")
    stage.repository.put("oai:x:1", marcxchange(head, volume(1)))
    stage.repository.put("oai:x:2", marcxchange(head, volume(2)))
    assert stage.harvest() == {"told": 2, "added": 3, "unchanged": 1}
    stage.withdraw(1)
    assert stage.harvest()["withdrawn"] == 1
    assert set(stage.titles) == {"100", "2"}
    stage.repository.put("oai:x:2", marcxchange(volume(2)))
    stage.harvest()
    assert set(stage.titles) == {"2"}


def test_dublin_core_makes_brief_records(stage: Stage) -> None:
    stage.settings["prefix"] = "oai_dc"
    made = (
        b'<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>On  birds</dc:title>'
        b"<dc:creator>Smith, A.</dc:creator><dc:date>2019-04-01</dc:date>"
        b"<dc:identifier>ISBN 978-87-00-00001-8</dc:identifier>"
        b"<dc:identifier>https://repository.example.org/1</dc:identifier></oai_dc:dc>"
    )
    stage.repository.put("oai:x:1", made)
    assert stage.harvest() == {"told": 1, "added": 1}
    assert stage.titles == {"": "On birds"}
    stage.repository.put("oai:x:1", made.replace(b"On  birds", b"On fishes"))
    assert stage.harvest() == {"told": 1, "replaced": 1}
    assert stage.titles == {"": "On fishes"}


def test_what_is_no_record_is_listed_and_stops_nothing(stage: Stage) -> None:
    stage.put(1)
    stage.repository.put("oai:x:2", b'<record xmlns="x"><leader>&#xE6;</leader></record>')
    stage.repository.put("oai:x:3", b"<nothing/>")
    stage.put(4)
    assert stage.harvest() == {"told": 4, "added": 2, "refused": 2}
    assert {each.kind for each in stage.problems.values()} == {ProblemKind.REFUSED}
    assert set(stage.problems) == {"oai:x:2", "oai:x:3"}
    stage.put(3)
    assert stage.harvest()["added"] == 1
    assert set(stage.problems) == {"oai:x:2"}


def test_records_that_could_be_several_are_listed(stage: Stage) -> None:
    now = stage.library.now
    for title in ("One", "Other"):
        data = a_record(title, control_number="7")
        stage.library.write(lambda transaction, data=data: add_record(transaction, data, now=now))
    stage.put(7, "Which?")
    assert stage.harvest() == {"told": 1}
    assert stage.problems["oai:x:7"].kind is ProblemKind.AMBIGUOUS
