"""Real records: what is found is what reading them with pymarc finds."""

from __future__ import annotations

import lzma
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pymarc
import pytest

from catalogue.database import Database, open_database
from catalogue.index.numbers import isbn_keys
from catalogue.marc.checking import Refused, accept
from catalogue.query import Query, Structure, Term
from catalogue.records import fetch_records
from catalogue.searching.evaluation import search
from tests.builders.catalogue import add_records
from tests.catalogue.readings import fold_readings

HOW_MANY = 700


class Sample:
    """A database with real records, and the same records as pymarc reads them."""

    def __init__(self, database: Database, data: list[bytes]) -> None:
        self.database = database
        self.data = data
        self.ids = database.write(lambda work: add_records(work, data)).result()
        self.records = [pymarc.Record(one, to_unicode=True, force_utf8=True) for one in data]

    def found(self, query: Query) -> set[int]:
        return set(self.database.read(lambda work: search(work, query)).result())

    def fields(self, record: pymarc.Record, chosen: dict[str, str]) -> Iterator[list[str]]:
        """The readings of the chosen subfields of each field, and of those in another script."""
        for field in record.fields:
            tag = field.tag
            if tag == "880" and field.subfields and field.subfields[0].code == "6":
                tag = field.subfields[0].value[:3]
            if tag in chosen and not field.is_control_field():
                text = " ".join(part.value for part in field.subfields if part.code in chosen[tag])
                yield from fold_readings(text)


@pytest.fixture(scope="module")
def sample(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Sample]:
    data = []
    with lzma.open(shared / "data/marc/real.mrc.xz") as stream:
        found = stream.read(40_000_000).split(b"\x1d")[:-1]
    for one in found[:: len(found) // HOW_MANY]:
        try:
            data.append(accept(one + b"\x1d"))
        except Refused:
            continue
    path = tmp_path_factory.mktemp("real") / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    yield Sample(database, data)
    database.close()


@pytest.mark.parametrize(
    ("point", "chosen"),
    [
        ("publisher", {"260": "b", "264": "b"}),
        ("geographic_name", {"651": "axyzv"}),
        ("place_of_publication", {"260": "a", "264": "a"}),
        ("subject_personal", {"600": "abcdqtxyzv"}),
    ],
)
def test_words_and_phrases_agree_with_pymarc(
    sample: Sample, point: str, chosen: dict[str, str]
) -> None:
    texts = [
        (number, words)
        for number, record in zip(sample.ids, sample.records, strict=True)
        for words in sample.fields(record, chosen)
    ]
    vocabulary = sorted({word for _, words in texts for word in words})
    rng = random.Random(3)
    assert len(vocabulary) >= 50
    for word in rng.sample(vocabulary, 50):
        assert sample.found(Term(point, word)) == {n for n, words in texts if word in words}
    for _, words in rng.sample(texts, min(50, len(texts))):
        at = rng.randrange(max(1, len(words) - 2))
        phrase = " ".join(words[at : at + 3])
        if phrase:
            assert sample.found(Term(point, phrase, structure=Structure.PHRASE)) == {
                n for n, words in texts if f" {phrase} " in f" {' '.join(words)} "
            }


def test_isbns_agree_with_pymarc(sample: Sample) -> None:
    known = [
        (number, key)
        for number, record in zip(sample.ids, sample.records, strict=True)
        for field in record.get_fields("020")
        for value in field.get_subfields("a")
        for key in isbn_keys(value)
    ]
    assert len(known) > 100
    for _, key in known:
        assert sample.found(Term("isbn", key)) == {
            number for number, other in known if other == key
        }


def test_any_agrees_with_a_search_through_the_bytes(sample: Sample) -> None:
    """A word that stands in a title is found in ``any`` in every record whose title holds it."""
    for word in ("soil", "university", "history", "report"):
        said = {
            number
            for number, record in zip(sample.ids, sample.records, strict=True)
            if re.search(rf"\b{word}\b", record.title or "", re.IGNORECASE)
        }
        bytes_hold = {
            number
            for number, one in zip(sample.ids, sample.data, strict=True)
            if word.encode() in one.lower()
        }
        assert said <= sample.found(Term("any", word)) <= bytes_hold


def test_records_come_back_byte_for_byte(sample: Sample) -> None:
    found = sample.database.read(lambda work: fetch_records(work, sample.ids)).result()
    assert [record.data for record in found] == sample.data
