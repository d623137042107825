"""Titles as everybody finds them: what can be had now, facets that narrow, what schools keep."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from catalogue.changes.accession import add_record
from catalogue.items import add_item
from circulation.fees.payment_ways import PAYMENT_SETTINGS
from circulation.kernel.results import Branch
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.trees import GROUPS
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from tests.builders.agencies import a_school
from tests.builders.bookings import a_set
from tests.builders.circulation import Library, a_patron
from tests.protocols.api.stage import Stage
from tests.protocols.sru.stage import WORKS, a_record


def _add(library: Library, work: tuple[Any, ...], *copies: tuple[str, Branch]) -> int:
    """A title with copies; its number."""

    def adding(transaction: Any) -> int:
        record = add_record(transaction, a_record(*work), now=library.now, record_format="marc21")
        for barcode, branch in copies:
            add_item(
                transaction,
                barcode=barcode,
                record_id=record,
                branch_id=branch.id,
                now=library.now,
                material_group="book",
            )
        return record

    return library.write(adding)


def _found(stage: Stage, path: str, token: str | None = None) -> Any:
    told = stage.ask("GET", path, token=token)
    assert told.status == 200, told.body
    return told.body


def test_each_title_says_what_can_be_had_of_it(stage: Stage) -> None:
    library = stage.library
    copies = [("A1", library.main), ("A2", library.main), ("A3", library.other)]
    title = _add(library, WORKS[0], *copies)
    card = a_patron(library)
    library.write(lambda act: check_out(library.act(act), LoanWish(card, "A1")))
    [found] = _found(stage, f"/titles?q={quote(WORKS[0][1])}&availability=true")["titles"]
    assert found["id"] == str(title)
    assert found["availability"]["open_holds"] == 0
    assert [
        (each["branch"]["name"], each["material_group"], each["copies"], each["available"])
        for each in found["availability"]["places"]
    ] == [("Havnefilialen", "book", 1, 1), ("Hovedbiblioteket", "book", 2, 1)]
    [brief] = _found(stage, f"/titles?q={quote(WORKS[0][1])}")["titles"]
    assert brief["availability"] is None


def test_a_facet_says_how_to_narrow_to_it(stage: Stage) -> None:
    for work in WORKS:
        _add(stage.library, work)
    found = _found(stage, "/titles?cql=cql.allRecords%3D1&facets=50")
    assert found["total"] == len(WORKS)
    values = [(facet, value) for facet in found["facets"] for value in facet["values"]]
    assert {facet["index"] for facet, _ in values} >= {"dc.creator", "dc.date", "dc.language"}
    for facet, value in values:
        narrowed = _found(stage, f"/titles?cql={quote(value['cql'])}")
        assert narrowed["total"] == value["hits"], (facet["index"], value)


def test_what_a_school_keeps_is_shown_to_its_own(stage: Stage) -> None:
    library = stage.library
    school = a_school(library)
    title = _add(library, WORKS[0], ("S1", school))
    search = f"/titles?q={quote(WORKS[0][1])}"
    pupil = stage.a_caller(agency=school.agency_id, grants={})
    teacher = stage.a_caller(Right.LEND, agency=school.agency_id)
    for token, number in ((None, 0), (stage.a_caller(), 0), (pupil, 1), (teacher, 1)):
        assert _found(stage, search, token)["total"] == number
        told = stage.ask("GET", f"/titles/{title}", token=token)
        assert told.status == (200 if number else 404)
        for name in (school.isil, school.agency_isil):
            told = stage.ask("GET", f"{search}&at={name}", token=token)
            assert told.status == (200 if number else 422), (name, told.body)
        if token not in (None, pupil):
            scanned = stage.ask("POST", "/desk/scan", {"text": WORKS[0][1]}, token=token)
            assert len(scanned.body["titles"]) == number
        isils = {each["isil"] for each in _found(stage, "/library", token)["branches"]}
        assert (school.isil in isils) == bool(number)


def test_the_library_says_what_its_kinds_are_called(stage: Stage) -> None:
    groups = {"class-set": ("Class sets", None), "book": ("Books", None)}
    stage.library.write(lambda transaction: GROUPS.store(transaction, groups))
    a_set(stage.library, 2)
    ways = {"self_service": "https://pay.example/here"}
    stage.library.write(
        lambda transaction: PAYMENT_SETTINGS.store(transaction, stage.library.main.agency_id, ways)
    )
    stage.library.write(set_up_changed)
    told = _found(stage, "/library")
    assert told["payment_pages"] == {"DK-900100": "https://pay.example/here"}
    assert told["name"] == "Prøveland"
    assert [each["name"] for each in told["branches"]] == ["Havnefilialen", "Hovedbiblioteket"]
    kinds = {each["code"]: each["is_bookable"] for each in told["material_groups"]}
    assert kinds == {"class-set": True, "book": False}


@pytest.mark.parametrize("name", ["DK-0", "nowhere"])
def test_an_unknown_catalogue_is_a_mistake(stage: Stage, name: str) -> None:
    assert stage.ask("GET", f"/titles?q=a&at={name}").status == 422
