"""Running pairs of verbs: two processes, a barrier before each round, and the rules afterwards."""

from __future__ import annotations

import multiprocessing
import random
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

from catalogue.changes.former_records import NoSuchRecord
from catalogue.database import Transaction, migrate
from catalogue.database.postgresql import PostgresqlDatabase
from circulation.accession.adding import NotAccessioned
from circulation.callers.partners import store_partner
from circulation.closures.closing import close_branch
from circulation.dunning.flow_rows import store_flow
from circulation.fees.rules import FEE_RULES
from circulation.interlending.rules import INTERLENDING_RULES
from circulation.interlending.states import Obstacle
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import Refused
from circulation.kernel.set_up import set_up_changed
from circulation.notices.rules import NOTICE_RULES
from circulation.patrons.groups import add_group
from circulation.patrons.identifiers import find_patron
from circulation.patrons.personal_erasure import erase_person
from circulation.records.changes import RecordNeeded
from tests.builders.circulation import Library, a_library
from tests.builders.dunning import DANISH
from tests.pairs.confining import add_policies
from tests.pairs.invariants import WRITTEN, WRITTEN_BY, broken_rules
from tests.pairs.openings import PARTNERS
from tests.pairs.scenes import BOOKABLE, Scene, build_scene
from tests.pairs.states import ItemState, MoneyState, TellingState
from tests.pairs.verbs import VERBS, Verb

#: Seconds for which a process waits for the other one at the barrier.
BARRIER_SECONDS: Final = 60.0
#: The longest that a process begins later than the other, in seconds.
DELAY_SECONDS: Final = 0.002
#: With fewer scenes left that suit a pair, another copy of the template is begun.
ENOUGH_SCENES: Final = 50
#: Scenes that are written in one transaction.
SCENES_AT_ONCE: Final = 20

_States = tuple[ItemState, MoneyState, TellingState]
_BY_NAME: Final = {verb.name: verb for verb in VERBS}


class Act(NamedTuple):
    """What became of one act: "done", "refused", or the error that the caller would be shown.

    `written` are the tables in which a refused act left rows; `events` the ids of what it noted.
    """

    outcome: str
    written: tuple[str, ...] = ()
    events: tuple[int, ...] = ()


class PairReport(NamedTuple):
    """What running a pair has found."""

    names: tuple[str, str]
    rounds: int
    outcomes: Counter[tuple[str, str]]
    violations: tuple[str, ...]
    seconds: float


class Template(NamedTuple):
    """A database full of scenes, which is copied."""

    server: str
    name: str
    scenes: list[Scene]
    last_event: int


class _Task(NamedTuple):
    url: str
    verb: str
    scenes: list[Scene]
    last_event: int
    seed: int
    erases: bool


def _library(url: str) -> Library:
    database = PostgresqlDatabase(url, workers=1)

    def work(transaction: Transaction) -> Any:
        return [find_branch(transaction, isil=isil) for isil in ("DK-900101", "DK-900102")]

    main, other = database.read(work).result()
    return Library(database, main, other)


def _is_refused(answer: Any) -> bool:
    if isinstance(answer, list):
        return bool(answer) and all(_is_refused(each) for each in answer)
    return isinstance(answer, (Refused, Obstacle, RecordNeeded, NotAccessioned))


def _do(library: Library, verb: Verb, scene: Scene, side: int, task: _Task) -> Act:
    items, patrons, last_event = _items(scene), _patrons(scene), task.last_event
    parameters = [each(items, patrons, last_event) for each in WRITTEN_BY]

    def work(transaction: Transaction) -> Act:
        # Handlers find the patron in the same transaction, and again where it is tried again.
        if task.erases and find_patron(transaction, scene.waiting) is None:
            return Act("refused")
        answer = verb.do(library.act(transaction), scene, side)
        if _is_refused(answer):
            rows = transaction.execute(WRITTEN, parameters).fetchall()
            return Act("refused", tuple(row[0] for row in rows))
        noted = transaction.execute(
            "SELECT id FROM events WHERE id > %s AND xmin = pg_current_xact_id()::xid",
            (last_event,),
        )
        return Act("done", events=tuple(row[0] for row in noted.fetchall()))

    try:
        return library.database.write(work).result()
    except (ValueError, NoSuchRecord) as error:  # refusals, too: the handlers expect them
        wrong = "locks nothing" in str(error)
        return Act(f"error: {error!r}" if wrong else "refused")
    except Exception as error:
        return Act(f"error: {error!r}")


def _serve(side: int, connection: Connection, barrier: Barrier) -> None:
    """Run the tasks that are sent, one side of each pair, until None comes."""
    library, url = None, ""
    while (task := connection.recv()) is not None:
        if library is None or task.url != url:
            if library is not None:
                library.database.close()
            library, url = _library(task.url), task.url
        verb, rng = _BY_NAME[task.verb], random.Random(task.seed * 2 + side)
        acts = []
        for scene in task.scenes:
            begins = rng.random() * DELAY_SECONDS if rng.random() < 0.5 else 0.0
            barrier.wait(BARRIER_SECONDS)
            begins += time.monotonic()
            while time.monotonic() < begins:
                pass
            acts.append(_do(library, verb, scene, side, task))
        connection.send(acts)
    if library is not None:
        library.database.close()


