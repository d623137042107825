"""Terms that a process remembers on PostgreSQL: what is found is that of the snapshot."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pyroaring import BitMap

from catalogue.bitmaps import CHUNK_BITS, serialise_ids
from catalogue.database import Database, Transaction, open_database
from catalogue.searching import remembered_postings
from catalogue.searching.lookups import find_match, find_matches
from catalogue.searching.matches import Alternative, Match, Posting
from catalogue.searching.remembered_postings import RememberedPostings
from tests.conftest import a_postgresql

COMMON, OTHER, RARE = (3, b"common"), (3, b"other"), (3, b"rare")
CHUNKS = 5
#: Ids in each chunk of a common term, so that all of them are worth remembering.
MANY = 4_000

Ids = dict[int, BitMap]


@pytest.fixture
def database(postgresql_template: tuple[str, str]) -> Iterator[Database]:
    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        yield database
        database.close()


def put(database: Database, key: Posting, ids: Mapping[int, BitMap]) -> None:
    """Writes the rows of some chunks; one without ids goes."""

    def write(transaction: Transaction) -> None:
        for chunk, each in ids.items():
            row = (*key, chunk)
            transaction.execute(
                "DELETE FROM postings WHERE access_point = %s AND term = %s AND chunk = %s", row
            )
            if each:
                transaction.execute(
                    "INSERT INTO postings VALUES (%s, %s, %s, %s, %s)",
                    (*row, len(each), serialise_ids(each)),
                )

    database.write(write).result()


def some_ids(chunk: int, number: int, choose: random.Random) -> BitMap:
    first = chunk << CHUNK_BITS
    return BitMap(choose.sample(range(first, first + (1 << CHUNK_BITS)), number))


def common_ids(seed: int) -> Ids:
    choose = random.Random(seed)
    return {chunk: some_ids(chunk, MANY, choose) for chunk in range(CHUNKS)}


def match(*keys: Posting) -> Match:
    return (Alternative(tuple((key,) for key in keys)),)


def found(database: Database, *keys: Posting) -> BitMap:
    return database.read(lambda t: find_match(t, match(*keys))).result()


def octets_fetched(database: Database, *keys: Posting) -> int:
    """Of the bitmaps of a search."""
    cursors: list[Any] = []

    def watched(transaction: Transaction) -> None:
        execute = transaction.execute

        def noted(text: str, values: Any) -> Any:
            cursors.append(execute(text, values))
            return cursors[-1]

        transaction.execute = noted
        find_match(transaction, match(*keys))

    database.read(watched).result()
    [result] = [cursor.result for cursor in cursors]
    bitmaps = [result.get_value(row, result.nfields - 1) or b"" for row in range(result.ntuples)]
    return sum(len(bitmap) for bitmap in bitmaps if len(bitmap) > 8)  # less is the server's moment


def remembered(database: Database) -> RememberedPostings:
    memory = database.read(remembered_postings.remembered_postings).result()
    assert memory is not None
    return memory


def test_bitmaps_of_a_common_term_are_fetched_until_it_is_remembered(database: Database) -> None:
    ids = common_ids(1)
    put(database, COMMON, ids)
    all_of_it = sum(len(serialise_ids(each)) for each in ids.values())
    fetched = [octets_fetched(database, COMMON) for _ in range(4)]
    assert fetched == [all_of_it, all_of_it, 0, 0]
    assert found(database, COMMON) == BitMap.union(*ids.values())


def test_those_of_a_rare_one_always_are(database: Database) -> None:
    put(database, RARE, {0: BitMap(range(500))})
    assert 0 < octets_fetched(database, RARE) == octets_fetched(database, RARE)
    assert RARE not in remembered(database)


def test_a_row_that_has_changed_is_fetched_alone(database: Database) -> None:
    ids = common_ids(1)
    put(database, COMMON, ids)
    for _ in range(2):
        found(database, COMMON)
    ids[2] = some_ids(2, MANY, random.Random(2))
    put(database, COMMON, {2: ids[2], 4: BitMap()})
    del ids[4]
    assert octets_fetched(database, COMMON) == len(serialise_ids(ids[2]))
    assert found(database, COMMON) == BitMap.union(*ids.values())
    put(database, COMMON, {chunk: BitMap() for chunk in range(CHUNKS)})
    assert found(database, COMMON) == BitMap()


def test_the_same_number_of_a_transaction_on_another_server_says_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, COMMON, common_ids(1))
    monkeypatch.setattr(remembered_postings, "_SERVER", "'another'::bytea")
    remembered_postings._rows_of.cache_clear()
    for _ in range(2):
        found(database, COMMON)
    assert octets_fetched(database, COMMON) == 0
    monkeypatch.undo()
    remembered_postings._rows_of.cache_clear()
    assert octets_fetched(database, COMMON) > 0
    assert octets_fetched(database, COMMON) == 0


def test_two_words_come_in_one_trip_and_each_is_remembered(database: Database) -> None:
    ids, others = common_ids(1), common_ids(2)
    put(database, COMMON, ids)
    put(database, OTHER, others)
    put(database, RARE, {0: ids[0] & others[0], 3: ids[3] & others[3]})
    both = BitMap.union(*ids.values()) & BitMap.union(*others.values())
    for _ in range(3):
        assert found(database, COMMON, OTHER) == both
    assert octets_fetched(database, COMMON, OTHER) == 0
    assert found(database, COMMON, RARE, OTHER) == (ids[0] & others[0]) | (ids[3] & others[3])
    assert RARE not in remembered(database)


def test_who_may_change_something_sees_it_and_has_nothing_remembered(database: Database) -> None:
    ids = common_ids(1)
    put(database, COMMON, ids)
    for _ in range(2):
        found(database, COMMON)

    def change(transaction: Transaction) -> BitMap:
        transaction.execute("DELETE FROM postings WHERE chunk > 0", ())
        return find_match(transaction, match(COMMON))

    assert database.write(change).result() == ids[0]
    assert found(database, COMMON) == ids[0]


def test_what_was_not_asked_for_lately_is_forgotten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [(3, b"%d" % number) for number in range(4)]
    for number, key in enumerate(keys):
        put(database, key, common_ids(number))
    monkeypatch.setattr(remembered_postings, "MOST_BYTES", 3 * CHUNKS * MANY * 2)
    for key in [*keys[:3], *keys[:3], keys[0], keys[3], keys[3]]:
        found(database, key)
    memory = remembered(database)
    assert [key in memory for key in keys] == [True, False, True, True]


def test_whatever_changes_it_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered_postings, "LEAST_BYTES", 1)
    monkeypatch.setattr(remembered_postings, "MOST_BYTES", 2_000)
    choose = random.Random(5)
    keys = [(3, b"%d" % number) for number in range(6)]
    ids: dict[Posting, Ids] = {key: {} for key in keys}
    for _ in range(300):
        if choose.random() < 0.4:
            key, chunk = choose.choice(keys), choose.randrange(CHUNKS)
            ids[key][chunk] = some_ids(chunk, choose.choice([0, 1, 3, 90]), choose)
            put(database, key, {chunk: ids[key][chunk]})
        asked = choose.sample(keys, choose.randrange(1, len(keys) + 1))
        expected = [BitMap.union(BitMap(), *ids[key].values()) for key in asked]
        matches = [match(key) for key in asked]
        assert database.read(lambda t, m=matches: find_matches(t, m)).result() == expected  # type: ignore[misc]
        assert found(database, *asked) == BitMap.intersection(*expected)
