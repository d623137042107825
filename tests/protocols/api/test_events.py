"""What has happened, for bots; and streams that say which lists have changed."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import Any

from circulation.kernel.events import EventKind, EventTold
from circulation.kernel.rights import Right
from protocols.api.list_changes import HORIZON, LISTS, Window, changed, settled
from protocols.api.messages import Stream
from protocols.api.operations import OPERATIONS
from protocols.api.streams import LOOKS, MOST, Streams
from protocols.hosting.answering import Stage as LifeStage
from tests.builders.circulation import NOON, a_patron, an_item
from tests.protocols.api.stage import Stage


def test_a_bot_reads_what_has_happened_and_goes_on_from_there(stage: Stage) -> None:
    token = stage.a_caller(Right.OPERATE)
    an_item(stage.library, on_loan_to=a_patron(stage.library))
    stage.library.pass_time(minutes=1)
    told = stage.ask("GET", "/events", token=token)
    kinds = [each["kind"] for each in told.body["events"]]
    assert "checked_out" in kinds
    assert {"id", "kind", "at", "branch"} == set(told.body["events"][0])
    again = stage.ask("GET", f"/events?after={told.body['last']}", token=token)
    assert (again.body["events"], again.body["last"]) == ([], told.body["last"])


def _event(number: int, kind: EventKind = EventKind.CHECKED_IN, **more: Any) -> EventTold:
    return EventTold(number, kind.value, more.get("at", NOON), None, more.get("branch_id", 1))


def test_an_event_that_commits_late_is_not_passed_over() -> None:
    """A smaller number may appear after a larger one, as long as both are young."""
    later = NOON + HORIZON * 2
    old, young = _event(1), _event(3, at=later)
    assert settled([old, young], later, "postgresql") == [old]
    assert settled([old, young], later, "sqlite") == [old, young]
    window = Window(0)
    assert window.new([old, young], later, "postgresql") == [old, young]
    assert window.safe == 1
    late = _event(2, at=later)
    assert window.new([late, young], later, "postgresql") == [late]
    assert window.new([late, young], later + HORIZON * 2, "postgresql") == []
    assert window.safe == 3


def test_lists_change_here_or_anywhere() -> None:
    returned = [_event(1, EventKind.CHECKED_IN, branch_id=7)]
    assert changed(returned, 7) == ["claims", "missing", "overdue", "pick", "shelf", "transits"]
    assert changed(returned, 8) == ["pick", "transits"]
    assert changed([_event(2, EventKind.PATRON_CHANGED)], 1) == []


class Turns:
    """A clock that is wound by hand."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], object]] = []

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        self.waiting.append(work)

    def go_on(self) -> None:
        due, self.waiting = self.waiting, []
        for work in due:
            work()
        for _ in range(500):
            if self.waiting or not due:
                return
            sleep(0.01)


def test_a_stream_says_that_lists_have_changed(stage: Stage) -> None:
    turns, written, ended, gone = Turns(), [], [], []  # type: ignore[var-annotated]
    streams = Streams(stage.services, turns.later)
    here = stage.library.main.id
    streams.begin(Stream(here, 0, ["pick"]), written.append, lambda: ended.append(1), gone)
    assert b'"lists": ["pick"]' in written.pop()
    turns.go_on()
    written.clear()
    item = an_item(stage.library, on_loan_to=a_patron(stage.library))
    turns.go_on()
    assert any(b"event: lists" in each and b"shelf" in each for each in written)
    assert not any(item.encode() in each for each in written)
    gone.append("the connection")
    turns.go_on()
    turns.go_on()
    assert turns.waiting == []


def test_streams_end_with_the_process_and_after_a_while(stage: Stage) -> None:
    turns, ended = Turns(), []  # type: ignore[var-annotated]
    streams = Streams(stage.services, turns.later)
    streams.begin(Stream(1, 0, []), lambda data: None, lambda: ended.append("old"), [])
    streams._listeners[0].looks = LOOKS
    turns.go_on()
    assert ended == ["old"]
    streams.begin(Stream(1, 0, []), lambda data: None, lambda: ended.append("drained"), [])
    stage.services.stage = LifeStage.DRAINING
    for _ in range(3):
        turns.go_on()
    assert ended == ["old", "drained"]


def test_one_account_does_not_take_all_connections(stage: Stage) -> None:
    turns, ended = Turns(), []  # type: ignore[var-annotated]
    streams = Streams(stage.services, turns.later)

    def begin(number: int, listener: str) -> None:
        begun = Stream(1, 0, [], listener)
        streams.begin(begun, lambda data: None, lambda: ended.append(number), [])

    begin(-1, "staff 1")
    for number in range(MOST + 2):
        begin(number, "staff 2")
    assert ended == [0, 1]


def test_every_list_that_may_change_is_one(stage: Stage) -> None:
    served = {each.path.rpartition("/")[2] for each in OPERATIONS if each.method == "GET"}
    assert set(LISTS) <= served


def test_a_stream_goes_on_where_it_broke(stage: Stage) -> None:
    token = stage.a_caller(Right.USE_LISTS)
    an_item(stage.library, on_loan_to=a_patron(stage.library))
    answer = stage.stream("/events/stream", token=token, last=1)
    assert "pick" in answer.missed
    assert stage.stream("/events/stream", token=token, last=None).missed == []
