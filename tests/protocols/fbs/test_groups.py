"""The tree of a library's groups of patrons."""

from __future__ import annotations

from catalogue.database import Transaction
from circulation.kernel.rights import Right
from circulation.patrons.groups import add_group, join_group
from tests.builders.fees import number_of
from tests.protocols.fbs.interface import Interface
from tests.protocols.fbs.stage import AGENCY, Stage

PATH = f"v1/{AGENCY}/patrongroups"


def test_a_tree_of_groups(stage: Stage) -> None:
    """Members of the groups below are counted, and nobody is named; another library's are not
    there."""
    library = stage.library
    card = stage.a_patron(given_name="Elev")
    theirs = stage.another_agency()

    def work(transaction: Transaction) -> None:
        school = add_group(transaction, library.main.agency_id, "Skole")
        form = add_group(transaction, library.main.agency_id, "9b", parent_id=school)
        add_group(transaction, theirs.agency_id, "Nabo")
        join_group(library.act(transaction), form, number_of(library, card))

    library.write(work)
    told = stage.ask("GET", PATH, session=stage.session)
    assert told.status == 200
    assert (told.body["membersCount"], told.body["patronGroupId"]) == (1, 0)
    [school] = told.body["childGroups"]
    assert (school["name"], school["membersCount"]) == ("Skole", 1)
    [form] = school["childGroups"]
    assert (form["name"], form["membersCount"], form["childGroups"]) == ("9b", 1, [])
    assert "Elev" not in str(told.body)


def test_it_is_as_published(one_stage: Stage, interface: Interface) -> None:
    told = one_stage.ask("GET", PATH, session=one_stage.session)
    assert told.body == {
        "patronGroupId": 0,
        "name": "Prøvekommunens Biblioteker",
        "description": "",
        "membersCount": 0,
        "childGroups": [],
    }
    assert ("GET", "v1/{agencyid}/patrongroups") in interface.operations


def test_it_takes_the_right_to_see_patrons(one_stage: Stage) -> None:
    session = one_stage.log_in(one_stage.a_site(Right.LEND))
    assert one_stage.ask("GET", PATH, session=session).status == 403
    token = one_stage.a_token()
    assert one_stage.ask("GET", "v1/agencyid/patrongroups", token=token).status == 404
