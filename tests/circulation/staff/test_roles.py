"""What roles give, and that nobody gives more than they have."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.kernel.rights import EVERYTHING, Reach, Right
from circulation.staff.accounts import roles_of
from circulation.staff.administering import (
    AccountFields,
    BeyondOwnRights,
    StaffUnfit,
    add_account,
    change_account,
    disable_account,
    preferences_of_account,
    set_password,
    set_preferences_of_account,
)
from circulation.staff.programs import NewProgram, add_program
from circulation.staff.roles import BUILT_IN, HeldRole, Role, Roles, beyond, reaches_within
from tests.builders.accounts import (
    COMMAND,
    a_colleague,
    account,
    at_no_desk,
    hashed,
    is_let_in,
)
from tests.builders.circulation import Library

#: Agencies 1 and 2 with two branches each.
AGENCY_OF = {11: 1, 12: 1, 21: 2, 22: 2}
PLACES = [(None, None), (1, None), (2, None), *[(None, branch) for branch in AGENCY_OF]]

held_roles = st.builds(
    lambda role, place: HeldRole(role, *place),
    st.sampled_from([*BUILT_IN, "none such"]),
    st.sampled_from(PLACES),
)
several = st.lists(held_roles, max_size=4).map(tuple)
limits = st.none() | st.integers(0, 3)


def allowed(held: tuple[HeldRole, ...], right: Right, branch: int) -> bool:
    """The same, role by role."""
    for each in held:
        role = BUILT_IN.get(each.role)
        is_there = (
            each.is_everywhere or each.branch_id == branch or each.agency_id == AGENCY_OF[branch]
        )
        if role is not None and right in role.rights and is_there:
            return True
    return False


@given(several)
def test_a_right_holds_where_one_of_the_roles_gives_it(held: tuple[HeldRole, ...]) -> None:
    grants = Roles([]).grants(held)
    for right in Right:
        for branch, agency in AGENCY_OF.items():
            reach = grants.get(right)
            holds = reach is not None and reach.covers(agency, branch)
            assert holds is allowed(held, right, branch)


def places(reach: Reach) -> set[tuple[int | None, int | None]]:
    """Where the right holds, with the agencies as a whole and everywhere among the places."""
    whole = {each for each in PLACES if reach.everywhere or each[0] in reach.agencies}
    branches = {
        (None, branch) for branch, agency in AGENCY_OF.items() if reach.covers(agency, branch)
    }
    return whole | branches


def most(reach: Reach) -> float:
    return math.inf if reach.limit is None else reach.limit


@given(several, limits, several, limits)
def test_what_is_not_beyond_gives_nothing_more(
    wanted: tuple[HeldRole, ...],
    wanted_limit: int | None,
    own: tuple[HeldRole, ...],
    own_limit: int | None,
) -> None:
    roles = Roles([])
    more, mine = roles.grants(wanted, wanted_limit), roles.grants(own, own_limit)
    found = beyond(more, mine, AGENCY_OF)
    for right, reach in more.items():
        assert (right not in found) is (
            right in mine
            and places(reach) <= places(mine[right])
            and most(reach) <= most(mine[right])
        )
    assert beyond(more, EVERYTHING, AGENCY_OF) == []
    assert beyond(mine, mine, AGENCY_OF) == []


def test_everywhere_is_more_than_all_branches() -> None:
    every = Reach(agencies=frozenset({1, 2}))
    assert not reaches_within(Reach(everywhere=True), every, AGENCY_OF)
    assert reaches_within(Reach(branches=frozenset(AGENCY_OF)), every, AGENCY_OF)
    assert not reaches_within(Reach(branches=frozenset({99})), every, AGENCY_OF)


def test_the_set_up_may_say_what_a_role_is() -> None:
    own = Role("assistant", "Helper", frozenset({Right.LEND}))
    roles = Roles([own])
    assert roles.by_code["assistant"] == own
    assert set(roles.grants((HeldRole("assistant"),))) == {Right.LEND}
    assert roles.by_code["head"] == BUILT_IN["head"]


def test_nobody_gives_or_takes_over_more_than_they_have(house: Library) -> None:
    a_colleague(house, "admin", HeldRole("administrator", branch_id=house.main.id))
    boss = a_colleague(house, "boss", HeldRole("administrator"))
    desk = a_colleague(house, "desk", HeldRole("assistant", branch_id=house.main.id))
    by = is_let_in(house, "admin").session.principal
    fields = AccountFields("New", house.main.id)
    here, agency = (
        HeldRole("head", branch_id=house.main.id),
        HeldRole("head", agency_id=house.main.agency_id),
    )
    at_no_desk(house, lambda act: add_account(act, by, "new", fields, [here]))
    for refused in (
        lambda act: add_account(act, by, "newer", fields, [agency]),
        lambda act: change_account(act, by, account(house, "admin"), fields, [agency]),
        lambda act: change_account(act, by, boss, fields),
        lambda act: change_account(act, by, boss, fields, [here]),
        lambda act: set_password(act, by, boss, hashed("x")),
        lambda act: disable_account(act, by, boss),
        lambda act: add_program(act, by, NewProgram("bot", house.main.id, [Right.LEND])),
    ):
        with pytest.raises(BeyondOwnRights):
            at_no_desk(house, refused)
    at_no_desk(house, lambda act: set_password(act, by, desk, hashed("x")))
    at_no_desk(house, lambda act: disable_account(act, by, desk))
    held = house.read(lambda transaction: roles_of(transaction, staff_id=account(house, "new").id))
    assert held == [here]


def test_a_limit_on_waiving_goes_with_the_account(house: Library) -> None:
    a_colleague(house, "anna", "librarian", waiving_limit=5_000)
    anna = is_let_in(house, "anna").session.principal
    assert anna.limit(Right.WAIVE_FEES) == 5_000
    assert anna.limit(Right.LEND) is None
    a_colleague(house, "root", "administrator", waiving_limit=5_000)
    by = is_let_in(house, "root").session.principal
    more = AccountFields("Bo", house.main.id, waiving_limit=5_001)
    held = [HeldRole("librarian", agency_id=house.main.agency_id)]
    with pytest.raises(BeyondOwnRights, match=r"fees\.waive"):
        at_no_desk(house, lambda act: add_account(act, by, "bo", more, held))
    same = more._replace(waiving_limit=5_000)
    bo = at_no_desk(house, lambda act: add_account(act, by, "bo", same, held))
    for beyond_it in (more, more._replace(waiving_limit=None)):
        with pytest.raises(BeyondOwnRights, match=r"fees\.waive"):
            at_no_desk(house, lambda act, new=beyond_it: change_account(act, by, bo, new))
    at_no_desk(house, lambda act: change_account(act, by, bo, same._replace(waiving_limit=1)))
    assert account(house, "bo").waiving_limit == 1


def test_what_cannot_be_said_of_an_account(house: Library) -> None:
    wrong = AccountFields(" ", house.main.id, email="nobody", waiving_limit=-1)
    with pytest.raises(StaffUnfit) as caught:
        at_no_desk(
            house, lambda act: add_account(act, COMMAND, "A B", wrong, [HeldRole("libarian")])
        )
    assert len(caught.value.problems) == 5


def test_preferences_are_kept_and_bounded(house: Library) -> None:
    staff_id = a_colleague(house).id
    keys = {"keys": {"F2": "return"}, "sounds": False, "navn": "Ærø"}
    house.write(lambda transaction: set_preferences_of_account(transaction, staff_id, keys))
    assert house.read(lambda transaction: preferences_of_account(transaction, staff_id)) == keys
    with pytest.raises(StaffUnfit):
        house.write(
            lambda transaction: set_preferences_of_account(
                transaction, staff_id, {"much": "x" * 20_000}
            )
        )
