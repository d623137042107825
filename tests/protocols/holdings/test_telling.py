"""What a data well is told of a library, and that it has all of it in the end."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from lxml import etree

from catalogue.changes.deleting import delete_record
from catalogue.database import Transaction
from catalogue.holders import update_holders
from circulation.holdings.progress import tell_all, waiting_for
from circulation.holdings.reconciling import reconcile, total_of
from circulation.holdings.rows import refused_records, try_refused_now
from circulation.kernel.schema import outbox
from tests.builders.circulation import a_patron
from tests.protocols.holdings.stage import NAME, Stage
from tests.protocols.holdings.well import N, Well


def test_a_loan_and_a_return(stage: Stage, well: Well) -> None:
    stage.add("I1", "I2", number="51000001")
    stage.tell()
    key = "900100", "51000001"
    assert well.held() == {key: {"I1": "OnShelf", "I2": "OnShelf"}}
    card = a_patron(stage.library)
    stage.library.check_out(card, "I1")
    stage.tell()
    assert well.held() == {key: {"I1": "OnLoan", "I2": "OnShelf"}} == stage.wanted()
    stage.library.check_out(card, "I2")
    stage.tell()
    document = etree.fromstring(well.documents[-1])
    assert document.findtext(f".//{N}userIdAut") == "tiro"
    assert document.findtext(f".//{N}readyForLoan") == "0"
    assert document.findtext(f".//{N}expectedDeliveryDate") == "2026-12-23"
    assert document.findtext(f".//{N}branchId") == "900101"
    stage.library.check_in("I1")
    stage.tell()
    assert well.held() == {key: {"I1": "OnShelf", "I2": "OnLoan"}} == stage.wanted()


def test_what_is_the_same_is_not_told(stage: Stage, well: Well) -> None:
    stage.add("I1")
    stage.tell()
    before = well.requests
    stage.library.check_in("I1")  # it was seen
    stage.tell()
    assert well.requests == before
    assert stage.library.read(lambda transaction: waiting_for(transaction, stage.row())) == (0, 0)


def remove(stage: Stage, barcode: str, record_id: int) -> None:
    def work(transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM items WHERE barcode = '{barcode}'", ())
        update_holders(transaction, (record_id,))

    stage.library.write(work)


def test_items_and_records_that_go(stage: Stage, well: Well) -> None:
    first, second = stage.add("I1", "I2", number="1"), stage.add("I3", number="2")
    stage.tell()
    remove(stage, "I2", first)
    stage.tell()
    assert well.held() == stage.wanted()
    assert well.held()["900100", "1"] == {"I1": "OnShelf"}
    remove(stage, "I3", second)
    now = stage.library.now
    stage.library.write(lambda transaction: delete_record(transaction, second, now=now))
    stage.tell()
    assert well.held() == {("900100", "1"): {"I1": "OnShelf"}}


def test_a_record_that_gets_another_number_or_that_of_another(stage: Stage, well: Well) -> None:
    first, second = stage.add("I1", number="1"), stage.add("I2", number="2")
    stage.tell()
    stage.library.pass_time(seconds=1)
    stage.renumber(first, "3")
    stage.renumber(second, "1")
    stage.tell()
    stage.tell()
    assert well.held() == stage.wanted()
    assert set(well.held()) == {("900100", "1"), ("900100", "3")}


def test_a_sink_that_is_down_is_tried_less_and_less_often(stage: Stage, well: Well) -> None:
    stage.add("I1")
    well.is_down = True
    waits = []
    for _ in range(4):
        stage.tell()
        row = stage.row()
        assert row.problem == "answers 503"
        assert row.next_try is not None
        waits.append((row.next_try - stage.library.now).total_seconds())
        stage.library.now = row.next_try
    assert waits == [2, 4, 8, 16]
    before = well.requests
    stage.library.now -= timedelta(seconds=1)
    stage.tell()  # it is not yet time
    assert well.requests == before
    well.is_down = False
    stage.library.pass_time(seconds=1)
    stage.tell()
    assert stage.row().problem == ""
    assert well.held() == stage.wanted()


def test_an_answer_that_is_lost_is_told_again(stage: Stage, well: Well) -> None:
    stage.add("I1")
    well.breaks_off = True
    stage.tell()
    assert stage.row().tries == 1
    well.breaks_off = False
    stage.library.pass_time(minutes=1)
    stage.tell()
    assert well.requests == 2
    assert well.held() == stage.wanted()


@pytest.mark.parametrize("said", ["failed_invalid_delivery_date", "failed_update_internal_error"])
def test_a_record_that_is_refused_keeps_no_other_back(stage: Stage, well: Well, said: str) -> None:
    for number in range(9):
        stage.add(f"I{number}", number=f"{number}")
    well.refuses["4"] = said
    for _ in range(6):  # where it may be that the well is out of order, it is tried again first
        stage.tell()
        stage.library.pass_time(minutes=2)
    wanted = stage.wanted()
    assert well.held() == {key: its for key, its in wanted.items() if key[1] != "4"}
    (refused,) = stage.library.read(
        lambda transaction: refused_records(transaction, name=NAME, at_most=9)
    )
    assert said in refused.problem
    well.refuses.clear()
    now = stage.library.now
    stage.library.write(lambda transaction: try_refused_now(transaction, name=NAME, now=now))
    stage.tell()
    assert well.held() == wanted
    assert not stage.library.read(
        lambda transaction: refused_records(transaction, name=NAME, at_most=9)
    )


def test_everything_is_told_again_and_may_be_interrupted(stage: Stage, well: Well) -> None:
    for number in range(250):
        stage.add(f"I{number}")
    stage.tell()
    assert well.held() == stage.wanted()
    with well.lock:
        well.items.clear()
        well.stamps.clear()
    assert stage.library.write(lambda transaction: tell_all(transaction, NAME))
    assert stage.library.read(lambda transaction: waiting_for(transaction, stage.row())) == (0, 250)
    lock = threading.Lock()

    class Stopping(Exception):
        pass

    sink = stage.sinks[NAME]
    tell, told = sink.tell, []

    def once(*arguments: object) -> None:
        with lock:
            told.append(1)
            if len(told) == 2:
                raise Stopping  # as a kill would
        tell(*arguments)  # type: ignore[arg-type]

    sink.tell = once  # type: ignore[method-assign]
    with pytest.raises(Stopping):
        stage.tell()
    sink.tell = tell  # type: ignore[method-assign]
    assert stage.row().full_position is not None
    # What changes meanwhile goes first.
    stage.library.check_out(a_patron(stage.library), "I200")
    stage.library.pass_time(minutes=2)
    stage.tell()
    assert stage.row().full_position is None
    assert well.held() == stage.wanted()
    assert len(well.held()) == 250


def test_reconciling_finds_what_no_event_tells_of(stage: Stage, well: Well) -> None:
    stage.add("I1", number="1")
    stage.add("I2", number="2")
    stage.tell()
    library = stage.library
    before = library.read(lambda transaction: total_of(library.act(transaction), NAME))
    assert (before.records, before.items) == (2, 2)

    def compared() -> tuple[int, int]:
        return library.write(lambda transaction: reconcile(library.act(transaction), 0))[:2]

    assert compared() == (2, 0)
    library.policy(material_group="book", loanable=False)
    library.write(
        lambda transaction: transaction.execute("DELETE FROM items WHERE barcode = 'I2'", ())
    )
    assert compared() == (2, 2)
    stage.tell()
    assert well.held() == stage.wanted() == {("900100", "1"): {"I1": "NotForLoan"}}
    after = library.read(lambda transaction: total_of(library.act(transaction), NAME))
    assert (after.records, after.items) == (1, 1)
    assert after.checksum != before.checksum


def test_the_end_is_the_same_whatever_happens_on_the_way(stage: Stage, well: Well) -> None:
    """Changes without pause, while the sink is down, slow, breaks off, and the sender is killed:
    in the end it has what there is, and nothing has piled up but a row for each record."""
    chance = random.Random(20261130)
    barcodes = [f"I{number}" for number in range(60)]
    for number in range(0, 60, 2):
        stage.add(*barcodes[number : number + 2])
    card = a_patron(stage.library)
    out: set[str] = set()
    for turn in range(60):
        for barcode in chance.sample(barcodes, 8):
            if barcode in out:
                stage.library.check_in(barcode)
                out.discard(barcode)
            else:
                stage.library.check_out(card, barcode)
                out.add(barcode)
        well.is_down, well.breaks_off = turn % 5 == 1, turn % 5 == 3
        well.seconds = 0.005 if turn % 7 == 2 else 0.0
        stage.library.pass_time(seconds=chance.choice([1, 5, 700]))
        stage.tell()
    well.is_down = well.breaks_off = False
    stage.library.pass_time(hours=1)
    stage.tell()
    assert well.held() == stage.wanted()
    rows = stage.library.read(
        lambda transaction: transaction.execute(
            f"SELECT count(*) FROM {outbox.name} WHERE follower = 'holdings'", ()
        ).fetchone()
    )
    assert rows[0] == 0
