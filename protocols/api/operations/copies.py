"""Copies of the catalogue: who is told of holdings, and from whom records are harvested."""

from __future__ import annotations

from typing import Any, Final

from circulation.harvesting.progress import want_now
from circulation.harvesting.rows import (
    all_sources,
    count_harvested,
    count_problems,
    find_source,
    problems_of,
)
from circulation.holdings.progress import tell_all, waiting_for
from circulation.holdings.reconciling import total_of
from circulation.holdings.rows import (
    all_sinks,
    count_refused,
    find_sink,
    refused_records,
    try_refused_now,
)
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import must_have_everywhere
from protocols.api.models.copies import (
    AtMost,
    HarvestedProblems,
    HarvestSource,
    HarvestSources,
    HarvestWish,
    Sink,
    SinkRefusals,
    Sinks,
    TriedAgain,
    problem_shown,
    refusal_shown,
    sink_shown,
    source_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane


def list_sinks(request: Plain, principal: Principal, context: Context) -> Sinks:
    """How far each who is told of holdings is, and what keeps it."""
    must_have_everywhere(principal, Right.EXCHANGE_CATALOGUE)
    names = [each.name for each in all_sinks(context.transaction)]
    return Sinks(tuple(_sink(name, context) for name in names))


def _sink(name: str, context: Context) -> Sink:
    transaction = context.transaction
    row = find_sink(transaction, name=name)
    if row is None:
        raise Problem(Outcome.NOT_FOUND)
    refused = count_refused(transaction, name=name)
    total = total_of(context.act(), name)
    return sink_shown(row, waiting_for(transaction, row), refused, total)


def send_all(request: Plain, principal: Principal, context: Context) -> Sink:
    """Has a sink told of everything again, beside what changes; it may be interrupted."""
    must_have_everywhere(principal, Right.EXCHANGE_CATALOGUE)
    name = request.path["sink"]
    if not tell_all(context.transaction, name):
        raise Problem(Outcome.NOT_FOUND)
    after = {"sink": name, "what": "all is told again"}
    append_event(context.act(principal.desk), NewEvent(EventKind.HOLDINGS_MANAGED, after=after))
    return _sink(name, context)


def list_refused(
    request: Request[None, AtMost], principal: Principal, context: Context
) -> SinkRefusals:
    """The records that a sink does not take, and why."""
    must_have_everywhere(principal, Right.EXCHANGE_CATALOGUE)
    name = _known_sink(request.path["sink"], context)
    rows = refused_records(context.transaction, name=name, at_most=request.query.most)
    return SinkRefusals(name, tuple(map(refusal_shown, rows)))


def retry_refused(request: Plain, principal: Principal, context: Context) -> TriedAgain:
    """Has the records that a sink did not take tried at once."""
    must_have_everywhere(principal, Right.EXCHANGE_CATALOGUE)
    name = _known_sink(request.path["sink"], context)
    return TriedAgain(name, try_refused_now(context.transaction, name=name, now=context.now))


def _known_sink(name: str, context: Context) -> str:
    if find_sink(context.transaction, name=name) is None:
        raise Problem(Outcome.NOT_FOUND)
    return name


def list_harvests(request: Plain, principal: Principal, context: Context) -> HarvestSources:
    """From whom records are harvested, how far, and what has become of them."""
    must_have_everywhere(principal, Right.EXCHANGE_CATALOGUE)
    names = [each.name for each in all_sources(context.transaction)]
    return HarvestSources(tuple(_source(name, context) for name in names))


def _source(name: str, context: Context) -> HarvestSource:
    transaction = context.transaction
    row = find_source(transaction, name=name)
    if row is None:
        raise Problem(Outcome.NOT_FOUND)
    records = count_harvested(transaction, source=name)
    return source_shown(row, records, count_problems(transaction, source=name))


def harvest_now(
    request: Request[HarvestWish, None], principal: Principal, context: Context
) -> HarvestSource:
    """Has a source harvested as soon as the server looks, and not at its hour."""
    must_have_everywhere(principal, Right.EXCHANGE_CATALOGUE)
    name, whole = request.path["source"], request.body.from_the_beginning
    if not want_now(context.transaction, name, from_the_beginning=whole):
        raise Problem(Outcome.NOT_FOUND)
    return _source(name, context)


def list_harvest_problems(
    request: Request[None, AtMost], principal: Principal, context: Context
) -> HarvestedProblems:
    """What people have to look at: records that are refused, or withdrawn and needed here."""
    must_have_everywhere(principal, Right.EXCHANGE_CATALOGUE)
    name, transaction = request.path["source"], context.transaction
    if find_source(transaction, name=name) is None:
        raise Problem(Outcome.NOT_FOUND)
    rows = problems_of(transaction, source=name, after="", at_most=request.query.most)
    return HarvestedProblems(name, tuple(map(problem_shown, rows)))


def _look(path: str, summary: str, handler: Any, answer: Any, **more: Any) -> Operation:
    return get(
        path,
        summary,
        handler,
        answer,
        tag="operating",
        right=Right.EXCHANGE_CATALOGUE,
        lane=Lane.WIDE_READ,
        **more,
    )


def _do(path: str, summary: str, handler: Any, answer: Any, **more: Any) -> Operation:
    return post(
        path,
        summary,
        handler,
        answer,
        tag="operating",
        right=Right.EXCHANGE_CATALOGUE,
        lane=Lane.WRITE,
        **more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    _look("/sinks", "Who is told of holdings", list_sinks, Sinks),
    _do("/sinks/{sink}/everything", "Tell everything again", send_all, Sink),
    _look(
        "/sinks/{sink}/refused",
        "What is not taken of holdings",
        list_refused,
        SinkRefusals,
        query=AtMost,
    ),
    _do("/sinks/{sink}/refused", "Tell again what was not taken", retry_refused, TriedAgain),
    _look("/harvests", "From whom records are harvested", list_harvests, HarvestSources),
    _do("/harvests/{source}", "Harvest now", harvest_now, HarvestSource, body=HarvestWish),
    _look(
        "/harvests/{source}/problems",
        "What is to be looked at of what was harvested",
        list_harvest_problems,
        HarvestedProblems,
        query=AtMost,
    ),
)
