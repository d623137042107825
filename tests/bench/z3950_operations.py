"""Operations for the benchmark of Z39.50, drawn from the records by a seed.

A server that is asked one thing again and again answers from memory, so of each kind there are
thousands: more than anybody remembers, and asked in turns from the first to the last.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlalchemy import func, select

from catalogue.database import Database, Statement, many, scalar
from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.index.folding import fold_words
from catalogue.records import fetch_records
from catalogue.schema import postings, records
from protocols.z3950.codec import encode
from protocols.z3950.messages.result_sets import SortKeySpec, SortRequest
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
#: Title words by how many records have them: at the most so many. All others are common.
RARE, MIDDLING = 3, 100
#: Letters before a truncation, and of the words that are cut.
CUT, LONG = 5, 8
#: The kind of which every other operation asks for what is not there.
HALF_UNKNOWN = "ISBN, every other one unknown"
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


#: Orders what was found last.
SORT_BY_TITLE = encode(SortRequest(["default"], "default", [SortKeySpec("title", 0, 1)]))
#: One of each kind, for looking at the parts of one.
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
    count = database.read(_last_id).result() or 0
    pairs = _words_of_records(database, choose, count, number)
    any_words, title_words, isbns = (
        _read_terms(database, index)
        for index in (
            ACCESS_POINTS["any"].index(Kind.WORD),
            ACCESS_POINTS["title"].index(Kind.WORD),
            ACCESS_POINTS["isbn"].index(Kind.NUMBER),
        )
    )
    low, high = (count * each // 1_000 for each in BROAD)
    numbers = [term for term, _ in isbns if len(term) == 10]
    bands = {"rare": (1, RARE), "middling": (RARE + 1, MIDDLING), "common": (MIDDLING + 1, count)}

    def some(found: Sequence[str]) -> list[str]:
        return choose.sample(found, min(number, len(found)))

    def finding(words: Sequence[tuple[str, int]], least: int, most: int) -> list[str]:
        return some([word for word, hits in words if least <= hits <= most and _is_plain(word)])

    beginnings = dict.fromkeys(w[:CUT] for w, _ in title_words if len(w) >= LONG and _is_plain(w))
    return {
        "title word": [[encode(search(f"@attr 1=4 {title}"))] for _, title in pairs],
        **{
            f"{band} title word": [
                [encode(search(f"@attr 1=4 {word}"))] for word in finding(title_words, *bounds)
            ]
            for band, bounds in bands.items()
        },
        "name": [[encode(search(f"@attr 1=1003 {author}"))] for author, _ in pairs],
        "author AND title": [
            [encode(search(f"@and @attr 1=1003 {author} @attr 1=4 {title}"))]
            for author, title in pairs
        ],
        "title phrase": [
            [encode(search(f'@attr 1=4 @attr 4=1 "{phrase}"'))]
            for phrase in some(_phrases_of_records(database, choose, count, number))
        ],
        "truncated title word": [
            [encode(search(f"@attr 1=4 @attr 5=1 {beginning}"))]
            for beginning in some(list(beginnings))
        ],
        HALF_UNKNOWN: [
            [encode(search(f"@attr 1=7 {each}"))]
            for pair in zip(some(numbers), _unknown_isbns(set(numbers), choose), strict=False)
            for each in pair
        ][:number],
        "ISBN + 1 record": [
            [encode(search(f"@attr 1=7 {isbn}")), present_request(1)] for isbn in some(numbers)
        ],
        "broad + 10 records": [
            [encode(search(f"@attr 1=1016 {word}")), present_request(10)]
            for word in finding(any_words, low, high)
        ],
        "scan of 20 terms": [[scan_request(f"@attr 1=4 {title}", 20)] for _, title in pairs],
    }


def _read_terms(database: Database, access_point: int) -> list[tuple[str, int]]:
    """Each term of an index, and how many records have it."""
    found = database.read(lambda t: _terms(t, access_point=access_point), wide=True).result()
    return [(term.decode(), hits) for term, hits in found]


def _unknown_isbns(known: set[str], choose: random.Random) -> Iterator[str]:
    """Numbers that are ISBNs and that no record has."""
    while True:
        nine = f"{choose.randrange(10**9):09}"
        digits = (weight * int(digit) for weight, digit in zip(range(10, 1, -1), nine, strict=True))
        isbn = nine + "0123456789x"[-sum(digits) % 11]
        if isbn not in known:
            yield isbn


def _phrases_of_records(
    database: Database, choose: random.Random, count: int, number: int
) -> list[str]:
    """Two words that follow each other in the title of a record, of records taken at random."""
    ids = sorted(choose.sample(range(1, count + 1), min(3 * number, count)))
    found: dict[str, None] = {}
    for record in database.read(lambda t: fetch_records(t, ids), wide=True).result():
        words = list(fold_words(record.title))
        pairs = [pair for pair in pairwise(words) if all(map(_is_plain, pair))]
        if pairs:
            found[" ".join(choose.choice(pairs))] = None
    return list(found)


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
