"""Branches, availability and holdings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalogue.changes.accession import add_record
from circulation.items.places import store_place_name
from tests.builders.catalogue import a_record
from tests.builders.circulation import an_item
from tests.builders.holds import a_copy, a_hold
from tests.protocols.fbs.stage import AGENCY, Stage, a_stage


def ask(stage: Stage, path: str, **query: Any) -> Any:
    told = stage.ask("GET", path.format(AGENCY), session=stage.session, **query)
    assert told.status == 200, told
    return told.body


def test_branches(stage: Stage) -> None:
    stage.another_agency()
    main = {"branchId": "DK-900101", "title": "Hovedbiblioteket"}
    other = {"branchId": "DK-900102", "title": "Havnefilialen"}
    assert ask(stage, "v1/{}/branches") == [other, main]
    assert ask(stage, "v1/{}/branches", exclude=["DK-900102", "x"]) == [main]
    token = stage.a_token(agency="900100")  # the digits of the ISIL
    assert stage.ask("GET", "v1/agencyid/branches", token=token).body == [other, main]
    for named in ("900100", "dk-900100", AGENCY):
        assert stage.ask("GET", f"v1/{named}/branches", token=token).status == 200


def test_whether_a_title_can_be_had(stage: Stage) -> None:
    copy = an_item(stage.library)
    title = stage.record_of(copy)
    lent = stage.record_of(an_item(stage.library, on_loan_to=stage.a_patron()))
    a_hold(stage.library, stage.a_patron(), copy)
    asked = [lent, "52557240", title, f"870970-basis:{title}", lent]
    found = ask(stage, "{}/catalog/availability/v3", recordid=asked)
    assert [tuple(each.values()) for each in found] == [
        (lent, True, False, 0),
        ("52557240", False, False, 0),
        (title, True, True, 1),
        (f"870970-basis:{title}", True, True, 1),
    ]
    assert (
        stage.ask("GET", f"{AGENCY}/catalog/availability/v3", session=stage.session).status == 400
    )


def test_titles_are_called_by_their_control_number(stage: Stage) -> None:
    library = stage.library

    def add(transaction: Any) -> int:
        return add_record(transaction, a_record("Pan", control_number="52557240"), now=library.now)

    library.write(add)
    [found] = ask(stage, "{}/catalog/availability/v3", recordid="52557240")
    assert found == {
        "recordId": "52557240",
        "reservable": False,
        "available": False,
        "reservations": 0,
    }


def test_every_title_that_is_asked_for_has_a_row(stage: Stage) -> None:
    """Web sites look at the first without asking whether there is one."""
    for path in ("holdingsLogistics/v1", "holdings/v3", "holdings/v5"):
        assert ask(stage, f"{{}}/catalog/{path}", recordid="52557240") == [
            {"recordId": "52557240", "reservable": False, "reservations": 0, "holdings": []}
        ]


def test_copies_where_they_stand(stage: Stage) -> None:
    library = stage.library

    def name(transaction: Any) -> None:
        store_place_name(
            transaction,
            agency_id=library.main.agency_id,
            level="department",
            code="vo",
            name="Voksne",
        )

    library.write(name)
    copy = an_item(library, department="vo", material_group="book")
    other = a_copy(library, copy, home=library.other)
    library.check_out(stage.a_patron(), other)
    stage.another_agency()
    title = stage.record_of(copy)
    [found] = ask(stage, "{}/catalog/holdingsLogistics/v1", recordid=title)
    harbour, main = found["holdings"]
    assert main["branch"] == {"branchId": "DK-900101", "title": "Hovedbiblioteket"}
    assert main["lmsPlacement"] == {"department": {"departmentId": "vo", "title": "Voksne"}}
    assert main["materials"] == [
        {"itemNumber": copy, "available": True, "materialGroup": {"name": "book"}}
    ]
    assert [each["available"] for each in harbour["materials"]] == [False]
    [newer] = ask(stage, "{}/catalog/holdings/v5", recordid=title)
    due = [copy["returnDate"] for each in newer["holdings"] for copy in each["materials"]]
    assert due == ["2026-12-23", ""]
    [fewer] = ask(stage, "{}/catalog/holdings/v5", recordid=title, exclude="DK-900102")
    assert [each["branch"]["branchId"] for each in fewer["holdings"]] == ["DK-900101"]


def test_copies_of_another_library_are_not_this_ones(one_stage: Stage) -> None:
    branch = one_stage.another_agency()
    title = one_stage.record_of(an_item(one_stage.library, home=branch))
    [found] = ask(one_stage, "{}/catalog/holdings/v4", recordid=title)
    assert (found["reservable"], found["holdings"]) == (False, [])


def test_what_the_rules_do_not_keep(one_stage: Stage) -> None:
    one_stage.library.policy(material_group="reference", holdable=False)
    copy = an_item(one_stage.library, material_group="reference")
    [found] = ask(one_stage, "{}/catalog/availability/v3", recordid=one_stage.record_of(copy))
    assert (found["available"], found["reservable"]) == (True, False)


def test_places_that_the_library_has_named(stage: Stage) -> None:
    library = stage.library

    def name(transaction: Any) -> None:
        for level in ("department", "location", "sublocation", "section"):
            store_place_name(
                transaction,
                agency_id=library.main.agency_id,
                level=level,
                code=level[:2],
                name=level.title(),
            )

    library.write(name)
    for level in ("department", "location", "sublocation", "section"):
        [found] = ask(stage, f"v1/{{}}/{level}s")
        assert found == {f"{level}Id": level[:2], "title": level.title()}


@pytest.mark.parametrize("key", ["text", "list", "none"])
def test_settings(sqlite_url: str, tmp_path: Path, key: str) -> None:
    said = {"text": "yes", "list": ("a", "b")}
    with a_stage(sqlite_url, tmp_path, configuration=said) as stage:
        path = f"v1/{AGENCY}/configuration/{key}"
        told = stage.ask("GET", path, session=stage.session)
        assert (told.status, key == "text") == ((200, True) if key == "text" else (404, False))
        told = stage.ask("GET", f"{path}/list", session=stage.session)
        assert told.status == (200 if key == "list" else 404)
