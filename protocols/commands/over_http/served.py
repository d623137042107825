"""Which operation of the HTTP API is a command's, and what its parameters are called there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Served:
    """The operation of a command, by its id.

    `names`: what a parameter is called there, where that is another word. `said`: what is always
    said, or how that is asked for. `card`: the parameter that names a patron, whom the server is
    asked for first. `here`: the parameter that names the branch, which has to be where the caller's
    token works. `each`: the parameter that has several values, each a request of its own. `made`:
    how a value is said. `given`: the row counts where these parameters were given. `goes_on`: what
    has a cursor in its answer is asked again with it, until there is none.
    """

    operation: str
    names: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    card: str | None = None
    here: str | None = None
    each: str | None = None
    made: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    goes_on: bool = False


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _end_of(day: date) -> str:
    return f"{day.isoformat()}T23:59:59Z"


def _ask_password() -> str:
    from protocols.commands.shared.asking import secret

    return secret("password")


def _on_item(state: str) -> Served:
    return Served("set_state", {"barcode": "item"}, {"to": state}, here="branch")


def _on_account(operation: str, **said: Any) -> Served:
    return Served(operation, {"user_name": "account", "given": "roles"}, said)


_FILE: Final = {"file": _text_of}
#: Command -> its rows: the first whose `given` were given counts.
SERVED: Final[Mapping[str, tuple[Served, ...]]] = {
    "apply": (
        Served(
            "check_set_up",
            {"file": "text"},
            made=_FILE,
            given=frozenset({"only_check"}),
        ),
        Served(
            "apply_changes",
            {"file": "text"},
            made=_FILE,
            given=frozenset({"yes"}),
        ),
    ),
    "close": (
        Served("check_closure", given=frozenset({"only_check"})),
        Served("close_for_days", given=frozenset({"yes"})),
        Served("reopen", given=frozenset({"lift", "last"})),
    ),
    "explain": (Served("explain"),),
    "hold list": (Served("list_holds", card="patron"),),
    "hold pick-list": (Served("show_pick_list", here="branch"),),
    "hold shelf": (Served("show_shelf", here="branch"),),
    "inventory begin": (Served("begin_inventory", here="branch"),),
    "inventory close": (Served("close_inventory", {"number": "inventory"}),),
    "inventory list": (Served("list_inventories", here="branch"),),
    "inventory not-seen": (Served("show_not_seen", {"number": "inventory"}),),
    "inventory scan": (Served("scan_shelf", {"number": "inventory", "barcodes": "items"}),),
    "inventory show": (Served("show_inventory", {"number": "inventory"}),),
    "inventory to-see-to": (Served("show_misplaced", {"number": "inventory"}),),
    "item show": (Served("show_item", {"barcode": "item"}),),
    "jobs list": (Served("list_jobs"),),
    "jobs run": (Served("run", {"name": "job"}, given=frozenset({"name"}), goes_on=True),),
    "list conflicts": (Served("show_conflicts", here="branch"),),
    "list missing": (Served("show_missing", here="branch"),),
    "list overdue": (Served("show_overdue", here="branch"),),
    "list transits": (Served("show_transits", here="branch"),),
    "loan back": (Served("give_back_to_borrower", {"barcode": "item"}, here="branch"),),
    "loan bill": (Served("bill", {"barcode": "item"}, here="branch"),),
    "loan claim": (_on_item("claimed_returned"),),
    "loan found": (_on_item("found"),),
    "loan in": (Served("take_stack_back", {"barcodes": "items"}, here="branch"),),
    "loan list": (Served("list_loans", card="patron"),),
    "loan lost": (_on_item("lost"),),
    "loan onward": (Served("lend_to_pupil", {"barcode": "item", "patron": "card"}, here="branch"),),
    "loan out": (Served("lend_stack", {"patron": "card", "barcodes": "items"}, here="branch"),),
    "loan recall": (Served("recall_loan", {"barcode": "item"}, here="branch"),),
    "loan receipt": (Served("give_receipt", {"patron": "card"}, here="branch"),),
    "loan renew": (Served("prolong", {"barcodes": "item"}, here="branch", each="barcodes"),),
    "loan resume": (Served("resume_loan", {"barcode": "item"}, here="branch"),),
    "loan settle": (Served("settle", made={"conflict": str}, here="branch"),),
    "loan suspend": (Served("suspend_loan", {"barcode": "item"}, here="branch"),),
    "loan unclaim": (_on_item("claim_withdrawn"),),
    "patron add": (Served("register", {"home": "home_branch", "born": "birth_date"}),),
    "patron show": (Served("show_patron", {"identifier": "patron"}, card="identifier"),),
    "record delete": (Served("discard_record", {"record_id": "record"}, here="branch"),),
    "record merge": (
        Served(
            "merge_titles",
            {"record_id": "record", "survivor_id": "survivor"},
            here="branch",
            made={"survivor_id": str},
        ),
    ),
    "record show": (Served("show_record", {"record_id": "record"}),),
    "receiving close": (Served("close_delivery"),),
    "role list": (Served("list_roles"),),
    "slip pick-list": (Served("make_slip", said={"kind": "pick_list"}, here="branch"),),
    "slip pickup": (Served("make_slip", said={"kind": "pickup"}),),
    "slip receipt": (Served("make_slip", said={"kind": "receipt"}, card="patron"),),
    "slip transit": (Served("make_slip", said={"kind": "transit"}),),
    "staff add": (Served("add_staff", {"user_name": "user"}),),
    "staff change": (_on_account("change_staff"),),
    "staff disable": (_on_account("change_staff", disabled=True),),
    "staff enable": (_on_account("change_staff", disabled=False),),
    "staff list": (Served("list_accounts"),),
    "staff password": (
        Served("give_password", {"user_name": "account"}, {"password": _ask_password}),
    ),
    "staff roles": (_on_account("change_staff"),),
    "staff show": (_on_account("show_account"),),
    "terminals": (Served("list_terminals"),),
    "token add": (
        Served(
            "let_program_in",
            {"name": "program", "is_of_all": "all_agencies"},
            made={"expires": _end_of},
        ),
    ),
    "token list": (Served("list_programs"),),
    "token revoke": (Served("revoke", {"name": "program"}),),
    "workstation add": (Served("register_workstation", {"name": "workstation"}),),
    "workstation key": (Served("renew_workstation_key", {"name": "workstation"}),),
    "workstation list": (Served("list_workstations"),),
    "workstation printer": (Served("choose_printer", {"name": "workstation"}),),
    "workstation remove": (Served("remove_desk", {"name": "workstation"}),),
}
