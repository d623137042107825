"""The stock over the API: inventories, changes of many items, what is hardly used, the year."""

from __future__ import annotations

from catalogue.items import find_item
from circulation.kernel.rights import Right
from circulation.loans.lost import declare_lost
from circulation.loans.statistics import count_day
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_copy
from tests.protocols.api.stage import Stage


def test_an_inventory_is_begun_scanned_and_ended(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.CHANGE_MANY_ITEMS)
    here, lent, gone, unseen = (
        an_item(library),
        an_item(library, on_loan_to=a_patron(library)),
        an_item(library),
        an_item(library),
    )
    library.write(lambda transaction: declare_lost(library.act(transaction), item=gone))
    begun = stage.ask("POST", "/inventories", {"name": "Spring"}, token=token)
    assert (begun.status, begun.body["findings"]) == (200, {}), begun.body
    path = f"/inventories/{begun.body['id']}"

    scanned = [here, lent, gone, "nothing", here]
    told = stage.ask("POST", f"{path}/scans", {"items": scanned}, token=token)
    findings = [each["finding"] for each in told.body["found"]]
    assert findings == ["SEEN", "ON_LOAN", "WAS_MISSING", None, "SEEN"]
    shown = stage.ask("GET", path, token=token)
    assert shown.body["findings"] == {"ON_LOAN": 1, "SEEN": 1, "WAS_MISSING": 1}
    to_do = stage.ask("GET", f"{path}/to-see-to", token=token)
    assert {each["item"] for each in to_do.body["lines"]} == {lent, gone}
    page = stage.ask("GET", f"{path}/not-seen?limit=1", token=token)
    assert [each["item"] for each in page.body["lines"]] == [unseen]
    assert "cursor=" in page.headers["Link"]

    missing = stage.ask("POST", f"{path}/missing", token=token)
    assert missing.body == {"items": 1}
    assert stage.ask("GET", f"{path}/not-seen", token=token).body["lines"] == []
    ended = stage.ask("POST", f"{path}/end", token=token)
    assert ended.body["closed"] is not None
    late = stage.ask("POST", f"{path}/scans", {"items": [here]}, token=token)
    assert late.status == 409
    listed = stage.ask("GET", "/inventories", token=token)
    assert listed.body == {"inventories": []}


def test_what_belongs_to_another_shelf_is_in_the_wrong_place(stage: Stage) -> None:
    token = stage.a_caller(Right.CHANGE_MANY_ITEMS)
    item = an_item(stage.library)
    wish = {"name": "Children", "location": "children"}
    path = f"/inventories/{stage.ask('POST', '/inventories', wish, token=token).body['id']}"
    told = stage.ask("POST", f"{path}/scans", {"items": [item]}, token=token)
    assert [each["finding"] for each in told.body["found"]] == ["WRONG_PLACE"]
    assert stage.ask("GET", f"{path}/not-seen", token=token).body["lines"] == []


def test_many_items_are_changed_or_none(stage: Stage) -> None:
    token = stage.a_caller(Right.CHANGE_MANY_ITEMS, Right.CHANGE_ITEMS)
    items = [an_item(stage.library), an_item(stage.library)]
    wish = {"items": items, "changes": {"call_number": "86-096"}, "dry_run": True}
    tried = stage.ask("POST", "/stock/changes", wish, token=token)
    assert tried.body == {"items": 2, "changed": 2, "is_done": False}
    assert _call_numbers(stage, items) == ["", ""]
    told = stage.ask("POST", "/stock/changes", wish | {"dry_run": False}, token=token)
    assert told.body == {"items": 2, "changed": 2, "is_done": True}
    assert _call_numbers(stage, items) == ["86-096", "86-096"]
    wrong = {"items": items, "changes": {"call_number": "x", "float_group": "none"}}
    told = stage.ask("POST", "/stock/changes", wrong, token=token)
    assert [each["field"] for each in told.body["errors"]] == ["items.0", "items.1"]
    assert _call_numbers(stage, items) == ["86-096", "86-096"]
    told = stage.ask("POST", "/stock/changes", wish | {"items": ["nothing"]}, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "items.0")


def _call_numbers(stage: Stage, items: list[str]) -> list[str]:
    found = [stage.library.read(lambda t, each=each: find_item(t, each)) for each in items]
    return [each.call_number for each in found if each is not None]


def test_many_items_leave_the_stock_or_none(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.CHANGE_MANY_ITEMS)
    free, lent = an_item(library), an_item(library, on_loan_to=a_patron(library))
    told = stage.ask("POST", "/stock/withdrawals", {"items": [free, lent]}, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (409, "items.1")
    assert library.read(lambda transaction: find_item(transaction, free)) is not None
    wish = {"items": [free], "why": "worn"}
    told = stage.ask("POST", "/stock/withdrawals", wish, token=token)
    assert (told.body["items"], len(told.body["titles_without_items"])) == (1, 1)
    assert library.read(lambda transaction: find_item(transaction, free)) is None


def test_what_is_hardly_used_is_listed(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.VIEW_REPORTS)
    unused = an_item(library)
    a_copy(library, unused, home=library.other)
    used = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=30)
    desk = stage.a_caller(Right.LEND)
    stage.ask("POST", "/checkins", {"item": used}, token=desk)
    since = (library.today.replace(day=1)).isoformat()
    told = stage.ask("GET", f"/lists/unused?not_lent_since={since}", token=token)
    lines = {each["item"]: each for each in told.body["lines"]}
    assert (lines[unused]["loans"], lines[unused]["copies"]) == (0, 2)
    library.pass_time(days=400)
    later = library.today.isoformat()
    told = stage.ask("GET", f"/lists/unused?not_lent_since={later}", token=token)
    lines = {each["item"]: each for each in told.body["lines"]}
    assert (lines[used]["loans"], lines[used]["last_lent"] is None) == (1, False)


def test_the_figures_of_a_year_name_materials_and_ages(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.VIEW_REPORTS)
    an_item(library, on_loan_to=a_patron(library))
    library.write(lambda transaction: count_day(transaction, library.today))
    told = stage.ask("GET", f"/statistics/yearly?year={library.today.year}", token=token)
    assert told.status == 200, told.body
    assert sum(each["loans"] for each in told.body["loans"]) == 1
    assert [(each["items"], each["added"]) for each in told.body["stock"]] == [(1, 1)]
    assert told.body["withdrawn"] == 0
