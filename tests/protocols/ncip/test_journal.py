"""The log of exchanges: a line for each, whatever came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from catalogue.database import DatabaseUnavailable
from circulation.interlending.exchanges import Line, latest_exchanges
from protocols.hosting import journal
from protocols.hosting.answering import Lane
from protocols.hosting.arrivals import Arrival
from protocols.hosting.journal import Journal
from protocols.ncip.exchange import Exchange
from protocols.ncip.settings import NcipSettings
from protocols.wire.masking import masked
from tests.builders.circulation import a_patron
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import (
    HEADER,
    PARTNER,
    SETTINGS,
    Stage,
    item,
    message,
    typed,
    user,
)


class Kept:
    """An exchange with a log, on the library of the stage."""

    def __init__(self, stage: Stage, settings: NcipSettings = SETTINGS, days: int = 7) -> None:
        self.stage = stage
        self.later: list[Callable[[], None]] = []
        self.journal = Journal(
            stage.services, days, lambda seconds, work: self.later.append(work), masked
        )
        stage.exchange = Exchange(settings, stage.services, self.journal)

    def lines(self) -> list[Line]:
        while self.later:
            self.later.pop()()
        return self.written()

    def written(self) -> list[Line]:
        """What is in the database once all that is under way is."""
        stage, done = self.stage, list[Any]()
        stage.services.perform(
            Lane.SHORT_WRITE, lambda context: None, lambda _, error: done.append(error)
        )
        while not done:
            stage.turn()
        return stage.library.read(lambda transaction: latest_exchanges(transaction, 100))


def test_a_line_for_each(stage: Stage) -> None:
    kept = Kept(stage)
    card = a_patron(stage.library, pin_hash=hashed("1234"))
    request = "<RequestId><RequestIdentifierValue>REQ-1</RequestIdentifierValue></RequestId>"
    arrival = Arrival(host="192.0.2.1")
    documents = (
        message(f"<LookupUser>{HEADER}{user(card)}</LookupUser>"),
        message(f"<LookupItem>{HEADER}{item('none')}</LookupItem>"),
        message(f"<CheckOutItem>{HEADER}{user(card)}{item('none')}{request}</CheckOutItem>"),
        message("<LookupVersion/>"),
        message(f"<CreateAgency>{HEADER}</CreateAgency>"),
        b"no XML",
    )
    for document in documents:
        stage.answer(document, arrival)
    lines = kept.lines()
    assert [(each.partner, each.service, each.request_id, each.outcome) for each in lines] == [
        ("dk-710100", "LookupUser", "", "ok"),
        ("dk-710100", "LookupItem", "", "Unknown Item"),
        ("dk-710100", "CheckOutItem", "REQ-1", "Unknown Item"),
        ("", "LookupVersion", "", "ok"),
        ("dk-710100", "CreateAgency", "", "Unsupported Service"),
        ("", "", "", "Invalid Message Syntax Error"),
    ]
    assert [each.request for each in lines] == list(documents)
    assert {(each.direction, each.peer, each.milliseconds) for each in lines} == {
        ("in", "192.0.2.1", 0)
    }
    assert all(b"NCIP" in (each.answer or b"") for each in lines)


def test_no_secret_is_kept(stage: Stage) -> None:
    settings = NcipSettings(partners=(replace(PARTNER, shared_secret=hashed("s3cr3t")),))
    kept = Kept(stage, settings)
    card = a_patron(stage.library, pin_hash=hashed("975312"))
    header = HEADER.replace(
        "<ToAgencyId>",
        "<FromAgencyAuthentication>s3cr3t</FromAgencyAuthentication><ToAgencyId>",
    )
    for pin in ("975312", "864202"):
        who = typed("Barcode Id", card) + typed("PIN", pin)
        stage.answer(message(f"<LookupUser>{header}{who}</LookupUser>"))
    written = b"".join((each.request or b"") + (each.answer or b"") for each in kept.lines())
    assert b"***" in written
    assert not any(secret in written for secret in (b"s3cr3t", b"975312", b"864202"))


def test_without_bodies(stage: Stage) -> None:
    kept = Kept(stage, days=0)
    stage.answer(message(f"<LookupItem>{HEADER}{item('none')}</LookupItem>"))
    (line,) = kept.lines()
    assert (line.request, line.answer) == (None, None)


def test_what_waits_is_bounded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_WAITING", 3)
    monkeypatch.setattr(journal, "MOST_BYTES", 1_500)
    kept = Kept(stage)
    for _ in range(5):
        stage.answer(message(f"<LookupItem>{HEADER}{item('none')}</LookupItem>"))
    lines = kept.lines()
    assert [each.request is not None for each in lines] == [True, False, False]


def test_what_waits_is_written_at_the_end(stage: Stage) -> None:
    Kept(stage)
    stage.answer(message(f"<LookupItem>{HEADER}{item('none')}</LookupItem>"))
    stage.services.close()
    found: Any = stage.library.read(lambda transaction: latest_exchanges(transaction, 9))
    assert len(found) == 1


def test_many_are_written_down_in_pieces_before_the_second_is_over(stage: Stage) -> None:
    kept = Kept(stage)
    for _ in range(2 * journal.ALONE * journal.BATCH + 1):
        stage.answer(b"no XML")
    assert len(kept.written()) == 2 * journal.ALONE * journal.BATCH
    assert len(kept.lines()) == 2 * journal.ALONE * journal.BATCH + 1


def test_a_batch_shares_the_commit_of_what_comes_next(stage: Stage) -> None:
    kept = Kept(stage)
    card = a_patron(stage.library)
    for _ in range(journal.BATCH):
        stage.answer(b"no XML")
    assert kept.written() == []
    stage.answer(message(f"<LookupUser>{HEADER}{user(card)}</LookupUser>"))
    assert len(kept.written()) == journal.BATCH


def test_while_the_database_is_gone_it_is_asked_again_once_a_second_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, tries = Kept(stage), list[Lane]()

    def refused(lane: Lane, work: Any, done: Callable[..., None]) -> None:
        tries.append(lane)
        done(None, DatabaseUnavailable("the disk is full"))

    with monkeypatch.context() as outage:
        outage.setattr(stage.services, "perform", refused)
        for _ in range(3 * journal.BATCH):
            stage.answer(b"no XML")
        assert len(tries) == 1
        kept.later.pop()()
        assert len(tries) == 2
    kept.lines()  # the first piece, after which come the others
    assert len(kept.written()) == 3 * journal.BATCH
