"""Holds over the API: what the rules say against them is passed over by name."""

from __future__ import annotations

from circulation.holds.changing import cancel_hold
from circulation.kernel.events import events_of_hold
from circulation.kernel.rights import Reach, Right
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_hold
from tests.protocols.api.stage import Stage


def test_a_hold_that_is_one_too_many_is_placed_by_whoever_may(stage: Stage) -> None:
    library = stage.library
    library.policy(loan_days=28, max_holds=1)
    card = a_patron(library)
    a_hold(library, card, an_item(library))
    wish: dict[str, object] = {"card": card, "item": an_item(library)}
    clerk = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    told = stage.ask("POST", "/holds", wish, token=clerk)
    assert (told.status, told.codes) == (409, ["TOO_MANY_HOLDS"])
    wish["override"] = {"reasons": ["TOO_MANY_HOLDS"], "why": "the exam is in May"}
    told = stage.ask("POST", "/holds", wish, token=clerk)
    assert (told.status, told.body["right"]) == (403, "override.soft")
    head = stage.a_caller(Right.LEND, Right.VIEW_PATRONS, Right.OVERRIDE_SOFT)
    told = stage.ask("POST", "/holds", wish, token=head)
    assert told.status == 201, told.body
    hold_id = int(told.body["hold"]["id"])
    [placed] = library.read(lambda transaction: events_of_hold(transaction, hold_id=hold_id))
    assert placed.after["overridden"] == ["TOO_MANY_HOLDS"]
    assert (placed.after["why"], placed.actor) == ("the exam is in May", head)


def test_patrons_pass_over_nothing(stage: Stage) -> None:
    card = a_patron(stage.library)
    wish = {
        "item": an_item(stage.library),
        "override": {"reasons": ["TOO_MANY_HOLDS"], "why": "please"},
    }
    told = stage.ask("POST", "/self/holds", wish, token=stage.a_patron_caller(card))
    assert (told.status, told.body["errors"][0]["field"]) == (422, "override")


def test_a_hold_is_put_elsewhere_in_its_queue(stage: Stage) -> None:
    library = stage.library
    item = an_item(library, on_loan_to=a_patron(library))
    holds = [a_hold(library, a_patron(library), item).hold for _ in range(3)]
    path = f"/holds/{holds[2].id}"
    lender = stage.a_caller(Right.LEND)
    assert stage.ask("GET", path, token=lender).body["may"] == ["change", "pause", "cancel"]
    head = stage.a_caller(Right.LEND, Right.REORDER_HOLDS)
    assert stage.ask("GET", path, token=head).body["may"][-1] == "move"
    wish = {"number": 2, "why": "the exam is on Friday"}
    told = stage.ask("POST", f"{path}/place", wish, token=head)
    assert (told.status, told.body["number_in_queue"]) == (200, 2), told.body
    told = stage.ask("POST", f"{path}/place", {"number": 1, "why": " "}, token=head)
    assert (told.status, told.body["detail"]) == (409, "whoever moves a hold says why")


def test_nobody_overtakes_the_patrons_of_others(stage: Stage) -> None:
    library = stage.library
    item = an_item(library, on_loan_to=a_patron(library))
    first = a_hold(library, a_patron(library), item, at=library.other).hold
    own = a_hold(library, a_patron(library), item).hold
    here = Reach(branches=frozenset({library.main.id}))
    token = stage.a_caller(grants={Right.LEND: here, Right.REORDER_HOLDS: here})
    wish = {"number": 1, "why": "the exam is on Friday"}
    told = stage.ask("POST", f"/holds/{own.id}/place", wish, token=token)
    assert (told.status, told.body["right"]) == (403, "holds.reorder")
    head = stage.a_caller(Right.LEND, Right.REORDER_HOLDS)
    told = stage.ask("POST", f"/holds/{own.id}/place", wish, token=head)
    assert (told.status, told.body["number_in_queue"]) == (200, 1)
    assert first.id < own.id


def test_what_a_hold_could_expect_is_told_before(stage: Stage) -> None:
    library = stage.library
    card, item = a_patron(library), an_item(library, on_loan_to=a_patron(library))
    a_hold(library, a_patron(library), item)
    own = stage.a_patron_caller(card)
    told = stage.ask("GET", f"/self/hold-prospect?item={item}", token=own)
    assert (told.status, told.body["number_in_queue"], told.body["reasons"]) == (200, 2, [])
    patron = stage.ask("GET", "/self", token=own).body["id"]
    path = f"/patrons/{patron}/hold-prospect?item={item}"
    clerk = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    assert stage.ask("GET", path, token=clerk).body == told.body
    placed = stage.ask("POST", "/self/holds", {"item": item}, token=own)
    assert placed.body["hold"]["days"] == told.body["days"]
    told = stage.ask("GET", path, token=clerk)
    assert [each["code"] for each in told.body["reasons"]] == ["ALREADY_ON_HOLD"]
    told = stage.ask("GET", "/self/hold-prospect?title=999999", token=own)
    assert (told.status, told.codes) == (409, ["RECORD_UNKNOWN"])


