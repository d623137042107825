"""Groups of patrons, such as a school and its classes: made, filled, listed and printed."""

from __future__ import annotations

from typing import Any

from circulation.kernel.rights import Reach, Right
from tests.builders.circulation import a_patron, an_item
from tests.protocols.api.stage import Stage


def looks(stage: Stage, card: str) -> list[str]:
    token = stage.a_caller()
    told = stage.ask("GET", f"/patrons/{stage.public_id(card)}/lookups", token=token)
    return [each["what"] for each in told.body["lookups"]]


def test_a_class_is_made_filled_listed_and_left(stage: Stage) -> None:
    library = stage.library
    token = stage.a_caller()
    card, other = a_patron(library, family_name="Aa"), a_patron(library, family_name="Bb")
    patron, second = (stage.public_id(each) for each in (card, other))

    def ask(method: str, path: str, body: Any = None) -> Any:
        told = stage.ask(method, path, body, token=token)
        assert told.status < 300, told.body
        return told.body

    school = ask("POST", "/groups", {"name": " Skolen "})
    assert school == {"group": school["group"], "under": None, "name": "Skolen", "members": 0}
    new = {"name": "3. a", "under": school["group"], "branch": library.main.isil}
    its = ask("POST", "/groups", new)
    assert its == {"group": its["group"], "under": school["group"], "name": "3. a", "members": 0}
    for name in (school["name"], " "):
        wrong = stage.ask("POST", "/groups", {"name": name}, token=token)
        assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "name")
    member = f"/groups/{its['group']}/members"
    for card_of, changes in ((patron, True), (patron, False), (second, True)):
        told = ask("PUT", f"{member}/{card_of}")
        assert (told["patron"]["id"], told["changed"]) == (card_of, changes)
    groups = ask("GET", "/groups")["groups"]
    assert groups == [its | {"members": 2}, school]
    assert ask("GET", f"/groups?branch={library.other.isil}")["groups"] == groups
    for group in (school, its):
        listed = ask("GET", f"/groups/{group['group']}/members")["members"]
        assert [each["id"] for each in listed] == [patron, second]
    for changes in (True, False):
        assert ask("DELETE", f"{member}/{second}")["changed"] is changes
    assert [each["id"] for each in ask("GET", member)["members"]] == [patron]
    assert looks(stage, other) == ["opened"] * 3


def test_a_group_of_another_agency_is_not_found(stage: Stage) -> None:
    """A right at one branch of an agency is enough for its groups."""
    library = stage.library
    token, card = stage.a_caller(), a_patron(library)
    group = stage.ask("POST", "/groups", {"name": "3. a"}, token=token).body["group"]
    member = f"/groups/{group}/members/{stage.public_id(card)}"
    branch = Reach(branches=frozenset({library.main.id}))
    callers = {
        stage.a_caller(agency=library.main.agency_id + 9): (403, 404, 404),
        stage.a_caller(Right.VIEW_PATRONS): (200, 403, 200),
        stage.a_caller(grants=dict.fromkeys(Right, branch)): (200, 200, 200),
    }
    for caller, (listed, joined, seen) in callers.items():
        path = f"/groups?branch={library.main.isil}"
        assert stage.ask("GET", path, token=caller).status == listed
        assert stage.ask("PUT", member, token=caller).status == joined
        assert stage.ask("GET", f"/groups/{group}/members", token=caller).status == seen
    unknown = stage.ask("GET", "/groups?branch=DK-000000", token=token)
    assert (unknown.status, unknown.body["errors"][0]["field"]) == (422, "branch")
    for path in ("/groups/999/members", "/groups/x/members"):
        assert stage.ask("GET", path, token=token).status == 404
    assert looks(stage, card) == ["opened"]


def test_what_a_class_has_on_loan_is_printed(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card, other, outside = (a_patron(library) for _ in range(3))
    an_item(library, title="Peters jul", on_loan_to=card)
    group = stage.ask("POST", "/groups", {"name": "3. a"}, token=token).body["group"]
    for each in (card, other):
        path = f"/groups/{group}/members/{stage.public_id(each)}"
        stage.ask("PUT", path, token=token)

    def slip(by: str = token, **wish: Any) -> Any:
        told = stage.ask("POST", "/slips", {"kind": "group"} | wish, token=by)
        return told.status, "Peters jul" in str(told.body)

    assert slip(group=group) == (200, True)
    assert slip(patron=stage.public_id(other)) == (200, True)
    assert slip(patron=stage.public_id(outside)) == (409, False)
    assert slip(group="999") == slip(stage.a_caller(Right.LEND), group=group) == (404, False)
    assert slip() == slip(group="x") == (422, False)
    assert looks(stage, other) == ["loans", "loans", "opened"]
    assert not looks(stage, outside)
