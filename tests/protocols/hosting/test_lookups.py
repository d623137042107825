"""An answer about a patron leaves once it is written who asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Desk
from circulation.kernel.rights import Kind
from circulation.staff.lookups import NEWEST, LookedUp, Lookup, Seen, lookups_of_patron
from protocols.hosting.answering import Context, Lane, Services
from tests.protocols.hosting.test_answering import NOW, Heard, Loop

DESK = Desk("anna", "desk 1", 1, 1)


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def services(database: Database, loop: Loop) -> Iterator[Services]:
    services = Services(
        database, Circulation(), lambda: NOW, loop.call_from_thread, loop.call_later
    )
    yield services
    services.close()


def looks(patron_id: int) -> Lookup:
    return Lookup(Kind.STAFF, DESK, Seen.OPENED, "a test", patron_id)


def written(services: Services, patron_id: int = 7) -> list[LookedUp]:
    return services.database.read(
        lambda transaction: lookups_of_patron(transaction, patron_id=patron_id, before=NEWEST)
    ).result(10)


def work(context: Context) -> str:
    context.looked_up(looks(7))
    return "Ida"


@pytest.mark.parametrize("lane", Lane)
def test_it_is_durable_before_the_answer_comes(
    services: Services,
    loop: Loop,
    lane: Lane,
) -> None:
    known: list[int] = []

    def done(answer: object, error: BaseException | None) -> None:
        assert (answer, error) == ("Ida", None)
        known.append(len(written(services)))

    services.perform(lane, work, done)
    loop.run_until(lambda: bool(known))
    assert known == [1]
    [line] = written(services)
    assert (line.actor_kind, line.actor, line.device) == ("staff", "anna", "desk 1")


def test_many_answers_wait_for_one_another(
    services: Services,
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes: list[object] = []
    write = services.database.write

    def counted(*given: object, **named: object) -> object:
        writes.append(given)
        return write(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(services.database, "write", counted, raising=False)
    heard = Heard()
    for _ in range(50):
        services.perform(Lane.READ, work, heard)
    loop.run_until(lambda: len(heard) == 50)
    assert heard == [("Ida", None)] * 50
    assert len(written(services)) == 50
    if services.database.dialect == "sqlite":  # PostgreSQL reads in threads, some before others
        assert len(writes) == 2  # the first, and all that came while it was written


def test_what_cannot_be_written_down_is_not_shown(
    services: Services,
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError("the disk is full")

    monkeypatch.setattr(services.database, "write", full, raising=False)
    heard = Heard()
    services.perform(Lane.READ, work, heard)
    loop.run_until(lambda: len(heard) == 1)
    assert heard[0][0] is None
    assert isinstance(heard[0][1], OSError)


def test_work_that_fails_has_shown_nothing(services: Services, loop: Loop) -> None:
    def fails(context: Context) -> str:
        work(context)
        raise ValueError("no answer")

    heard = Heard()
    for lane in Lane:
        services.perform(lane, fails, heard)
    loop.run_until(lambda: len(heard) == len(Lane))
    assert written(services) == []
