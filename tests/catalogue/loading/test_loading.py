"""Loading: exactly once, whatever the file and however often it is interrupted."""

from __future__ import annotations

import gc
import gzip
import lzma
import shutil
import threading
import weakref
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from catalogue.bitmaps import deserialise
from catalogue.changes.accession import ItemDefaults, add_record
from catalogue.database import (
    Database,
    Statement,
    Transaction,
    many,
    open_database,
    scalar_one,
)
from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions, LoadReport, Progress
from catalogue.marc import marcxml
from catalogue.marc.checking import Refused, accept, control_number
from catalogue.marc.iso2709 import build, fields, leader, subfields
from catalogue.marc.sources import Source, UnreadableFile
from catalogue.marc.splitting import split
from catalogue.schema import items, loads, postings, records
from tests.builders.catalogue import a_record, add_branch

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@scalar_one(int)
def _count_records() -> Statement:
    return select(func.count()).select_from(records)


@many(tuple[int, bytes, int, int, bytes])
def _all_postings() -> Statement:
    return select(
        postings.c.access_point,
        postings.c.term,
        postings.c.chunk,
        postings.c.count,
        postings.c.bitmap,
    ).order_by(postings.c.access_point, postings.c.term, postings.c.chunk)


@many(tuple[int, int | None, str | None, bytes])
def _all_records() -> Statement:
    return select(
        records.c.id, records.c.load_position, records.c.control_number, records.c.data
    ).order_by(records.c.id)


@many(tuple[str, int, int])
def _all_items() -> Statement:
    return select(items.c.barcode, items.c.record_id, items.c.branch_id).order_by(items.c.barcode)


@many(tuple[str, int, int])
def _all_loads() -> Statement:
    return select(loads.c.name, loads.c.position, loads.c.rejected)


class Index(NamedTuple):
    """The whole index in a comparable form."""

    rows: dict[tuple[int, bytes], list[int]]


def index_of(database: Database) -> Index:
    rows: dict[tuple[int, bytes], list[int]] = {}
    for point, term, chunk, count, bitmap in database.read(_all_postings).result():
        ids = list(deserialise(bytes(bitmap)))
        assert len(ids) == count
        assert all(number >> 16 == chunk for number in ids)
        rows.setdefault((point, bytes(term)), []).extend(ids)
    return Index(rows)


def load(database: Database, path: Path, **options: object) -> LoadReport:
    options = {"now": NOW, "processes": 1, **options}
    [report] = load_files(database, [path], LoadOptions(**options))  # type: ignore[arg-type]
    return report


def some_records(count: int) -> list[bytes]:
    return [
        a_record(
            title=f"Title {number} of many",
            author=f"Author, A{number % 7}",
            year=1900 + number % 90,
        )
        for number in range(count)
    ]


@cache
def real_records(shared: Path, count: int) -> tuple[bytes, ...]:
    with lzma.open(shared / "data/marc/real.mrc.xz") as file:
        return tuple(piece.data for piece in islice(split(file), count))


