"""Which operation of the HTTP API is a command's, and what its parameters are called there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from circulation.ledger.prices import WrongPrice, price_of
from protocols.commands.asking.asker import NULL
from protocols.commands.loans.school import pairs_in


@dataclass(frozen=True, slots=True)
class Served:
    """The operation of a command, by its id.

    `names`: what a parameter is called there, where that is another word. `said`: what is always
    said, or how that is asked for. `card`: the parameter that names a patron, whom the server is
    asked for first. `here`: the parameter that names the branch, which has to be where the caller's
    token works. `each`: the parameter that has several values, each a request of its own. `made`:
    how a value is said. `given`: the row counts where these parameters were given. `goes_on`: what
    has a cursor in its answer is asked again with it, until there is none. `people`: parameters
    that name further patrons, and what they are called there. `holder`: the parameter that names
    the patron whose hold it has to be. `told`: makes what is said of what was given, where that is
    more than names.
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
    people: Mapping[str, str] = field(default_factory=dict)
    holder: str | None = None
    told: Callable[[dict[str, Any]], dict[str, Any]] | None = None


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _end_of(day: date) -> str:
    return f"{day.isoformat()}T23:59:59Z"


def _ask(what: str) -> str:
    from protocols.commands.shared.asking import secret

    return secret(what)


def _on_item(state: str) -> Served:
    return Served("set_state", {"barcode": "item"}, {"to": state}, here="branch")


def _on_account(operation: str, **said: Any) -> Served:
    return Served(operation, {"user_name": "account", "given": "roles"}, said)


def _none(given: Any) -> Any:
    return NULL


def _is_not(given: bool) -> bool:
    return not given


def _with_price(given: dict[str, Any]) -> dict[str, Any]:
    """Facts of an item, its price made of an amount and a currency. Raises click.UsageError."""
    try:
        price = price_of(given.pop("price", None), given.pop("currency", None))
    except WrongPrice as error:
        raise click.UsageError(str(error)) from error
    if price is not None:
        given["price"] = {"amount": price[0], "currency": price[1]}
    return given


def _new_item(given: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        name: given.pop(name) for name in ("number", "home", "dry_run") if name in given
    }
    if (title := given.pop("title", None)) is not None:
        said["brief"] = {"title": title, "author": given.pop("author", "")}
    return said | {"item": _with_price(given)}


def _item_changes(given: dict[str, Any]) -> dict[str, Any]:
    said = {name: given.pop(name) for name in ("items", "dry_run") if name in given}
    return said | {"changes": _with_price(given)}


def _pause(given: dict[str, Any]) -> dict[str, Any]:
    pause = {
        "first": given.pop("first", None) or datetime.now(UTC).date(),
        "last": given.pop("last", None),
    }
    return given | {"pause": pause}


def _pupils(file: Any) -> list[dict[str, str]]:
    return [{"card": card, "item": item} for card, item in pairs_in(file)]


def _of_patron(operation: str, more: Mapping[str, str] | None = None, **other: Any) -> Served:
    return Served(operation, more or {}, card="identifier", **other)


_FILE: Final = {"file": _text_of}


#: Command -> its rows: the first whose `given` were given counts.
def _slip(kind: str, **more: Any) -> tuple[Served, ...]:
    return (Served("make_slip", said={"kind": kind}, **more),)


