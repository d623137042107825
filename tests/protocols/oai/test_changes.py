"""What a harvester is told of changes: each once, none missed, and what is gone."""

from __future__ import annotations

import threading
from datetime import timedelta
from queue import SimpleQueue

import pytest

from catalogue.change_notes import Aspect, note_changes
from catalogue.changes.merging import merge_records
from catalogue.database import Transaction
from catalogue.holders import update_holders
from catalogue.visibility import share_stock
from tests.protocols.oai.schema import OAI
from tests.protocols.oai.stage import NAMESPACE, Stage, date_of, errors_of, id_of, sets_of


def test_deleted_and_merged_records_stay_deleted(stage: Stage) -> None:
    kept, gone, merged = (stage.add(title) for title in ("Kept", "Gone", "Merged"))
    stage.add_copy(merged)
    assert stage.told() == {kept: "here", gone: "here", merged: "here"}
    stage.library.pass_time(hours=1)
    stage.delete(gone)
    now = stage.library.now
    stage.library.write(lambda transaction: merge_records(transaction, merged, kept, now=now))
    assert stage.told() == {kept: "here", gone: "deleted", merged: "deleted"}
    stage.library.pass_time(days=400)
    assert stage.told(prefix="marc21") == {kept: "here", gone: "deleted", merged: "deleted"}
    root = stage.ask(
        verb="GetRecord", identifier=f"oai:{NAMESPACE}:{merged}", metadataPrefix="marc21"
    )
    (header,) = root.iter(f"{OAI}header")
    assert header.get("status") == "deleted"
    assert sets_of(header) == ["DK-900100", "DK-900100:DK-900101"]


def test_what_was_never_seen_is_not_told_of(stage: Stage) -> None:
    """Added and deleted between two looks."""
    number = stage.add()
    stage.delete(number)
    assert stage.told() == {}
    root = stage.ask(
        verb="GetRecord", identifier=f"oai:{NAMESPACE}:{number}", metadataPrefix="oai_dc"
    )
    assert errors_of(root) == ["idDoesNotExist"]


def test_leaving_a_set_is_a_deletion_in_it(stage: Stage) -> None:
    number = stage.add()
    item = stage.add_copy(number)
    main, other = "DK-900100:DK-900101", "DK-900100:DK-900102"
    assert stage.told(set=main) == {number: "here"}
    assert stage.told(set=other) == {}
    before = stage.library.now + timedelta(hours=1)
    stage.library.pass_time(hours=2)

    def move(transaction: Transaction) -> None:
        transaction.execute(
            f"UPDATE items SET branch_id = {stage.library.other.id} WHERE id = {item}", ()
        )
        update_holders(transaction, (number,))

    stage.library.write(move)
    since = before.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert stage.told(set=main, from_=since) == {number: "deleted"}
    assert stage.told(set=other, from_=since) == {number: "here"}
    assert stage.told(set="DK-900100", from_=since) == {number: "here"}
    assert stage.told(from_=since) == {number: "here"}
    (header,) = stage.harvest(set=main)
    assert sets_of(header) == [main]


def test_the_stock_of_a_school_that_keeps_it_to_itself(stage: Stage) -> None:
    """It is never told of, in no way; what a school stops to share is told as deleted."""
    stage.add_agency("DK-900200", "DK-900201", kind="school")
    secret, common = stage.add("Secret"), stage.add("Common")
    for number in (secret, common):
        stage.add_copy(number, "DK-900201")
    stage.add_copy(common)
    assert stage.told() == {common: "here"}
    (header,) = stage.harvest()
    assert sets_of(header) == ["DK-900100", "DK-900100:DK-900101"]
    assert stage.told(set="DK-900200") == {}
    stage.library.write(lambda transaction: share_stock(transaction, "DK-900200", True))
    assert stage.told() == {secret: "here", common: "here"}
    stage.library.write(lambda transaction: share_stock(transaction, "DK-900200", False))
    assert stage.told() == {secret: "deleted", common: "here"}


def test_from_and_until_in_both_granularities(stage: Stage) -> None:
    first = stage.add()
    stage.harvest()  # numbered at 11:00:00 on the 25th
    stage.library.pass_time(days=1)
    second = stage.add()
    stage.harvest()
    assert stage.told(from_="2026-11-25", until="2026-11-25") == {first: "here"}
    assert stage.told(from_="2026-11-26") == {second: "here"}
    assert stage.told(until="2026-11-25T11:00:00Z") == {first: "here"}
    assert stage.told(until="2026-11-25T10:59:59Z") == {}
    assert stage.told(from_="2026-11-25T11:00:01Z") == {second: "here"}
    assert stage.told(from_="2026-11-25T11:00:00Z") == {first: "here", second: "here"}


