"""Records, organisations and items for tests: as little as a test needs to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pymarc
from sqlalchemy import insert

from catalogue.changes.accession import Origin, next_record_id, prepare, store
from catalogue.database import Statement, Transaction, scalar_one
from catalogue.schema import agencies, branches, consortia

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_record(
    title: str = "Title",
    author: str | None = None,
    isbn: str | None = None,
    subjects: Iterable[str] = (),
    year: int | str = 2001,
    language: str = "eng",
    control_number: str | None = None,
    leader: str = "00000nam a2200000 i 4500",
    not_filed: int = 0,
    subtitle: str | None = None,
    fields: Iterable[tuple[str, str, Sequence[str]]] = (),
) -> bytes:
    """A MARC 21 record in UTF-8; `fields` are further ones: tag, indicators, code and value in
    turn."""
    record = pymarc.Record(leader=leader, force_utf8=True)

    def add(tag: str, indicators: str, *parts: str) -> None:
        subfields = [pymarc.Subfield(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
        record.add_field(pymarc.Field(tag, pymarc.Indicators(*indicators), subfields))

    if control_number is not None:
        record.add_field(pymarc.Field("001", data=control_number))
    record.add_field(
        pymarc.Field("008", data=f"010203s{year}    dk {' ' * 17}{language} d".ljust(40))
    )
    if isbn is not None:
        add("020", "  ", "a", isbn)
    if author is not None:
        add("100", "1 ", "a", author)
    add("245", f"1{not_filed}", "a", title, *(["b", subtitle] if subtitle else []))
    for subject in subjects:
        add("650", " 0", "a", subject)
    for tag, indicators, parts in fields:
        add(tag, indicators, *parts)
    made: bytes = record.as_marc()
    return made


def add_records(
    transaction: Transaction,
    data: Sequence[bytes],
    record_format: str = "marc21",
    first_id: int | None = None,
) -> list[int]:
    """Stores and indexes records, which must be sound, and gives their ids."""
    if first_id is None:
        first_id = next_record_id(transaction)
    made, columns = prepare(first_id, data, record_format)
    store(transaction, made, columns, Origin(NOW))
    return [record.id for record in made]


@scalar_one(int)
def _insert_consortium(*, name: str) -> Statement:
    return insert(consortia).values(name=name).returning(consortia.c.id)


@scalar_one(int)
def _insert_agency(*, consortium_id: int, isil: str, name: str) -> Statement:
    return (
        insert(agencies)
        .values(
            consortium_id=consortium_id,
            isil=isil,
            name=name,
            kind="public",
        )
        .returning(agencies.c.id)
    )


@scalar_one(int)
def _insert_branch(*, agency_id: int, isil: str, name: str) -> Statement:
    return (
        insert(branches).values(agency_id=agency_id, isil=isil, name=name).returning(branches.c.id)
    )


def add_branch(transaction: Transaction, isil: str = "DK-900101") -> int:
    """A branch in an agency and a consortium of its own; its id."""
    consortium = _insert_consortium(transaction, name=f"Consortium of {isil}")
    agency = _insert_agency(
        transaction, consortium_id=consortium, isil=f"{isil}-agency", name=f"Agency of {isil}"
    )
    branch: int = _insert_branch(transaction, agency_id=agency, isil=isil, name=f"Branch {isil}")
    return branch