def test_a_set_of_holds_is_placed_together(stage: Stage) -> None:
    library, card = stage.library, a_patron(stage.library)
    items = [an_item(library) for _ in range(2)]
    wish = {"card": card, "wanted": [{"item": each} for each in items], "kind": "parallel"}
    token = stage.a_caller(Right.LEND)
    first = wish | {"priority": -1}
    assert stage.ask("POST", "/holds/sets", first, token=token).body["right"] == "holds.reorder"
    wish["wanted"] += [{"title": "99999"}]
    placed = stage.ask("POST", "/holds/sets", wish, token=token)
    assert placed.status == 201, placed.body
    assert [each["item"] for each in placed.body["holds"]] == items
    assert {each["kind"] for each in placed.body["holds"]} == {"parallel"}
    [refused] = placed.body["refused"]
    assert refused["title_id"] == "99999"
    both = wish | {"wanted": [{"title": "1", "item": items[0]}]}
    assert stage.ask("POST", "/holds/sets", both, token=token).status == 422


def test_a_patron_who_is_away_for_ever_stops_no_queue(stage: Stage) -> None:
    """What one patron says of dates is shown to all who look at the queue."""
    library, token = stage.library, stage.a_caller()
    away, other = a_patron(library), a_patron(library)
    item = an_item(library)
    title = stage.ask("GET", f"/items/{item}", token=token).body["item"]["title_id"]
    theirs = stage.a_patron_caller(away)
    for dates in ({"activates": "9999-12-31"}, {"interest_until": "9999-12-31"}):
        placed = stage.ask("POST", "/self/holds", {"title": title} | dates, token=theirs)
        assert placed.status == 201, placed.body
        hold = f"/self/holds/{placed.body['hold']['id']}"
        assert stage.ask("DELETE", hold, token=theirs).status == 200
    placed = stage.ask("POST", "/self/holds", {"title": title}, token=theirs)
    pause = {"pause": {"first": library.today.isoformat(), "last": "9999-12-31"}}
    hold = f"/self/holds/{placed.body['hold']['id']}"
    assert stage.ask("PATCH", hold, pause, token=theirs).status == 200
    absence = {"last": "9999-12-31"}
    assert stage.ask("PUT", "/self/absence", absence, token=theirs).status == 200
    for path in ("/self/holds", hold):
        assert stage.ask("GET", path, token=theirs).status == 200
    listed = stage.ask("GET", f"/titles/{title}/holds", token=token)
    assert (listed.status, listed.body["holds"][0]["hold"]["days"]) == (200, None), listed.body
    wish = {"card": other, "title": title}
    assert stage.ask("POST", "/holds", wish, token=token).status == 201


def test_who_asks_what_a_patron_could_expect_is_noted(stage: Stage) -> None:
    token, card = stage.a_caller(), a_patron(stage.library)
    patron = f"/patrons/{stage.public_id(card)}"
    item = an_item(stage.library)
    assert stage.ask("GET", f"{patron}/hold-prospect?item={item}", token=token).status == 200
    looks = stage.ask("GET", f"{patron}/lookups", token=token).body["lookups"]
    assert [each["what"] for each in looks] == ["holds"], looks


def test_pages_of_holds_end_where_the_caller_says(stage: Stage) -> None:
    library = stage.library
    card, other, free = a_patron(library), a_patron(library), an_item(library)
    placed = [
        str(a_hold(library, card, each).hold.id)
        for each in [*(an_item(library, on_loan_to=other) for _ in range(4)), free]
    ]
    library.check_in(free)
    own = stage.a_patron_caller(card)

    def ids(path: str) -> tuple[list[str], str]:
        told = stage.ask("GET", path, token=own)
        assert told.status == 200, told.body
        return [each["id"] for each in told.body["holds"]], told.headers.get("Link", "")

    assert ids("/self/holds") == (placed, "")
    assert ids("/self/holds?limit=5") == (placed, "")
    found, link = ids("/self/holds?limit=2")
    assert found == placed[:2]
    library.write(
        lambda transaction: cancel_hold(
            library.act(transaction), patron=card, hold_id=int(placed[1])
        )
    )
    following = link.split(">")[0].removeprefix("</api/v1")
    assert (found := ids(following))[0] == placed[2:4]  # nothing moves up
    assert ids(found[1].split(">")[0].removeprefix("</api/v1")) == (placed[4:], "")
    assert ids("/self/holds?ready=true&limit=1") == (placed[4:], "")
    assert stage.ask("GET", "/self/holds?cursor=abc", token=own).status == 422