def test_numbers_do_not_go_back_with_the_clock(stage: Stage) -> None:
    first = stage.add()
    since = date_of(stage.ask(verb="ListRecords", metadataPrefix="oai_dc"))
    stage.library.pass_time(hours=-3)
    second = stage.add()
    assert set(stage.told(from_=since)) >= {second}
    assert set(stage.told()) == {first, second}


def test_what_commits_late_is_not_missed(stage: Stage) -> None:
    """A change that is begun before a harvest, and committed after it, is in the next one; on
    PostgreSQL others are committed and numbered meanwhile."""
    first = stage.add()
    stage.harvest()
    written, go_on = threading.Event(), threading.Event()

    def slowly(transaction: Transaction) -> None:
        note_changes(transaction, [first], Aspect.RECORD)
        written.set()
        go_on.wait(20)

    late = stage.library.database.write(slowly)
    assert written.wait(20)
    stage.library.pass_time(minutes=5)
    if stage.library.database.dialect == "postgresql":
        second = stage.add()
        assert second in stage.told()
    stage.library.pass_time(minutes=5)
    since = date_of(stage.ask(verb="Identify"))
    go_on.set()
    late.result()
    stage.library.pass_time(minutes=5)
    assert first in stage.told(from_=since)


def test_a_date_while_changes_wait_for_their_numbers(stage: Stage) -> None:
    stage.add()
    stage.harvest()
    stage.library.pass_time(hours=1)
    calm = date_of(stage.ask(verb="Identify"))
    assert calm == "2026-11-25T11:59:58Z"
    stage.add()
    assert date_of(stage.ask(verb="Identify")) == "2026-11-25T11:00:00Z"


@pytest.mark.parametrize("few", [0, 10_000], ids=["all", "few"])
def test_a_harvest_beside_constant_changes(
    stage: Stage, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a list is read, records are changed, deleted, added: those that were there at the
    beginning come once, and a copy kept by harvests from date to date is the catalogue in the
    end. Both ways of finding changes are tried."""
    monkeypatch.setattr("catalogue.changes.harvests.FEW", few)
    there = [stage.add(f"Title {number}") for number in range(60)]
    stage.harvest()
    wishes: SimpleQueue[int | None] = SimpleQueue()
    failures: list[BaseException] = []
    added: list[int] = []

    def change() -> None:
        number = 0
        try:
            while (turn := wishes.get()) is not None:
                for _ in range(turn):
                    number += 1
                    stage.retitle(there[number * 7 % 50], f"Again {number}")
                    if number % 5 == 0:
                        added.append(stage.add(f"New {number}"))
                    if number in (10, 20, 30):
                        stage.delete(there[50 + number // 10])
        except BaseException as error:
            failures.append(error)

    changer = threading.Thread(target=change)
    changer.start()
    copy: dict[int, str] = {}
    since = ""
    for turn in range(4):
        before = set(there) | set(added) if not since else set()
        root = stage.ask(
            verb="ListRecords", metadataPrefix="oai_dc", **({"from_": since} if since else {})
        )
        following = date_of(root)
        seen: list[int] = []
        while not errors_of(root):
            wishes.put(4 if turn < 3 else 0)
            for header in root.iter(f"{OAI}header"):
                seen.append(id_of(header))
                copy[id_of(header)] = header.get("status") or "here"
            stage.library.pass_time(seconds=1)
            token = root.findtext(f".//{OAI}resumptionToken")
            if not token:
                break
            root = stage.ask(verb="ListRecords", resumptionToken=token)
        assert len(seen) == len(set(seen)), "a record came twice"
        assert set(seen) >= before, "a record was missed"
        since = following
        if turn == 2:
            wishes.put(None)
            changer.join()
            assert failures == []
    final = stage.told()
    assert {each: copy.get(each) for each in final} == final


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_a_list_whose_rest_has_left_it_ends_with_what_was_given(stage: Stage, verb: str) -> None:
    """Harvesters take an error within a list for a failure, and a part may not be empty."""
    numbers = [stage.add(f"Title {number}") for number in range(4)]
    stage.told()
    until = stage.library.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    first = stage.ask(verb=verb, metadataPrefix="oai_dc", until=until)
    token = first.findtext(f".//{OAI}resumptionToken") or ""
    assert len([*first.iter(f"{OAI}header")]) == 3
    stage.library.pass_time(hours=1)
    stage.retitle(numbers[3], "Changed")
    stage.told()
    last = stage.ask(verb=verb, resumptionToken=token)
    assert errors_of(last) == []
    assert [id_of(each) for each in last.iter(f"{OAI}header")] == [numbers[2]]
    assert last.findtext(f".//{OAI}resumptionToken") == ""
    stage.delete(numbers[2])
    last = stage.ask(verb=verb, resumptionToken=token)
    (header,) = last.iter(f"{OAI}header")
    assert header.get("status") == "deleted"
