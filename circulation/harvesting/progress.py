"""How far each source is harvested: a list is begun, goes on page by page, and is over.

A page is taken in transactions of its own, and the last of them moves the place in the list. What
was killed in between gets the page once more, which changes nothing that is the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from catalogue.database import Transaction
from circulation.harvesting.rows import (
    Source,
    all_sources,
    delete_all_harvested,
    delete_all_problems,
    delete_source,
    find_source,
    insert_sources,
    lock_source,
    put_sources,
)
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event

#: Seconds until a source that has failed is asked again: twice as long each time, up to the most.
FIRST_WAIT: Final = 30.0
LONGEST_WAIT: Final = 3_600.0
#: How often a list is begun anew, as its token is none any more, before that counts as a failure.
MOST_RESTARTS: Final = 3
#: Sources may show a record some time after the date that they give it.
OVERLAP: Final = timedelta(hours=1)


def register_sources(transaction: Transaction, asked: Mapping[str, str], now: datetime) -> None:
    """Has these harvested: what each is asked for, by name. One that is asked for something else
    than before is harvested from the beginning."""
    known = {each.name: each for each in all_sources(transaction)}
    for name, its in sorted(asked.items()):
        if name not in known:
            new = Source(name, its, None, False, now, None, None, "", 0, "{}", None, 0, None, "")
            insert_sources(transaction, [new])
        elif known[name].asked != its:
            put_sources(transaction, [_from_the_beginning(known[name])._replace(asked=its)])


def _from_the_beginning(source: Source) -> Source:
    return _at_ease(source)._replace(since=None, list_begun=None, list_date=None, token="")


def _at_ease(source: Source) -> Source:
    return source._replace(tries=0, next_try=None, problem="", restarts=0)


def forget_source(transaction: Transaction, name: str) -> bool:
    """It is harvested no more; its records stay. False where there is none of that name."""
    if find_source(transaction, name=name) is None:
        return False
    delete_source(transaction, name=name)
    delete_all_harvested(transaction, source=name)
    delete_all_problems(transaction, source=name)
    return True


def want_now(transaction: Transaction, name: str, *, from_the_beginning: bool = False) -> bool:
    """Has the source harvested as soon as a server looks; False where there is none."""
    source = _locked(transaction, name)
    if source is None:
        return False
    if from_the_beginning:
        source = _from_the_beginning(source)
    put_sources(transaction, [source._replace(is_wanted=True, next_try=None)])
    return True


def is_due(source: Source, now: datetime, at: time, zone: str) -> bool:
    """Is the source to be asked now? A list under way goes on; another is begun once a day, at or
    after a time of the day in that zone."""
    if source.next_try is not None and source.next_try > now:
        return False
    if source.is_wanted or source.list_begun is not None:
        return True
    here = now.astimezone(ZoneInfo(zone))
    last = datetime.combine(here.date(), at, here.tzinfo)
    if last > here:
        last = datetime.combine(here.date() - timedelta(days=1), at, here.tzinfo)
    return source.last_begun < last


def _locked(transaction: Transaction, name: str) -> Source | None:
    lock_source(transaction, name=name)
    return find_source(transaction, name=name)


# A list


def list_begun(act: Act, name: str) -> Source | None:
    """Begins a list, or goes on with the one under way; None where there is no such source."""
    source = _locked(act.transaction, name)
    if source is None:
        return None
    source = source._replace(is_wanted=False)
    if source.list_begun is None:
        source = source._replace(
            list_begun=act.now,
            last_begun=act.now,
            list_date=None,
            token="",
            restarts=0,
            counts_json="{}",
        )
    put_sources(act.transaction, [source])
    return source


def counted(act: Act, name: str, counts: Counter[str]) -> None:
    """A part of a page was taken; the `counts` are those of the list so far."""
    source = _locked(act.transaction, name)
    if source is not None:
        put_sources(act.transaction, [source._replace(counts_json=json.dumps(counts))])


def page_taken(act: Act, name: str, token: str, date: datetime | None) -> None:
    """The list goes on with the token; `date` is that of the page by the source's clock."""
    source = _locked(act.transaction, name)
    if source is not None:
        going = _at_ease(source)._replace(token=token, restarts=source.restarts)
        put_sources(act.transaction, [going._replace(list_date=source.list_date or date)])


def list_over(act: Act, name: str, date: datetime | None) -> None:
    """The list is read; what comes after it is asked next time. `date` is that of its last page."""
    source = _locked(act.transaction, name)
    if source is None or source.list_begun is None:
        return
    # The first page's date counts. A clock that is ahead of ours, or broken, must not make us miss
    # anything.
    first = source.list_date or date or source.list_begun
    over = _at_ease(source)._replace(
        since=min(first, source.list_begun) - OVERLAP,
        list_begun=None,
        list_date=None,
        token="",
        last_finished=act.now,
    )
    put_sources(act.transaction, [over])
    after = {"source": name, **source.counts}
    append_event(act, NewEvent(EventKind.RECORDS_HARVESTED, after=after))


def begin_again(act: Act, name: str) -> bool:
    """The token is none any more: the list is read once more, from where it began. False where that
    was tried often enough."""
    source = _locked(act.transaction, name)
    if source is None or source.restarts >= MOST_RESTARTS:
        return False
    put_sources(
        act.transaction, [source._replace(token="", list_date=None, restarts=source.restarts + 1)]
    )
    return True


def source_failed(act: Act, name: str, problem: str, wait: float | None = None) -> None:
    """The source has not answered, or not as it should: it is asked again after `wait` seconds, or
    after longer and longer. A list whose token was none too often begins anew then."""
    source = _locked(act.transaction, name)
    if source is None:
        return
    tries = source.tries + 1
    seconds = min(FIRST_WAIT * 2 ** min(tries - 1, 20), LONGEST_WAIT) if wait is None else wait
    is_lost = source.restarts >= MOST_RESTARTS
    put_sources(
        act.transaction,
        [
            source._replace(
                tries=tries,
                next_try=act.now + timedelta(seconds=seconds),
                problem=problem[:500],
                restarts=0 if is_lost else source.restarts,
                token="" if is_lost else source.token,
                list_date=None if is_lost else source.list_date,
            )
        ],
    )