def _items(scene: Scene) -> list[int]:
    return [scene.item_id, scene.copy_id]


def _patrons(scene: Scene) -> list[int]:
    return [scene.borrower_id, scene.waiting_id, scene.other_id]


@contextmanager
def made_template(
    server: str, item_states: Iterable[ItemState], each: int, migrated: str | None = None
) -> Iterator[Template]:
    """A database with so many scenes of each state of the item, all states of the charge among
    them. `migrated` is one that has the tables already."""
    name = f"tiro_pairs_{uuid.uuid4().hex[:12]}"
    base = server.rpartition("/")[0]
    with psycopg.connect(server, autocommit=True) as connection:
        _create(connection, name, migrated or "template1")
        try:
            if migrated is None:
                migrate(f"{base}/{name}")
            with psycopg.connect(f"{base}/{name}", autocommit=True) as made:
                add_policies(made)
                made.execute("CREATE INDEX ON events (loan_id)")  # the rules ask for them
            states = sorted(item_states, key=lambda state: state.name)
            scenes, last_event = _fill(f"{base}/{name}", states, each)
            yield Template(server, name, scenes, last_event)
        finally:
            _drop(connection, name)


def _fill(url: str, item_states: list[ItemState], each: int) -> tuple[list[Scene], int]:
    database = PostgresqlDatabase(url, workers=1)
    try:
        rules = {"renewals": 100, "recall_days": 7, "recall_notice_days": 3, "auto_renew": True}
        library = a_library(database, **rules)
        library.policy(material_group=BOOKABLE, bookable=True, booking_days_before=2)

        def fees(transaction: Transaction) -> int:
            FEE_RULES.store(
                transaction,
                late_fees="per_item",
                rate=100,
                cap=2_000,
                compensation="fixed",
                replacement=20_000,
            )
            NOTICE_RULES.store(transaction, channels=["email"], days=3)
            store_flow(transaction, DANISH)
            INTERLENDING_RULES.store(transaction, libraries=3, look_seconds=0)
            for agency in PARTNERS:
                store_partner(
                    transaction,
                    agency=agency,
                    name=agency,
                    branch_id=library.main.id,
                    options={"takes_requests": True, "protocol": "iso18626"},
                )
            set_up_changed(transaction)
            return add_group(transaction, library.main.agency_id, "Class 3 A")

        group_id = library.write(fees)
        money, telling = cycle(MoneyState), cycle(TellingState)
        wanted = [(item, next(money), next(telling)) for item in item_states for _ in range(each)]
        scenes: list[Scene] = []
        for start in range(0, len(wanted), SCENES_AT_ONCE):
            part = wanted[start : start + SCENES_AT_ONCE]
            works = [
                build_scene(library, start + number, states, group_id)
                for number, states in enumerate(part)
            ]
            scenes += library.write(
                lambda transaction, works=works: [w(transaction) for w in works]
            )
    finally:
        database.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL ANALYZE")  # it is copied again and again
        row = connection.execute("SELECT max(id) FROM events").fetchone()
    assert row is not None
    return scenes, row[0]


