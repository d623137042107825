"""Operations for the benchmark of Z39.50, drawn from the records by a seed.

A server that is asked one thing again and again answers from memory, so of each kind there are
thousands: more than anybody remembers, and asked in turns from the first to the last.
"""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import func, select

from catalogue.database import Database, Statement, many, scalar
from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.index.folding import fold_words
from catalogue.records import fetch_records
from catalogue.schema import postings, records
from protocols.z3950.codec import encode
from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.scanning import ScanRequest
from protocols.z3950.messages.searching import AttributesPlusTerm
from protocols.z3950.records.forms import USMARC
from tests.protocols.z3950.pqf import query, search

#: The requests of an operation, one after the other.
Operation = list[bytes]
SEED = 20261128
#: Operations drawn of each kind.
DRAWN = 4_000
#: The records that a broad search finds, of a thousand.
BROAD = (10, 200)
#: Letters that a word has at least: shorter ones are left out of some lists of words.
SHORTEST = 3


@scalar(int)
def _last_id() -> Statement:
    return select(func.max(records.c.id))


@many(tuple[bytes, int])
def _terms(*, access_point: int) -> Statement:
    return (
        select(postings.c.term, func.sum(postings.c.count))
        .where(postings.c.access_point == access_point, postings.c.term > PRESENT)
        .group_by(postings.c.term)
        .order_by(postings.c.term)
    )


def scan_request(text: str, number: int) -> bytes:
    rpn = query(text)
    assert isinstance(rpn.value.rpn, AttributesPlusTerm)
    return encode(
        ScanRequest(
            ["Default"],
            rpn.value.rpn,
            number,
            attribute_set=rpn.value.attribute_set,
            preferred_position_in_response=1,
        )
    )


def present_request(number: int) -> bytes:
    return encode(PresentRequest("default", 1, number, preferred_record_syntax=USMARC))


#: The same, for looking at the parts of one.
ONE_OF_EACH: dict[str, Operation] = {
    "title word": [encode(search("@attr 1=4 soil"))],
    "author AND title": [encode(search("@and @attr 1=1003 smith @attr 1=4 history"))],
    "ISBN + 1 record": [encode(search("@attr 1=7 9004068449")), present_request(1)],
    "broad + 10 records": [encode(search("@attr 1=1016 university")), present_request(10)],
    "scan of 20 terms": [scan_request("@attr 1=4 soil", 20)],
}


def drawn(database: Database, number: int = DRAWN, seed: int = SEED) -> dict[str, list[Operation]]:
    """So many operations of each kind; words of ASCII letters, which every server reads alike."""
    choose = random.Random(seed)
    count = database.read(_last_id).result()
    pairs = _words_of_records(database, choose, count, number)
    wide: dict[str, Any] = {"wide": True}
    any_words, isbns = (
        database.read(lambda t, i=index: _terms(t, access_point=i), **wide).result()  # type: ignore[misc]
        for index in (
            ACCESS_POINTS["any"].index(Kind.WORD),
            ACCESS_POINTS["isbn"].index(Kind.NUMBER),
        )
    )
    low, high = (count * each // 1_000 for each in BROAD)
    broad = [
        word.decode()
        for word, hits in any_words
        if low <= hits <= high and _is_plain(word.decode())
    ]
    numbers = [term.decode() for term, _ in isbns if len(term) == 10]
    return {
        "title word": [[encode(search(f"@attr 1=4 {title}"))] for _, title in pairs],
        "author AND title": [
            [encode(search(f"@and @attr 1=1003 {author} @attr 1=4 {title}"))]
            for author, title in pairs
        ],
        "ISBN + 1 record": [
            [encode(search(f"@attr 1=7 {isbn}")), present_request(1)]
            for isbn in choose.sample(numbers, min(number, len(numbers)))
        ],
        "broad + 10 records": [
            [encode(search(f"@attr 1=1016 {word}")), present_request(10)]
            for word in choose.sample(broad, min(number, len(broad)))
        ],
        "scan of 20 terms": [[scan_request(f"@attr 1=4 {title}", 20)] for _, title in pairs],
    }


def _words_of_records(
    database: Database, choose: random.Random, count: int, number: int
) -> list[tuple[str, str]]:
    """A word of the author and one of the title of records taken at random, none twice."""
    found: dict[tuple[str, str], None] = {}
    while len(found) < number:
        ids = sorted(choose.sample(range(1, count + 1), min(number, count)))
        for record in database.read(lambda t, i=ids: fetch_records(t, i), wide=True).result():  # type: ignore[misc]
            authors, titles = (
                [word for word in fold_words(text) if _is_plain(word)]
                for text in (record.author, record.title)
            )
            if authors and titles and len(found) < number:
                found[choose.choice(authors), choose.choice(titles)] = None
    pairs = list(found)
    choose.shuffle(pairs)
    return pairs


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isalpha() and len(word) >= SHORTEST
