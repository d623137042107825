"""What each path is answered with: ``handler(request, operations, done)`` calls `done` once.

The database is asked in a lane like any other work, and given up on after `patience`; whoever asks
while it is being asked gets the same answer, so that a database that hangs does not pile up work.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Final

from prometheus_client.exposition import choose_encoder

from catalogue.database import DatabaseUnavailable, Tables, is_fit, sizes, tables_of
from circulation.jobs.running import last_runs
from circulation.notices.backlog import due_notices, open_messages
from protocols.hosting.answering import Context, Lane, Services, Stage
from protocols.hosting.peers import Told
from protocols.operations.codec import encode
from protocols.operations.fleet import fleet_registry, reports_of
from protocols.operations.messages import (
    Condition,
    Health,
    Identity,
    Readiness,
    Response,
    WorkerReport,
)
from protocols.operations.metrics import Counted, registry_for
from protocols.operations.settings import OperationsSettings

log = logging.getLogger(__name__)

Done = Callable[[Response], None]
CallLater = Callable[[float, Callable[[], None]], Any]


class Question:
    """One question to the database, for all who want to know."""

    def __init__(
        self,
        services: Services,
        lane: Lane,
        work: Callable[[Context], Any],
        patience: float,
        call_later: CallLater,
    ) -> None:
        self._services = services
        self._lane = lane
        self._work = work
        self._patience = patience
        self._call_later = call_later
        self._waiting: list[Callable[[Any, BaseException | None], None]] | None = None

    def ask(self, done: Callable[[Any, BaseException | None], None]) -> None:
        """Calls `done` once, with the answer or with the error."""
        is_over = False

        def tell(answer: Any, error: BaseException | None) -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                timer.cancel()
                done(answer, error)

        def give_up() -> None:
            nonlocal is_over
            is_over = True
            done(None, TimeoutError(f"no answer within {self._patience:g} s"))

        timer = self._call_later(self._patience, give_up)
        if self._waiting is not None:
            self._waiting.append(tell)
            return
        self._waiting = [tell]
        self._services.perform(self._lane, self._work, self._answered)

    def _answered(self, answer: Any, error: BaseException | None) -> None:
        waiting, self._waiting = self._waiting or [], None
        for tell in waiting:
            tell(answer, error)


@dataclass(slots=True)
class Operations:
    """What the handlers know; one for a process."""

    services: Services
    settings: OperationsSettings
    identity: Identity
    call_later: CallLater
    revision: Question
    condition: Question

    @classmethod
    def over(
        cls,
        services: Services,
        settings: OperationsSettings,
        identity: Identity,
        call_later: CallLater,
    ) -> Operations:
        """The operations of the process that has these `services`."""
        asking = partial(Question, services, patience=settings.patience, call_later=call_later)
        return cls(
            services,
            settings,
            identity,
            call_later,
            asking(lane=Lane.READ, work=lambda context: tables_of(context.transaction)),
            asking(lane=Lane.WIDE_READ, work=partial(condition_of, services)),
        )


def condition_of(services: Services, context: Context) -> Condition:
    """How the database is, and what there is to do."""
    began, transaction = perf_counter(), context.transaction
    return Condition(
        sizes=sizes(services.database, transaction),
        due_notices=due_notices(transaction, now=context.now),
        open_messages=open_messages(transaction),
        last_runs={each.job: each.ran for each in last_runs(transaction)},
        seconds=perf_counter() - began,
    )


def _with_peers(operations: Operations, done: Callable[[Told | None], None]) -> None:
    """All workers; None where the supervisor does not answer, or there is none."""
    peers = operations.services.peers
    if peers is None:
        done(None)
    else:
        peers.ask(operations.settings.patience, done)


def health(accept: str, operations: Operations, done: Done) -> None:
    """Every process is running and was not late at the last look; one that is starting need not run
    yet."""
    most = operations.settings.lag_seconds
    lag = operations.services.measures.lag.last

    def tell(told: Told | None) -> None:
        workers = () if told is None else reports_of(told)
        reasons = [reason for each in workers for reason in _ills(each, most)]
        if told is None:
            reasons += _late(lag, most)
            if operations.services.peers is not None:
                reasons.append("the supervisor does not answer")
        done(encode(Health(operations.identity, round(lag, 6), tuple(reasons), workers)))

    _with_peers(operations, tell)


def _late(lag: float, most: float) -> list[str]:
    return [f"the reactor was {lag:.1f} s late"] if lag > most else []


def _ills(worker: WorkerReport, most: float) -> list[str]:
    if worker.state == "starting":
        return []
    ills = _late(worker.lag_seconds or 0.0, most) if worker.answers else ["it does not answer"]
    return [f"worker {worker.worker}: {ill}" for ill in ills]


def ready(accept: str, operations: Operations, done: Done) -> None:
    """Are listeners open, does the database answer, and can this Tiro work with the revision of its
    tables? Of several workers one that serves is enough: they accept connections from the same
    sockets.
    """
    stage = operations.services.stage

    def tell(tables: Any, error: BaseException | None) -> None:
        _with_peers(operations, lambda told: tell_all(tables, error, told))

    def tell_all(tables: Any, error: BaseException | None, told: Told | None) -> None:
        workers = () if told is None else reports_of(told)
        serving = Stage.SERVING.value
        serves = stage is Stage.SERVING or any(each.stage == serving for each in workers)
        reasons = [] if serves else [f"the process is {stage.value}"]
        revision = tables.revision if isinstance(tables, Tables) else None
        if error is not None:
            # What a driver says may name users and hosts: it goes only to the log.
            if not isinstance(error, DatabaseUnavailable):  # the log was told once
                log.warning("not ready: the database does not answer: %s", error)
            reasons.append(
                str(error) if isinstance(error, TimeoutError) else "the database cannot be read"
            )
        elif not is_fit(tables):
            reasons.append(f"the tables are of revision {revision}: this Tiro is made for others")
        found = Readiness(operations.identity, stage.value, revision, tuple(reasons), workers)
        done(encode(found))

    operations.revision.ask(tell)


def metrics(accept: str, operations: Operations, done: Done) -> None:
    """In the format that the scraper likes best. Of several workers all or nothing: a sum without
    some of them would look as if their counters had begun again."""
    write, media_type = choose_encoder(accept)

    def tell(condition: Any, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, DatabaseUnavailable):
            log.warning("metrics without the database, which does not answer: %s", error)
        counted = Counted(operations.services, operations.identity, condition)
        _with_peers(operations, lambda told: tell_all(counted, told))

    def tell_all(counted: Counted, told: Told | None) -> None:
        if told is not None:
            done(Response(200, write(fleet_registry(counted, told)), media_type))
        elif operations.services.peers is None:
            done(Response(200, write(registry_for(counted)), media_type))
        else:
            log.warning("no metrics: the supervisor does not say what the other workers count")
            done(Response(503, b"The supervisor does not answer.\n", "text/plain; charset=utf-8"))

    operations.condition.ask(tell)


#: By path.
HANDLERS: Final[dict[bytes, Callable[[str, Operations, Done], None]]] = {
    b"/health": health,
    b"/metrics": metrics,
    b"/ready": ready,
}
