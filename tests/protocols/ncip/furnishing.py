"""Elements of requests, and numbers of titles, for the tests of services."""

from __future__ import annotations

from sqlalchemy import update

from catalogue.database import Statement, change
from catalogue.schema import records
from tests.builders.circulation import Library
from tests.builders.holds import record_of
from tests.protocols.ncip.stage import HEADER


@change
def _number_record(*, record_id: int, number: str | None) -> Statement:
    return update(records).where(records.c.id == record_id).values(control_number=number)


def number_title(library: Library, barcode: str, number: str) -> None:
    """Gives the title of an item a control number."""
    record_id = record_of(library, barcode)
    library.write(
        lambda transaction: _number_record(transaction, record_id=record_id, number=number)
    )


def service(name: str, *parts: str) -> str:
    """A request for a service, from the partner of the stage."""
    return f"<{name}>{HEADER}{''.join(parts)}</{name}>"


def record(number: str) -> str:
    return (
        "<BibliographicId><BibliographicRecordId><BibliographicRecordIdentifier>"
        f"{number}</BibliographicRecordIdentifier><BibliographicRecordIdentifierCode>SYSNUMBER"
        "</BibliographicRecordIdentifierCode></BibliographicRecordId></BibliographicId>"
    )


def request_id(value: str) -> str:
    return f"<RequestId><RequestIdentifierValue>{value}</RequestIdentifierValue></RequestId>"


def described(title: str, author: str = "", isbn: str = "") -> str:
    number = (
        f"<BibliographicItemId><BibliographicItemIdentifier>{isbn}</BibliographicItemIdentifier>"
        "<BibliographicItemIdentifierCode>ISBN</BibliographicItemIdentifierCode>"
        "</BibliographicItemId>"
    )
    parts = f"<Author>{author}</Author>" if author else ""
    parts += number if isbn else ""
    return f"<BibliographicDescription>{parts}<Title>{title}</Title></BibliographicDescription>"


def place(*names: str) -> str:
    levels = "".join(
        f"<LocationNameInstance><LocationNameLevel>{level}</LocationNameLevel>"
        f"<LocationNameValue>{name}</LocationNameValue></LocationNameInstance>"
        for level, name in enumerate(names, 1)
        if name
    )
    return (
        "<Location><LocationType>Permanent Location</LocationType>"
        f"<LocationName>{levels}</LocationName></Location>"
    )