def test_loads_once(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "records.mrc"
    path.write_bytes(b"".join(some_records(30)))
    first = load(database, path, batch_size=8)
    assert (first.read, first.loaded, first.rejected, first.problem) == (30, 30, 0, None)
    before = index_of(database)
    copy = tmp_path / "another name.mrc"
    copy.write_bytes(path.read_bytes())
    second = load(database, copy)
    assert second.was_loaded_before
    assert (second.read, second.loaded, second.before) == (0, 0, 30)
    assert index_of(database) == before
    found = database.read(_all_records).result()
    assert [row[:2] for row in found] == [(number, number) for number in range(1, 31)]
    assert database.read(_all_loads).result() == [("records.mrc", 30, 0)]


def test_batches_make_the_same_index_as_one(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "records.mrc"
    path.write_bytes(b"".join(some_records(60)))
    load(database, path, batch_size=7)
    title = ACCESS_POINTS["title"]
    rows = index_of(database).rows
    assert rows[title.index(Kind.WORD), b"many"] == list(range(1, 61))
    assert rows[title.index(Kind.FIELD), b"title 5 of many"] == [6]
    assert rows[ACCESS_POINTS["any"].index(Kind.WORD), PRESENT] == list(range(1, 61))


def test_real_records(database: Database, shared: Path, tmp_path: Path) -> None:
    """Real records, in two batches."""
    found = real_records(shared, 1_500)
    path = tmp_path / "real.mrc"
    path.write_bytes(b"".join(found))
    report = load(database, path, batch_size=1_000)
    assert (report.read, report.loaded) == (1_500, 1_500)
    stored = database.read(_all_records).result()
    assert [bytes(row[3]) for row in stored] == [accept(data) for data in found]
    rows = index_of(database).rows
    assert rows[ACCESS_POINTS["any"].index(Kind.WORD), PRESENT] == list(range(1, 1_501))


def test_worker_processes_make_the_same_rows(
    sqlite_url: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.loading.files.BATCH_SIZE", 1_000)
    path = tmp_path / "real.mrc"
    path.write_bytes(b"".join(real_records(shared, 1_200)))
    found = []
    for processes, name in ((1, "one.sqlite"), (2, "two.sqlite")):
        copy = tmp_path / name
        copy.write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
        database = open_database(f"sqlite:///{copy}")
        report = load(database, path, processes=processes, batch_size=400)
        assert report.loaded == 1_200
        found.append(index_of(database))
        database.close()
    assert found[0] == found[1]


def test_marc8_file(sqlite_url: str, shared: Path, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    report = load(database, shared / "data/marc/marc8.mrc.xz", reject_folder=tmp_path)
    assert (report.loaded, report.rejected) == (2_000, 0)
    for row in database.read(_all_records).result():
        assert leader(row[3])[9:10] == b"a"
        row[3].decode("utf-8")
    database.close()


def test_broken_files(database: Database, shared: Path, tmp_path: Path) -> None:
    paths = sorted((shared / "data/marc/broken").iterdir())
    reports = load_files(database, paths, LoadOptions(now=NOW, processes=1, reject_folder=tmp_path))
    assert [report.problem for report in reports] == [None] * len(paths)
    assert sum(report.loaded for report in reports) == 11
    assert sum(report.rejected for report in reports) == 4
    for report in reports:
        if report.rejected:
            kept, reasons = report.rejected_files
            assert kept.read_bytes() in report.path.read_bytes()
            assert len(reasons.read_text("utf-8").splitlines()) == report.rejected
    eacc = tmp_path / "bad_eacc_encoding.marc8.marc.mrc.rejected.txt"
    (whole,) = (path.read_bytes() for path in paths if "eacc" in path.name)
    told = ["1", "0", str(len(whole)), control_number(whole)]
    assert eacc.read_text("utf-8").split("\t")[:4] == told


def test_every_kind_of_file_gives_the_same_index(sqlite_url: str, tmp_path: Path) -> None:
    """ISO 2709 and MARCXML, plain and packed, of the same records."""
    data = [*some_records(5), a_record(title="Ærø & <Årø>")]
    long = (b"500", b"  \x1fa" + b"x" * 12_000)
    data[-1] = build(leader(data[-1]), [*fields(data[-1]), long])
    plain = b"".join(data)
    xml = "".join(map(as_xml, data))
    collection = f'<?xml version="1.0"?>\n<c:collection xmlns:c="{NAMESPACE}">{xml}</c:collection>'
    contents = {
        "a.mrc": plain,
        "a.mrc.gz": gzip.compress(plain),
        "a.mrc.xz": lzma.compress(plain),
        "a.xml": collection.encode(),
        "a.xml.gz": gzip.compress(collection.encode()),
        "misleading.mrc": collection.encode("utf-8") + b"\n",
    }
    found = []
    for name, content in contents.items():
        path, copy = tmp_path / name, tmp_path / f"{name}.sqlite"
        path.write_bytes(content)
        copy.write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
        database = open_database(f"sqlite:///{copy}")
        report = load(database, path)
        assert (report.loaded, report.rejected, report.problem) == (6, 0, None), name
        stored = [list(fields(row[3])) for row in database.read(_all_records).result()]
        found.append((index_of(database), stored))
        database.close()
    assert all(one == found[0] for one in found)


NAMESPACE = "http://www.loc.gov/MARC21/slim"


def as_xml(data: bytes) -> str:
    from xml.sax.saxutils import escape, quoteattr

    parts = [f"<c:leader>{leader(data).decode()}</c:leader>"]
    for tag, content in fields(data):
        if b"\x1f" not in content:
            parts.append(
                f'<c:controlfield tag="{tag.decode()}">{content.decode()}</c:controlfield>'
            )
            continue
        inner = "".join(
            f"<c:subfield code={quoteattr(code.decode())}>{escape(value.decode())}</c:subfield>"
            for code, value in subfields(content)
        )
        one, two = content[:2].decode()
        parts.append(
            f'<c:datafield tag="{tag.decode()}" ind1="{one}" ind2="{two}">{inner}</c:datafield>'
        )
    return f"<c:record>{''.join(parts)}</c:record>\n"


def test_marcxchange_with_junk_between(sqlite_url: str, shared: Path, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    path = shared / "data/marc/danmarc2.marcxchange.xml.xz"
    report = load(database, path, record_format="danmarc2", reject_folder=tmp_path)
    assert report.problem is None
    assert report.loaded > 300
    assert report.read == report.loaded + report.rejected
    database.close()


XML = {
    "Entity": '<!DOCTYPE c [<!ENTITY e SYSTEM "file:///etc/hostname">]><c><record><leader/>'
    '<datafield tag="245" ind1="1" ind2="0"><subfield code="a">&e;</subfield></datafield>'
    "</record></c>",
    "not well-formed": "<c><record><controlfield tag='001'>1</record></c>",
    "end tag": "<c><record><controlfield tag='001'>1</controlfield>",
    "no fields": "<c><record></record></c>",
}


@pytest.mark.parametrize("reason", XML)
def test_xml_records_set_aside(reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(XML[reason])
    with Source(path) as source:
        [found] = source.records()
    assert found.refusal is not None
    assert reason.split()[-1] in found.refusal


def test_xml_in_small_blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<c>" + as_xml(a_record()).replace("c:", "") * 4 + "</c>")
    monkeypatch.setattr(marcxml, "_BLOCK", 5)
    with Source(path) as source:
        found = list(source.records())
    assert [record.refusal for record in found] == [None] * 4
    assert [path.read_bytes()[record.offset :][:8] for record in found] == [b"<record>"] * 4


@pytest.mark.parametrize(
    "content",
    [b"", b"Dear library,\n", b"<html><body>x</body></html>", b"\x1f\x8bnot gzip", b"\0" * 50],
)
def test_not_marc(sqlite_url: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    database = open_database(sqlite_url)
    report = load(database, path)
    assert report.problem is not None
    assert str(path) in report.problem
    assert database.read(_count_records).result() == 0
    database.close()


def test_missing_file_does_not_stop_the_others(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(a_record())
    database = open_database(sqlite_url)
    reports = load_files(database, [tmp_path / "none.mrc", path], LoadOptions(now=NOW, processes=1))
    assert "No such file" in (reports[0].problem or "")
    assert reports[1].loaded == 1
    database.close()


def test_packed_file_that_is_cut_short(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mrc.gz"
    packed = gzip.compress(b"".join(some_records(2_000)))
    path.write_bytes(packed[: len(packed) // 2])
    database = open_database(sqlite_url)
    report = load(database, path, batch_size=100)
    assert "breaks off" in (report.problem or "")
    assert 0 < report.loaded < 2_000
    again = load(database, path, batch_size=100)
    assert (again.loaded, again.before) == (0, report.loaded)
    assert "breaks off" in (again.problem or "")
    database.close()


def test_adding_one_record_live(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(some_records(3)))
    load(database, path)
    data = a_record(title="Title of one")
    number = database.write(lambda t: add_record(t, data, now=NOW)).result()
    assert number == 4
    title = ACCESS_POINTS["title"].index(Kind.WORD)
    assert index_of(database).rows[title, b"title"] == [1, 2, 3, 4]
    with pytest.raises(Refused):
        database.write(lambda t: add_record(t, b"no record", now=NOW)).result()
    assert database.read(_count_records).result() == 4


def test_records_added_beside_other_work_make_the_same_index(
    sqlite_url: str, tmp_path: Path
) -> None:
    second = tmp_path / "second.sqlite"
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), second)
    database, loaded = open_database(sqlite_url), open_database(f"sqlite:///{second}")
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(some_records(40)))
    go_on = threading.Event()
    holding = database.write(lambda _: go_on.wait(30))
    adding = [
        database.write(lambda t, data=data: add_record(t, data, now=NOW))
        for data in some_records(40)
    ]
    go_on.set()
    assert holding.result()
    assert [answer.result() for answer in adding] == list(range(1, 41))
    load(loaded, path, batch_size=9)
    assert index_of(loaded) == index_of(database)
    loaded.close()
    database.close()


def test_cycles_are_looked_for_between_batches_and_after_a_load(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.loading.preparation.BATCHES_TOGETHER", 1)
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(some_records(6)))
    database = open_database(sqlite_url)
    was_on = []
    left: list[weakref.ref[Cyclic]] = []

    def note(_: Progress) -> None:
        was_on.append(gc.isenabled())
        left.append(weakref.ref(Cyclic()))
        if len(was_on) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(database, path, batch_size=2, on_progress=note)
    assert was_on == [False, False, False]
    assert gc.isenabled()
    assert left[0]() is None
    database.close()


class Cyclic:
    def __init__(self) -> None:
        self.me = self


def test_the_first_records_go_in_in_larger_batches(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.loading.files.BATCH_SIZE", 2)
    monkeypatch.setattr("catalogue.loading.files.FIRST_BATCH_SIZE", 4)
    database = open_database(sqlite_url)
    done: list[list[int]] = []
    for name, count in (("a.mrc", 9), ("b.mrc", 5)):
        path = tmp_path / name
        # Different files, and so different loads.
        path.write_bytes(b"".join(some_records(count)))
        done.append([])
        load(database, path, on_progress=lambda progress: done[-1].append(progress.read))
    assert done == [[4, 8, 9], [2, 4, 5]]
    database.close()


def test_another_writer_between_batches(database: Database, tmp_path: Path) -> None:
    """Ids foreseen for a batch may be taken when its turn comes: it gets others."""
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(some_records(20)))
    other = a_record(title="Other")

    def interfere(progress: object) -> None:
        database.write(lambda t: add_record(t, other, now=NOW)).result()

    report = load(database, path, batch_size=5, on_progress=interfere)
    assert report.loaded == 20
    rows = index_of(database).rows
    title = ACCESS_POINTS["title"].index(Kind.WORD)
    by_id = {row[0]: row for row in database.read(_all_records).result()}
    assert len(by_id) == 24
    assert sorted(number for number, row in by_id.items() if row[1]) == rows[title, b"many"]
    assert len(rows[title, b"other"]) == 4
    for number, row in by_id.items():
        if row[1]:
            assert rows[title, str(row[1] - 1).encode()] == [number]


def test_records_across_chunks_of_the_index(sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(some_records(10)))

    def begin_high(transaction: Transaction) -> None:
        from catalogue.changes.accession import Origin, store
        from catalogue.changes.made import Made
        from catalogue.index.collecting import Collector

        collector = Collector(0)
        data = a_record()
        description = collector.add(65_530, "marc21", data)
        made = Made(65_530, 0, "marc21", description, data)
        store(transaction, [made], collector.columns(), Origin(NOW))

    database.write(begin_high).result()
    load(database, path)
    title = ACCESS_POINTS["title"].index(Kind.WORD)
    assert index_of(database).rows[title, b"many"] == list(range(65_531, 65_541))
    database.close()


def test_an_item_for_every_record(database: Database, tmp_path: Path) -> None:
    branch = database.write(add_branch).result()
    path = tmp_path / "a.mrc"
    data = some_records(4)
    path.write_bytes(data[0] + b"broken\x1d" + b"".join(data[1:]))
    load(
        database,
        path,
        batch_size=2,
        with_items=ItemDefaults(branch, "I", first_number=101),
    )
    ids = [row[0] for row in database.read(_all_records).result()]
    assert database.read(_all_items).result() == [
        (barcode, number, branch)
        for barcode, number in zip(
            ["I0000101", "I0000103", "I0000104", "I0000105"], ids, strict=True
        )
    ]


def test_source_tells_how_far_it_has_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(some_records(10)))
    with Source(path) as source:
        assert len(list(source.records())) == 10
        assert source.bytes_read == source.size == path.stat().st_size
    with pytest.raises(UnreadableFile, match="No such file"):
        Source(tmp_path / "none")
