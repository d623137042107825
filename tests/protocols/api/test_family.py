"""What guardians see and renew of their children's, and what children let them see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.patrons.guardians import add_guardian
from circulation.staff.lookup_log import lookups
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import charge, number_of
from tests.builders.holds import a_hold
from tests.protocols.api.stage import Stage


@many(tuple[str, str, str])
def _looks(*, patron_id: int) -> Statement:
    return select(lookups.c.actor_kind, lookups.c.what, lookups.c.context).where(
        lookups.c.patron_id == patron_id
    )


class Family:
    """A child with a loan, a hold and a debt, and the parent's and the child's tokens."""

    def __init__(self, stage: Stage, *, age: int = 9, sees_account: bool = True) -> None:
        library = stage.library
        born = library.today - timedelta(days=366 * age)
        self.card, self.guardian = a_patron(library, birth_date=born), a_patron(library)
        library.policy(loan_days=28, renewals=3)
        self.item = an_item(library, on_loan_to=self.card)
        a_hold(library, self.card, an_item(library))
        charge(library, self.card, 5_000)
        child, parent = (number_of(library, each) for each in (self.card, self.guardian))
        library.write(
            lambda transaction: add_guardian(
                library.act(transaction),
                child,
                parent,
                today=library.today,
                sees_account=sees_account,
            )
        )
        self.number = child
        self.theirs, self.parents = stage.public_id(self.card), stage.public_id(self.guardian)
        self.parent = stage.a_patron_caller(self.guardian)
        self.child = stage.a_patron_caller(self.card)
        self.path = f"/self/wards/{self.theirs}"
        self.sight = f"/self/guardians/{self.parents}/sight"


@pytest.fixture
def family(stage: Stage) -> Family:
    return Family(stage)


def test_a_guardian_sees_and_renews(stage: Stage, family: Family) -> None:
    token, path = family.parent, family.path
    [ward] = stage.ask("GET", "/self", token=token).body["wards"]
    assert (ward["id"], ward["sees_account"]) == (family.theirs, True)
    [loan] = stage.ask("GET", f"{path}/loans", token=token).body["loans"]
    assert loan["item"]["barcode"] == family.item
    assert len(stage.ask("GET", f"{path}/holds", token=token).body["holds"]) == 1
    assert stage.ask("GET", f"{path}/charges", token=token).body["total"] == 1
    stage.library.pass_time(days=20)
    told = stage.ask("POST", f"{path}/renewals", {"item": family.item}, token=token)
    assert told.status == 200, told.body
    assert told.body["loan"]["renewals"] == 1
    told = stage.ask("POST", f"{path}/renewals/all", {}, token=token)
    assert told.status == 200, told.body
    assert [each["barcode"] for each in told.body["results"]] == [family.item]


def test_a_look_at_a_child_is_noted_and_one_at_oneself_is_not(stage: Stage, family: Family) -> None:
    for each in ("loans", "holds", "charges"):
        stage.ask("GET", f"/self/{each}", token=family.child)
        stage.ask("GET", f"{family.path}/{each}", token=family.parent)
    noted = stage.library.read(lambda transaction: _looks(transaction, patron_id=family.number))
    assert [tuple(each) for each in noted] == [
        ("patron", "loans", "api list_loans_of_child"),
        ("patron", "holds", "api list_holds_of_child"),
        ("patron", "charges", "api list_charges_of_child"),
    ]


@pytest.mark.parametrize("what", ["loans", "holds", "charges"])
def test_who_may_not_look_is_not_told_that_there_is_such_a_child(stage: Stage, what: str) -> None:
    unseen, strangers = Family(stage, sees_account=False), Family(stage)
    for token in (unseen.parent, strangers.parent, unseen.child):
        assert stage.ask("GET", f"{unseen.path}/{what}", token=token).status == 404
    told = stage.ask("POST", f"{unseen.path}/renewals", {"item": unseen.item}, token=unseen.parent)
    assert told.status == 404


def test_from_fifteen_on_the_child_says_who_looks(stage: Stage) -> None:
    family = Family(stage, age=15)
    assert "decide_who_sees" in stage.ask("GET", "/self", token=family.child).body["may"]
    told = stage.ask("DELETE", family.sight, token=family.child)
    assert (told.status, told.body["guardians"][0]["sees_account"]) == (200, False)
    assert stage.ask("GET", f"{family.path}/loans", token=family.parent).status == 404
    assert stage.ask("PUT", family.sight, token=family.child).status == 200
    assert stage.ask("GET", f"{family.path}/loans", token=family.parent).status == 200
    stranger = stage.public_id(a_patron(stage.library))
    told = stage.ask("DELETE", f"/self/guardians/{stranger}/sight", token=family.child)
    assert told.status == 404


def test_before_that_it_is_for_the_library_to_say(stage: Stage, family: Family) -> None:
    assert "decide_who_sees" not in stage.ask("GET", "/self", token=family.child).body["may"]
    told = stage.ask("DELETE", family.sight, token=family.child)
    assert (told.status, told.body["detail"]) == (
        409,
        "who sees the account is for the library to say before 15",
    )
    assert stage.ask("GET", f"{family.path}/loans", token=family.parent).status == 200


def test_who_has_grown_up_is_seen_no_more(stage: Stage) -> None:
    family = Family(stage, age=17)
    stage.library.pass_time(days=400)
    assert stage.ask("GET", f"{family.path}/loans", token=family.parent).status == 404