SERVED: Final[Mapping[str, tuple[Served, ...]]] = {
    "accession": (
        Served(
            "accession",
            {"numbers": "number"},
            here="branch",
            each="numbers",
            given=frozenset({"numbers"}),
            told=_new_item,
        ),
    ),
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
    "hold cancel": (Served("end_hold", {"hold_id": "hold"}, here="branch", holder="patron"),),
    "hold change": (
        Served(
            "alter_hold",
            {"hold_id": "hold", "pickup": "pickup_branch", "until": "interest_until"},
            here="branch",
            holder="patron",
        ),
    ),
    "hold fetch": (
        Served(
            "fetch",
            {"barcode": "item"},
            {"done": "not_found"},
            here="branch",
            given=frozenset({"give_up"}),
        ),
        Served("fetch", {"barcode": "item"}, {"done": "gone"}, here="branch"),
    ),
    "hold list": (Served("list_holds", card="patron"),),
    "hold move": (Served("put_elsewhere", {"hold_id": "hold"}, here="branch"),),
    "hold pause": (
        Served(
            "alter_hold",
            {"hold_id": "hold"},
            {"pause": NULL},
            here="branch",
            holder="patron",
            given=frozenset({"end"}),
        ),
        Served("alter_hold", {"hold_id": "hold"}, here="branch", holder="patron", told=_pause),
    ),
    "hold pick-list": (Served("show_pick_list", here="branch"),),
    "hold place": (
        Served(
            "place_hold",
            {
                "patron": "card",
                "records": "title",
                "pickup": "pickup_branch",
                "until": "interest_until",
            },
            here="branch",
            each="records",
            made={"records": str},
            given=frozenset({"records"}),
        ),
        Served(
            "place_hold",
            {
                "patron": "card",
                "items": "item",
                "pickup": "pickup_branch",
                "until": "interest_until",
            },
            here="branch",
            each="items",
            given=frozenset({"items"}),
        ),
    ),
    "hold queue": (Served("show_queue", {"record": "title"}, given=frozenset({"record"})),),
    "hold shelf": (Served("show_shelf", here="branch"),),
    "hold unfillable": (Served("show_hopeless", here="branch"),),
    "item change": (
        Served(
            "change_many_items",
            {"barcodes": "items", "at": "home_branch"},
            given=frozenset({"barcodes"}),
            told=_item_changes,
        ),
    ),
    "item place": (Served("alter_item", {"barcode": "item", "at": "home_branch"}),),
    "item show": (Served("show_item", {"barcode": "item"}),),
    "item withdraw": (
        Served("withdraw_items", {"barcodes": "items"}, given=frozenset({"barcodes"})),
    ),
    "jobs list": (Served("list_jobs"),),
    "jobs run": (Served("run", {"name": "job"}, given=frozenset({"name"}), goes_on=True),),
    "list claimed": (Served("show_claims", said={"mark": "claimed_returned"}, here="branch"),),
    "list conflicts": (Served("show_conflicts", here="branch"),),
    "list fetch": (Served("show_pick_list", here="branch"),),
    "list lost": (Served("show_claims", said={"mark": "lost"}, here="branch"),),
    "list missing": (Served("show_missing", here="branch"),),
    "list overdue": (Served("show_overdue", here="branch"),),
    "list shelf": (Served("show_shelf", said={"to_go": True}, here="branch"),),
    "list transits": (Served("show_transits", here="branch"),),
    "load": (Served("load_records", {"files": "marcxml"}, each="files", made={"files": _text_of}),),
    "loan back": (Served("give_back_to_borrower", {"barcode": "item"}, here="branch"),),
    "loan bill": (Served("bill", {"barcode": "item"}, here="branch"),),
    "loan claim": (_on_item("claimed_returned"),),
    "loan class": (
        Served("lend_to_class", {"file": "pupils"}, here="branch", made={"file": _pupils}),
    ),
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
    "ncip log": (Served("list_exchanges", given=frozenset({"partner"})),),
    "patron absent": (
        _of_patron("end_absence", given=frozenset({"end"})),
        _of_patron("note_absence"),
    ),
    "patron add": (Served("register", {"home": "home_branch", "born": "birth_date"}),),
    "patron address add": (
        _of_patron(
            "give_address",
            {"without_messages": "notices", "temporary": "kind"},
            made={"without_messages": _is_not, "temporary": lambda given: "temporary"},
        ),
    ),
    "patron address remove": (_of_patron("drop_address", {"number": "address"}),),
    "patron block": (_of_patron("block", here="branch"),),
    "patron card add": (_of_patron("add_card", {"new": "identifier"}),),
    "patron card block": (
        _of_patron("change_card", {"identifier": "identifier", "reason": "blocked"}),
    ),
    "patron card expires": (
        _of_patron(
            "change_card",
            {"identifier": "identifier", "last": "expires"},
            said={"expires": NULL},
        ),
    ),
    "patron card replace": (
        _of_patron("add_card", {"new": "identifier", "identifier": "replaces"}),
    ),
    "patron card unblock": (
        _of_patron("change_card", {"identifier": "identifier"}, said={"blocked": NULL}),
    ),
    "patron change": (
        _of_patron(
            "change_details",
            {"home": "home_branch", "never_expires": "expires"},
            made={"never_expires": _none},
        ),
    ),
    "patron consent give": (_of_patron("consent", {"kind": "consent"}),),
    "patron consent withdraw": (_of_patron("withdraw", {"kind": "consent"}),),
    "patron contact add": (
        _of_patron(
            "give_contact", {"without_messages": "notices"}, made={"without_messages": _is_not}
        ),
    ),
    "patron erase": (_of_patron("erase", given=frozenset({"yes"})),),
    "patron export": (_of_patron("export"),),
    "patron find": (
        Served("search_patrons", {"words": "text"}, here="branch", made={"words": " ".join}),
    ),
    "patron guardian add": (_of_patron("link_guardian", people={"other": "guardian"}),),
    "patron guardian remove": (_of_patron("unlink_guardian", people={"other": "guardian"}),),
    "patron pin": (_of_patron("give_pin", said={"pin": partial(_ask, "PIN")}),),
    "patron show": (Served("show_patron", {"identifier": "patron"}, card="identifier"),),
    "patron unblock": (
        _of_patron("unblock", said={"reason": "OTHER"}, here="branch", made={"reason": str.upper}),
    ),
    "receiving close": (Served("close_delivery"),),
    "receiving list": (Served("list_deliveries", here="branch"),),
    "receiving receive": (
        Served(
            "receive",
            {"barcode": "item"},
            here="branch",
            each="scanned",
            made={"barcode": lambda barcode: {"barcode": barcode}},
            given=frozenset({"scanned"}),
        ),
    ),
    "receiving unexpected": (Served("show_unexpected", here="branch"),),
    "record delete": (Served("discard_record", {"record_id": "record"}, here="branch"),),
    "record merge": (
        Served(
            "merge_titles",
            {"record_id": "record", "survivor_id": "survivor"},
            here="branch",
            made={"survivor_id": str},
        ),
    ),
    "record replace": (
        Served(
            "rewrite_record",
            {"record_id": "record", "file": "marcxml"},
            here="branch",
            made={"file": _text_of},
        ),
    ),
    "record show": (Served("show_record", {"record_id": "record"}),),
    "role list": (Served("list_roles"),),
    "slip emergency": _slip("emergency", here="branch"),
    "slip group": _slip("group", here="branch", made={"group": str}),
    "slip loans": _slip("loans", card="patron"),
    "slip payment": _slip("payment", card="patron"),
    "slip pick-list": _slip("pick_list", here="branch"),
    "slip receipt": _slip("receipt", card="patron"),
    "slip returns": _slip("returns", card="patron", here="branch"),
    "slip status": _slip("status", card="patron"),
    **{f"slip {of_item}": _slip(of_item) for of_item in ("pickup", "transit")},
    "sorter explain": (Served("explain_sorting_of", {"barcode": "item"}),),
    "staff add": (Served("add_staff", {"user_name": "user"}),),
    "staff change": (_on_account("change_staff"),),
    "staff disable": (_on_account("change_staff", disabled=True),),
    "staff enable": (_on_account("change_staff", disabled=False),),
    "staff list": (Served("list_accounts"),),
    "staff passkeys": (
        Served(
            "take_passkey_of",
            {"user_name": "account", "remove": "passkey"},
            given=frozenset({"remove"}),
        ),
        Served("list_passkeys", {"user_name": "account"}),
    ),
    "staff password": (
        Served("give_password", {"user_name": "account"}, {"password": partial(_ask, "password")}),
    ),
    "staff roles": (_on_account("change_staff"),),
    "staff second-factor": (
        Served("remove_factor", {"user_name": "account"}, given=frozenset({"remove"})),
    ),
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
