"""Answers kept with the work: given again until somebody deals with the item, or time is up."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from catalogue.database import Database, Statement, Transaction, scalar_one, send
from circulation.callers.daily import REPLY_HOURS
from circulation.callers.replies import ReplyKey, forget_reply, keep_reply, kept_reply, reply_key
from circulation.callers.schema import item_replies, replies
from circulation.jobs.running import run_job
from circulation.kernel.results import UNATTENDED
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from tests.builders.circulation import Library, a_library, a_patron, an_item

WITHIN = timedelta(minutes=3)
KEY = reply_key("kiosk", "a secret", b"11...")


@scalar_one(int)
def _number() -> Statement:
    counts = (select(func.count()).select_from(each) for each in (replies, item_replies))
    return select(sum(count.scalar_subquery() for count in counts))


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def keep(library: Library, key: ReplyKey = KEY, **names: Any) -> None:
    library.write(
        lambda transaction: keep_reply(
            library.act(transaction, UNATTENDED), key, b"12\xff...", **names
        )
    )


def kept(library: Library, key: ReplyKey = KEY, item: str | None = None) -> bytes | None:
    return library.write(
        lambda transaction: kept_reply(transaction, key, now=library.now, within=WITHIN, item=item)
    )


@send
def _keep_as_before(*, at: datetime, item_id: int, mark: int) -> Statement:
    """As the release did that had one table for all."""
    return insert(replies).values(
        account=KEY.account,
        digest=KEY.digest,
        at=at,
        answer=b"12 as before",
        item_id=item_id,
        by_patron=False,
        mark=mark,
    )


def test_a_request_is_known_by_account_secret_and_bytes() -> None:
    assert reply_key("kiosk", "a secret", b"11...") == KEY
    assert reply_key("kiosk", "another", b"11...") != KEY
    assert reply_key("kiosk", "a secret", b"11..,") != KEY
    assert reply_key("desk", "a secret", b"11...") != KEY
    assert len(KEY.digest) == 16


def test_what_was_kept_is_given_again_byte_for_byte(library: Library) -> None:
    item = an_item(library)
    assert kept(library, item=item) is None
    keep(library, item=item, patron=a_patron(library))
    assert kept(library, item=item) == b"12\xff..."
    assert kept(library, item=item) == b"12\xff..."
    assert kept(library, ReplyKey("desk", KEY.digest), item) is None
    library.check_in(item)
    keep(library, item=item)
    assert kept(library, item=item) == b"12\xff..."


def test_time_is_up(library: Library) -> None:
    keep(library)
    library.pass_time(seconds=180)
    assert kept(library) is not None
    library.pass_time(seconds=1)
    assert kept(library) is None
    keep(library)  # the same request once more, much later, is a new one
    assert kept(library) is not None


def test_an_answer_whose_work_was_undone_is_forgotten(library: Library) -> None:
    keep(library)
    library.write(lambda transaction: forget_reply(transaction, KEY))
    assert kept(library) is None
    keep(library)  # and another may be kept
    assert kept(library) is not None


def test_whoever_deals_with_the_item_makes_it_stale(library: Library) -> None:
    card, item, other = a_patron(library), an_item(library), an_item(library)
    library.check_out(card, item)
    keep(library, item=item, patron=card)
    library.check_out(card, other)
    assert kept(library, item=item) is not None
    library.check_in(item)
    assert kept(library, item=item) is None


def test_one_item_has_the_answers_of_several_requests(library: Library) -> None:
    """Who sees it again and has nothing to tell writes no event."""
    item, another = an_item(library), reply_key("desk", "a secret", b"19...")
    library.check_in(item)
    for key in (KEY, another, KEY):
        keep(library, key, item=item)
    assert kept(library, KEY, item) == kept(library, another, item) == b"12\xff..."
    library.check_in(item)
    assert kept(library, KEY, item) is kept(library, another, item) is None


def test_what_the_release_before_has_kept_of_an_item_holds(library: Library) -> None:
    card, item = a_patron(library), an_item(library)
    library.check_out(card, item)
    [event] = library.events_of(item)
    assert event.item_id is not None
    library.write(partial(_keep_as_before, at=library.now, item_id=event.item_id, mark=event.id))
    assert kept(library, item=item) == b"12 as before"
    library.check_in(item)
    assert kept(library, item=item) is None
    keep(library, item=item)
    assert kept(library, item=item) == b"12\xff..."


def test_whoever_deals_with_the_patron_too_where_that_is_wanted(library: Library) -> None:
    card, item, other = a_patron(library), an_item(library), an_item(library)
    keep(library, item=item, patron=card, by_patron=True)
    assert kept(library) is not None
    library.check_out(card, other)
    assert kept(library) is None


def test_where_no_item_is_named_whoever_deals_with_the_patron(library: Library) -> None:
    card, another, item = a_patron(library), a_patron(library), an_item(library)
    keep(library, patron=card, by_patron=True)
    library.check_out(another, item)
    assert kept(library) is not None
    library.check_in(item)
    library.check_out(card, item)
    assert kept(library) is None


def test_names_that_nobody_has_make_nothing_stale(library: Library) -> None:
    keep(library, item="X1", patron="nobody")
    library.check_out(a_patron(library), an_item(library))
    assert kept(library, item="X1") is not None


def test_an_answer_is_kept_with_the_work_or_not_at_all(library: Library) -> None:
    def work(transaction: Transaction) -> None:
        keep_reply(library.act(transaction, UNATTENDED), KEY, b"12")
        raise RuntimeError("the cellar is under water")

    with pytest.raises(RuntimeError):
        library.write(work)
    assert kept(library) is None


def test_two_at_once_are_answered_one_after_the_other(library: Library) -> None:
    """The request comes again, on another connection, while the first is still being answered."""
    card, item = a_patron(library), an_item(library)
    has_begun, done = threading.Event(), []

    def work(transaction: Transaction) -> bytes:
        found = kept_reply(transaction, KEY, now=library.now, within=WITHIN, item=item)
        if found is not None:
            return found
        outcome = check_out(library.act(transaction), LoanWish(patron=card, item=item))
        has_begun.set()
        answer = type(outcome).__name__.encode()
        keep_reply(library.act(transaction, UNATTENDED), KEY, answer, item=item, patron=card)
        return answer

    first = library.database.write(work)
    assert has_begun.wait(10)
    done = [first, *(library.database.write(work) for _ in range(5))]
    assert [each.result(10) for each in done] == [b"CheckedOut"] * 6
    assert len(library.events_of(item)) == 1


def test_the_job_deletes_them(library: Library) -> None:
    item, another = an_item(library), reply_key("kiosk", "a secret", b"09...")
    keep(library)
    keep(library, item=item)
    library.pass_time(hours=REPLY_HOURS, seconds=1)
    keep(library, another)
    keep(library, another, item=item)
    day: date = library.today
    ran = run_job(library.circulation, library.database, "replies", day=day, now=library.now)
    assert ran.counts["answers deleted"] == 2
    assert library.read(_number) == 2