def _create(connection: psycopg.Connection[Any], name: str, template: str) -> None:
    connection.execute(
        # Files are copied in a sixth of the time that copying through the log takes.
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def broken_in(connection: psycopg.Connection[Any], scenes: Sequence[Scene]) -> dict[str, list[int]]:
    """Return the rules that the scenes break, each with the ids of the rows."""
    overpaid = [each.charge_id for each in scenes if each.money_state is MoneyState.OVERPAID]
    return broken_rules(
        connection,
        items=[number for each in scenes for number in _items(each)],
        patrons=[number for each in scenes for number in _patrons(each)],
        overpaid=overpaid,
        placements=[each.placement_id for each in scenes],
        cases=[each.case_id for each in scenes],
        partners_loans=[each.partners_loan_id for each in scenes],
    )


class Runner:
    """Two processes that run pairs on copies of a template. A context manager."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._base = template.server.rpartition("/")[0]
        context = multiprocessing.get_context("spawn")
        self._barrier = barrier = context.Barrier(2)
        self._ends, self._processes = [], []
        for side in (0, 1):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(side, theirs, barrier), daemon=True)
            process.start()
            self._ends.append(ours)
            self._processes.append(process)
        self._admin = psycopg.connect(template.server, autocommit=True)
        self._copy = ""
        self._connection: psycopg.Connection[Any] | None = None
        self._free: dict[_States, list[Scene]] = {}
        self.deadlocks = 0

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._ends:
            end.send(None)
        for process in self._processes:
            process.join(BARRIER_SECONDS)
        self._end_copy()
        self._admin.close()

    def run(self, one: Verb, other: Verb, rounds: int, seed: int) -> PairReport:
        """Run the verbs at the same moment so many times, each time on a scene of its own."""
        began = time.monotonic()
        violations: list[str] = []
        outcomes: Counter[tuple[str, str]] = Counter()
        closes = close_branch in (*one.functions, *other.functions)
        left = rounds
        while left:
            scenes = self._take(one, other, left, seed)
            acts = self._act(one, other, scenes, seed + left)
            violations += [*self._wrong_acts(scenes, acts, (one, other)), *self._broken(scenes)]
            kinds = [[each.outcome.partition(":")[0] for each in side] for side in acts]
            outcomes.update(zip(*kinds, strict=True))
            left -= len(scenes)
            if violations or closes:
                self._free = {}  # they would be found again, and a closure concerns every scene
        names = (one.name, other.name)
        return PairReport(names, rounds, outcomes, tuple(violations), time.monotonic() - began)

    def _act(self, one: Verb, other: Verb, scenes: list[Scene], seed: int) -> list[list[Act]]:
        url = f"{self._base}/{self._copy}"
        erases = erase_person in (*one.functions, *other.functions)
        for end, verb in zip(self._ends, (one, other), strict=True):
            end.send(_Task(url, verb.name, scenes, self._template.last_event, seed, erases))
        return [end.recv() for end in self._ends]

    def _wrong_acts(
        self, scenes: Sequence[Scene], acts: Sequence[Sequence[Act]], verbs: Sequence[Verb]
    ) -> Iterator[str]:
        noted = [number for side in acts for each in side for number in each.events]
        assert self._connection is not None
        rows = self._connection.execute("SELECT id FROM events WHERE id = ANY(%s)", (noted,))
        missing = set(noted) - {row[0] for row in rows.fetchall()}
        for side, verb in zip(acts, verbs, strict=True):
            for scene, act in zip(scenes, side, strict=True):
                where = f"{verb.name}, scene {scene.number} ({scene.item_state.value})"
                if act.outcome.startswith("error"):
                    yield f"{where}: {act.outcome}"
                if act.written:
                    yield f"{where}: refused, and wrote {', '.join(act.written)}"
                if missing & set(act.events):
                    yield f"{where}: done, and its event is missing"

    def _broken(self, scenes: Sequence[Scene]) -> Iterator[str]:
        assert self._connection is not None
        by_id: dict[int, Scene] = {}
        for scene in scenes:
            named = [*_items(scene), *_patrons(scene), scene.placement_id, scene.case_id]
            by_id |= dict.fromkeys([*named, scene.partners_loan_id], scene)
        broken = broken_in(self._connection, scenes)
        for rule, rows in broken.items():
            for row in rows:
                found = by_id.get(row)
                which = f"scene {found.number} ({found.item_state.value})" if found else row
                yield f"not so: {rule}: {which}"

    def _take(self, one: Verb, other: Verb, at_most: int, seed: int) -> list[Scene]:
        """Return scenes that suit the pair and that no pair has had, so many at most."""
        items = _common(one.items, other.items) or frozenset(ItemState)
        money = _common(one.money, other.money) or frozenset(MoneyState)
        telling = _common(one.telling, other.telling) or frozenset(TellingState)
        keys = [
            key
            for key in self._states()
            if key[0] in items and key[1] in money and key[2] in telling
        ]
        random.Random(seed).shuffle(keys)
        if sum(len(self._free.get(key, ())) for key in keys) < min(at_most, ENOUGH_SCENES):
            self._begin_copy()
        free = [self._free[key] for key in keys]
        scenes: list[Scene] = []
        while len(scenes) < at_most and any(free):
            scenes += [each.pop() for each in free if each]
        return scenes[:at_most]

    def _states(self) -> list[_States]:
        states = {each.states for each in self._template.scenes}
        return sorted(states, key=lambda state: [each.name for each in state])

    def _begin_copy(self) -> None:
        self._end_copy()
        self._copy = f"{self._template.name}_{uuid.uuid4().hex[:8]}"
        _create(self._admin, self._copy, self._template.name)
        self._connection = psycopg.connect(f"{self._base}/{self._copy}", autocommit=True)
        free = defaultdict(list)
        for scene in self._template.scenes:
            free[scene.states].append(scene)
        self._free = free

    def _end_copy(self) -> None:
        if self._connection is None:
            return
        row = self._admin.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = %s", (self._copy,)
        ).fetchone()
        self.deadlocks += row[0] if row else 0
        self._connection.close()
        self._connection = None
        _drop(self._admin, self._copy)


def _common(one: frozenset[Any], other: frozenset[Any]) -> frozenset[Any]:
    """Return the states in which both find something to do, else those of either."""
    return (one & other) or (one | other) if one and other else one or other
