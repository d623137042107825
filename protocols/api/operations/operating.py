"""The house at work: daily jobs, machines and partners."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date, timedelta
from typing import Any, Final

from circulation.callers.partners import PARTNERS, folded_agency
from circulation.callers.partners import Partner as KnownPartner
from circulation.callers.terminal_counts import all_counts
from circulation.explaining.machines import MACHINES
from circulation.interlending.exchanges import Line, latest_exchanges
from circulation.interlending.notices import waiting_notices
from circulation.jobs.running import note_run, runs_since
from circulation.jobs.table import JOBS
from circulation.kernel.jobs import Doing
from circulation.kernel.leases import Lease, LeaseTaken
from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence
from protocols.api.authority import branch_or_all, must_have_everywhere
from protocols.api.models.operating import (
    Exchange,
    Exchanges,
    JobDays,
    JobDone,
    Jobs,
    JobWish,
    LastExchanges,
    Partner,
    Partners,
    Terminals,
    exchange_shown,
    jobs_shown,
    terminals_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.paging import LARGEST, read_word, word_of
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

#: Seconds for which a request goes on with a job, so that others get their turn to write.
_SECONDS: Final = 1.0
#: Exchanges in which the last error of a partner is looked for.
_LOOKED_AT: Final = 50
#: What an exchange ends with in which nothing went wrong.
_OK: Final = "ok"


def list_jobs(request: Request[None, JobDays], principal: Principal, context: Context) -> Jobs:
    """The daily jobs, and when they were run for the last days."""
    must_have_everywhere(principal, Right.RUN_JOBS)
    today = context.circulation.current_set_up(context.transaction).day(context.now)
    first = today - timedelta(days=request.query.days)
    return jobs_shown(runs_since(context.transaction, first=first))


def run(
    request: Request[JobWish, None], principal: Principal, context: Context
) -> JobDone | Problem:
    """Goes on with a daily job for a second or so. Ask again with the cursor of the answer until it
    has none: then the run is noted. A job that is run again for the same day does no harm."""
    must_have_everywhere(principal, Right.RUN_JOBS)
    name, transaction = request.path["job"], context.transaction
    if name not in JOBS:
        raise Problem(Outcome.NOT_FOUND)
    today = context.circulation.current_set_up(transaction).day(context.now)
    day = request.body.day or today
    if day > today + timedelta(days=1):  # somewhere it may be tomorrow already
        raise malformed("day", "future", Sentence("DAY_NOT_COME"))
    lease = Lease("jobs", f"{principal.kind.value} {principal.name}")
    try:
        lease.hold(transaction, context.now)
    except LeaseTaken as taken:
        return Problem(Outcome.CONFLICT, Sentence("JOBS_RUN", name=taken.holder))
    after, counts = _begun(request.body.cursor, name, day)
    until = time.monotonic() + _SECONDS
    following: int | None = after
    while following is not None and time.monotonic() < until:
        done = JOBS[name].step(Doing(context.circulation, transaction, day, context.now, following))
        counts.update(done.counts)
        following = done.goes_on
    if following is not None:
        return JobDone(name, day, counts, word_of([name, day.isoformat(), following, dict(counts)]))
    note_run(transaction, name, day=day, now=context.now, counts=counts)
    lease.give_back(transaction)
    return JobDone(name, day, counts, None)


def _begun(cursor: str | None, name: str, day: date) -> tuple[int, Counter[str]]:
    """From where the job goes on, and what it has counted so far. Raises Problem."""
    if cursor is None:
        return 0, Counter()
    try:
        its_name, its_day, after, counts = read_word(cursor)
        if (its_name, its_day) == (name, day.isoformat()):
            read = {str(key): int(count) for key, count in counts.items()}
            if all(0 <= each <= LARGEST for each in (int(after), *read.values())):
                return int(after), Counter(read)
    except (OverflowError, ValueError, TypeError, AttributeError):
        pass
    raise malformed("cursor", "unknown", Sentence("NO_SUCH_CURSOR"))


def list_terminals(request: Plain, principal: Principal, context: Context) -> Terminals:
    """What each account of a machine has sent, and where it departs from the standard."""
    return terminals_of(principal, context)


def terminals_of(principal: Principal, context: Context) -> Terminals:
    """The machines at whose branches the caller sees them."""
    set_up = context.circulation.current_set_up(context.transaction)
    known = {each.isil: each for each in set_up.branches.values()}
    logins = []
    for each in MACHINES.of(context.circulation)(set_up).values():
        branch = known.get(each.branch)
        if branch is not None and principal.may(Right.OPERATE, branch.agency_id, branch.id):
            logins.append(each.login)
    counts = all_counts(context.transaction)
    if branch_or_all(principal, Right.OPERATE) is None:  # those too that nobody has any more
        logins += sorted({each.account for each in counts}.difference(logins))
    return terminals_shown(logins, counts)


def list_partners(request: Plain, principal: Principal, context: Context) -> Partners:
    """Other agencies that send requests, and what last went wrong with them."""
    waiting = {each.partner: each.notices for each in waiting_notices(context.transaction)}
    known = PARTNERS.of(context.circulation.current_set_up(context.transaction))
    return Partners(
        tuple(
            _partner(each, key, waiting, context)
            for key, each in sorted(known.items())
            if _operates(each, principal, context)
        )
    )


def _operates(partner: KnownPartner, principal: Principal, context: Context) -> bool:
    branches = context.circulation.current_set_up(context.transaction).branches
    branch = branches.get(partner.branch_id)
    return branch is not None and principal.may(Right.OPERATE, branch.agency_id, branch.id)


def _partner(partner: KnownPartner, key: str, waiting: dict[str, int], context: Context) -> Partner:
    branches = context.circulation.current_set_up(context.transaction).branches
    lines = latest_exchanges(context.transaction, _LOOKED_AT, key)
    return Partner(
        partner.agency,
        partner.name,
        branches[partner.branch_id].isil,
        waiting.get(key, 0),
        _last(lines),
        _last([each for each in lines if each.outcome != _OK]),
    )


def _last(lines: list[Line]) -> Exchange | None:
    return exchange_shown(lines[-1]) if lines else None


def list_exchanges(
    request: Request[None, LastExchanges], principal: Principal, context: Context
) -> Exchanges:
    """What was exchanged with a partner, without what was said in it."""
    key = folded_agency(request.path["partner"])
    known = PARTNERS.of(context.circulation.current_set_up(context.transaction)).get(key)
    if known is None or not _operates(known, principal, context):
        raise Problem(Outcome.NOT_FOUND)
    lines = latest_exchanges(context.transaction, request.query.last, key)
    return Exchanges(known.agency, tuple(map(exchange_shown, lines)))


def _look(path: str, summary: str, handler: Any, answer: Any, **more: Any) -> Operation:
    return get(
        path,
        summary,
        handler,
        answer,
        tag="operating",
        **{"right": Right.OPERATE, "lane": Lane.WIDE_READ} | more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    _look("/jobs", "The daily jobs", list_jobs, Jobs, query=JobDays, right=Right.RUN_JOBS),
    post(
        "/jobs/{job}",
        "Run a daily job",
        run,
        JobDone,
        body=JobWish,
        lane=Lane.WRITE,
        tag="operating",
        right=Right.RUN_JOBS,
        outcomes=(Outcome.CONFLICT,),
    ),
    _look("/terminals", "The accounts of machines", list_terminals, Terminals),
    _look("/partners", "Partners and their last errors", list_partners, Partners),
    _look(
        "/partners/{partner}/exchanges",
        "What was exchanged with a partner",
        list_exchanges,
        Exchanges,
        query=LastExchanges,
    ),
)
