"""Who is told of holdings, how far, and what is to be told next.

Each sink has its own place in the changes, which are in order by their numbers. A batch is read,
noted, told, and then written down as told: whatever breaks in between is told again, and a sink
goes by the number, the later of two. What has changed is told as it is now: a sink that was down
for a day hears of each record once, however often it has changed, and nothing is kept for it but
its place.

Two lists are told side by side: what changes now comes first, and the rest (`tell_all`) where there
is time for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from catalogue.change_notes import Aspect, note_changes
from catalogue.changes.numbering import last_number
from catalogue.database import Transaction
from circulation.holdings.rows import (
    Sent,
    SentKey,
    Sink,
    advance_sink,
    all_sinks,
    changed_records,
    clear_refused,
    count_between,
    count_waiting,
    delete_all_refused,
    delete_all_sent,
    delete_sent,
    delete_sink,
    due_again,
    find_sink,
    insert_refused,
    insert_sent,
    insert_sink,
    lock_sink,
    numbers_of,
    postpone_sink,
    put_back_sink,
    sent_to,
    set_agencies,
    told_as,
    tries_of,
)
from circulation.holdings.states import RecordHoldings, held
from circulation.kernel.act import Act
from circulation.kernel.set_up import set_up_changed

#: Records of a batch.
AT_ONCE: Final = 100
#: Seconds until a sink that has failed is tried again: twice as long each time, up to the most.
FIRST_WAIT: Final = 2
LONGEST_WAIT: Final = 600
#: The same for a record that was refused.
FIRST_REFUSED: Final = 300
LONGEST_REFUSED: Final = 86_400


class Batch(NamedTuple):
    """What a sink is told next: `told` for it to read, about the records with these numbers.
    `position` and `full_position` are its places when it has been."""

    sink: str
    numbers: dict[int, int]
    told: tuple[RecordHoldings, ...]
    position: int
    full_position: int | None
    was_refused: bool = False


def register_sinks(transaction: Transaction, agencies: Mapping[str, Iterable[str]]) -> list[str]:
    """Has these told, each of what its agencies have (none: of all); gives those that are new or
    are told of others now. They are told of everything."""
    known = {each.name: each for each in all_sinks(transaction)}
    last = last_number(transaction, aspect=Aspect.HOLDINGS.value) or 0
    changed = []
    for name, isils in sorted(agencies.items()):
        its = " ".join(sorted(isils))
        if name not in known:
            insert_sink(
                transaction, name=name, agencies=its, position=last, full_position=0, full_upto=last
            )
        elif known[name].agencies != its:
            set_agencies(transaction, name=name, agencies=its)
            tell_all(transaction, name)
        else:
            continue
        changed.append(name)
    if changed:
        set_up_changed(transaction)
    return changed


def forget_sink(transaction: Transaction, name: str) -> bool:
    """It is told nothing any more; False where there is none of that name."""
    if find_sink(transaction, name=name) is None:
        return False
    delete_sink(transaction, name=name)
    delete_all_sent(transaction, name=name)
    delete_all_refused(transaction, name=name)
    set_up_changed(transaction)
    return True


def waiting_for(transaction: Transaction, sink: Sink) -> tuple[int, int]:
    """How many records are to be told: of those that have changed, and of all again."""
    full = 0
    if sink.full_position is not None and sink.full_upto is not None:
        full = count_between(transaction, after=sink.full_position, upto=sink.full_upto)
    return count_waiting(transaction, after=sink.position), full


def due_sinks(transaction: Transaction, now: datetime) -> list[str]:
    """The sinks for which there may be something to tell now."""
    last = last_number(transaction, aspect=Aspect.HOLDINGS.value) or 0
    found = []
    for sink in all_sinks(transaction):
        is_behind = sink.position < last or sink.full_position is not None
        if sink.next_try is not None and sink.next_try > now:
            continue
        if is_behind or due_again(transaction, name=sink.name, now=now, at_most=1):
            found.append(sink.name)
    return found


def next_batch(act: Act, name: str) -> Batch | None:
    """What the sink is told next; None for nothing. It changes nothing.

    What the sink knows already is not among it, unless all is told again.
    """
    transaction = act.transaction
    sink = find_sink(transaction, name=name)
    if sink is None:
        return None
    again = due_again(transaction, name=name, now=act.now, at_most=AT_ONCE)
    if again:
        numbers = dict(numbers_of(transaction, record_ids=[each.record_id for each in again]))
        told = _to_tell(act, sink, numbers, is_all=True)
        return Batch(name, numbers, told, sink.position, sink.full_position, was_refused=True)
    top = 2**63 - 1
    if rows := changed_records(transaction, after=sink.position, upto=top, at_most=AT_ONCE):
        told = _to_tell(act, sink, dict(rows))
        return Batch(name, dict(rows), told, rows[-1][1], sink.full_position)
    if sink.full_position is None or sink.full_upto is None:
        return None
    after, upto = sink.full_position, sink.full_upto
    rows = changed_records(transaction, after=after, upto=upto, at_most=AT_ONCE)
    told = _to_tell(act, sink, dict(rows), is_all=True)
    return Batch(name, dict(rows), told, sink.position, rows[-1][1] if rows else None)


def _to_tell(
    act: Act, sink: Sink, numbers: dict[int, int], *, is_all: bool = False
) -> tuple[RecordHoldings, ...]:
    set_up = act.circulation.current_set_up(act.transaction)
    now = {key: its for key, its in held(act, numbers).items() if sink.is_told_of(its.agency)}
    before: defaultdict[tuple[int, int], list[Sent]] = defaultdict(list)
    for each in sent_to(act.transaction, record_ids=sorted(numbers), name=sink.name):
        before[each.record_id, each.agency_id].append(each)
    told: list[RecordHoldings] = []
    for key in sorted({*now, *before}):
        its, same = now.get(key), None
        for known in before[key]:
            if its is not None and its.known_as == known.known_as:
                same = known
                continue
            isil = set_up.agency_isil(key[1]) if its is None else its.agency
            gone = tuple(known.barcodes.split("\n"))
            told.append(RecordHoldings(*key, isil, known.known_as, numbers[key[0]], (), gone))
        if its is not None and (is_all or same is None or same.digest != its.digest):
            left = set(same.barcodes.split("\n")) if same is not None else set()
            gone = tuple(sorted(left.difference(each.barcode for each in its.items)))
            told.append(its._replace(gone=gone))
    return tuple(told)


# What has become of a batch


def batch_begun(act: Act, batch: Batch) -> None:
    """To be written down before the batch is told: from now on it may know this, or what it was
    told before. An answer may be lost, and the next change may bring back what was before."""
    _write_sent(act.transaction, batch.sink, batch.told, is_known=False)


def _write_sent(
    transaction: Transaction, name: str, told: Sequence[RecordHoldings], *, is_known: bool
) -> None:
    delete_sent(
        transaction,
        [SentKey(name, each.record_id, each.agency_id, each.known_as) for each in told],
    )
    rows = []
    for each in told:
        barcodes = [item.barcode for item in each.items]
        barcodes += [] if is_known else each.gone
        if barcodes:
            digest = each.digest if is_known else b""
            key = name, each.record_id, each.agency_id, each.known_as
            rows.append(Sent(*key, digest, "\n".join(barcodes)))
    insert_sent(transaction, rows)


def batch_told(act: Act, batch: Batch, refused: dict[int, str]) -> bool:
    """Writes down that the batch was told, but for the records that were `refused`, and why. False
    where the sink is none any more."""
    transaction, name = act.transaction, batch.sink
    lock_sink(transaction, name=name)
    sink = find_sink(transaction, name=name)
    if sink is None:
        return False
    told = [each for each in batch.told if each.record_id not in refused]
    _write_sent(transaction, name, told, is_known=True)
    _tell_again(transaction, name, told)
    _note_refused(act, batch, refused)
    full_position = batch.full_position if not batch.was_refused else sink.full_position
    is_over = full_position is None or full_position >= (sink.full_upto or 0)
    advance_sink(
        transaction,
        name=name,
        position=max(batch.position, sink.position),
        full_position=None if is_over else full_position,
        full_upto=None if is_over else sink.full_upto,
        told=len({each.record_id for each in told}),
        last_told=act.now if told else sink.last_told,
    )
    return True


def _tell_again(transaction: Transaction, name: str, told: Iterable[RecordHoldings]) -> None:
    """Where a number was told to be gone under which another record is told as well: that again."""
    for each in told:
        if not each.items:
            for other in told_as(
                transaction, name=name, agency_id=each.agency_id, known_as=each.known_as
            ):
                its = other._replace(digest=b"")
                delete_sent(transaction, [SentKey(*its[:4])])
                insert_sent(transaction, [its])
                note_changes(transaction, [other.record_id], Aspect.HOLDINGS)


def _note_refused(act: Act, batch: Batch, refused: dict[int, str]) -> None:
    transaction, name = act.transaction, batch.sink
    ids = sorted(batch.numbers)
    tries = dict(tries_of(transaction, record_ids=ids, name=name))
    since = dict(clear_refused(transaction, record_ids=ids, name=name))
    for record_id, problem in refused.items():
        tried = tries.get(record_id, 0) + 1
        seconds = min(FIRST_REFUSED * 2 ** min(tried - 1, 20), LONGEST_REFUSED)
        insert_refused(
            transaction,
            sink=name,
            record_id=record_id,
            problem=problem[:500],
            tries=tried,
            since=since.get(record_id, act.now),
            next_try=act.now + timedelta(seconds=seconds),
        )


def sink_failed(act: Act, name: str, problem: str) -> None:
    """Nothing of the batch is known to have been taken: it is told again, after a while."""
    lock_sink(act.transaction, name=name)
    sink = find_sink(act.transaction, name=name)
    if sink is not None:
        tries = sink.tries + 1
        seconds = min(FIRST_WAIT * 2 ** min(tries - 1, 20), LONGEST_WAIT)
        next_try = act.now + timedelta(seconds=seconds)
        postpone_sink(
            act.transaction, name=name, tries=tries, next_try=next_try, problem=problem[:500]
        )


def tell_all(transaction: Transaction, name: str) -> bool:
    """Has the sink told of everything again, beside what changes; False where there is none. It may
    be interrupted, and goes on where it was."""
    if find_sink(transaction, name=name) is None:
        return False
    last = last_number(transaction, aspect=Aspect.HOLDINGS.value) or 0
    put_back_sink(transaction, name=name, position=0, full_upto=last)
    return True
