"""Statistics, and what a sorting machine would do, over the API."""

from __future__ import annotations

from catalogue.database import Transaction
from circulation.callers.sorting import SortRule, store_sort_rule
from circulation.callers.terminals import Terminal, store_terminal
from circulation.kernel.results import ItemState
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from circulation.loans.statistics import count_day
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.api.stage import Stage


def test_loans_are_summed_by_what_is_asked_for(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.VIEW_REPORTS)
    an_item(library, on_loan_to=a_patron(library))
    an_item(library, on_loan_to=a_patron(library))
    library.write(lambda transaction: count_day(transaction, library.today))
    first = f"first={library.today.isoformat()}"
    told = stage.ask("GET", f"/statistics?{first}", token=token)
    assert [(each["kind"], each["number"]) for each in told.body["lines"]] == [("checked_out", 2)]
    told = stage.ask("GET", f"/statistics?{first}&by=branch&by=kind", token=token)
    assert sum(each["number"] for each in told.body["lines"]) == 2
    assert all(each["branch"] for each in told.body["lines"])
    wrong = stage.ask("GET", f"/statistics?{first}&by=colour", token=token)
    assert wrong.status == 422


def _sorter(library: Library) -> None:
    def work(transaction: Transaction) -> None:
        store_sort_rule(transaction, SortRule("main", 1, "holds", held=True))
        store_sort_rule(transaction, SortRule("main", 2, "home", home_branch_id=library.main.id))
        terminal = Terminal("sorter", "$argon2id$x", library.main.id, sorting="main")
        store_terminal(transaction, terminal)
        set_up_changed(transaction)

    library.write(work)


def test_a_machine_says_its_bin_and_nothing_is_changed(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.OPERATE, Right.LEND)
    _sorter(library)
    item = an_item(library, on_loan_to=a_patron(library))
    wish = {"item": item, "terminal": "sorter"}
    told = stage.ask("POST", "/sorters/explanations", wish, token=token)
    assert (told.status, told.body["bin"], told.body["rule"]) == (200, "home", 2), told.body
    assert told.body["passed_over"] == [{"rule": 1, "bin": "holds", "hindrance": "hold"}]
    shown = stage.ask("GET", f"/items/{item}", token=token)
    assert shown.body["state"] == ItemState.ON_LOAN.name
    unknown = stage.ask("POST", "/sorters/explanations", wish | {"item": "no"}, token=token)
    assert (unknown.status, unknown.codes) == (200, ["ITEM_UNKNOWN"])
    assert (unknown.body["bin"], unknown.body["destination"]) == (None, None)
    nobody = stage.ask("POST", "/sorters/explanations", wish | {"terminal": "x"}, token=token)
    assert nobody.status == 404
