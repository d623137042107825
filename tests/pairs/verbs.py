"""The verbs that are paired: what each does to a scene, and which scenes it suits.

`NO_VERBS` names every other function of the engine that takes an act, and says why it is not
paired; a test compares both with the source.
"""

from __future__ import annotations

from typing import Final

from tests.pairs import (
    debt_verbs,
    job_verbs,
    loan_verbs,
    money_verbs,
    partner_verbs,
    patron_verbs,
    stock_verbs,
)
from tests.pairs.nouns import Verb

_MODULES: Final = (
    loan_verbs,
    money_verbs,
    patron_verbs,
    debt_verbs,
    stock_verbs,
    partner_verbs,
    job_verbs,
)
_MODULE_OF: Final[dict[str, str]] = {
    verb.name: module.__name__.rpartition(".")[2] for module in _MODULES for verb in module.VERBS
}
VERBS: Final[tuple[Verb, ...]] = tuple(verb for module in _MODULES for verb in module.VERBS)

#: The folders of the engine whose verbs change a noun of the table.
ROOMS: Final = (
    "accession",
    "booking",
    "closures",
    "dunning",
    "fees",
    "holds",
    "interlending",
    "items",
    "ledger",
    "loans",
    "notices",
    "patrons",
    "records",
    "stock",
)

_NO_NOUN: Final = "changes no noun of the table"
#: The other folders, and why their verbs are not paired.
NO_ROOMS: Final[dict[str, str]] = {
    **dict.fromkeys(("accounts", "explaining"), "writes nothing"),
    **dict.fromkeys(("archiving", "moving"), "runs without a server, under a lock of the database"),
    **dict.fromkeys(("assembly", "languages", "sections"), "has no verbs"),
    "calendars": "the set-up, which is changed under a lock of its version",
    "setting_up": "the set-up, which is changed under a lock of its version",
    "callers": "what is known of machines and partners; an answer is kept by its key",
    "digital_post": "receipts of messages, each kept by its own number",
    "harvesting": f"how far lists of another system were read; {_NO_NOUN}",
    "holdings": f"how far lists for another system were sent; {_NO_NOUN}",
    "jobs": "runs the jobs, which are verbs of the table",
    "kernel": "what all verbs are made of",
    "staff": f"accounts, sessions and keys of staff and programs; {_NO_NOUN}",
}

_PART = "called by verbs of the table, under their locks"
_READS = "writes nothing"
_JOB = "a job that reads a page and decides again for each row, by functions of this table"
#: What takes an act and is not paired, by folder and name.
NO_VERBS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "booking.write_booking",
            "booking.close_booking",
            "booking.close_if_all_back",
            "booking.end_bookings_of",
            "booking.begin_stay",
            "booking.move_stay",
            "booking.end_stay",
            "booking.send_home",
            "fees.charge_compensation",
            "fees.cancel_compensation",
            "fees.charge_lateness",
            "fees.charge_act",
            "fees.reduce_again",
            "fees.note_warning",
            "holds.bind",
            "holds.shelve",
            "holds.release",
            "holds.close",
            "holds.write_changes",
            "holds.ask_for_title",
            "holds.note_change",
            "holds.end_holds_of",
            "holds.known_case",
            "holds.recall_for",
            "holds.restore_holds",
            "holds.restore_capture",
            "holds.let_go_of_item",
            "ledger.open_account",
            "ledger.open_charge",
            "loans.uncharge_end",
            "loans.uncharge_renewal",
            "loans.parties",
            "patrons.store_identifier",
            "accession.find_or_add_title",
            "accession.add_item_of",
            "closures.give_new_dates",
            "loans.count_due_date_again",
            "closures.restore_pickup_branches",
            "dunning.open_claim",
            "interlending.follow_recall",
            "interlending.follow_end_of_hold",
            "interlending.register_institution",
            "interlending.request_lending",
            "interlending.tell",
            "interlending.begin_case",
            "interlending.ask_next",
            "interlending.begin_attempt",
            "interlending.not_lent",
            "interlending.pass_over",
            "interlending.go_on",
            "interlending.filled",
            "interlending.withdraw_wish",
            "interlending.taken_over",
            "interlending.advance",
            "interlending.add_temporary",
            "interlending.end_holds",
            "interlending.remove_temporary",
            "interlending.take_in",
            "notices.follow_closure",
            "notices.tell_of_new_dates",
            "notices.tell_not_renewed",
            "notices.tell_unobtainable",
            "notices.state_balance",
            "notices.write_notices",
        ),
        _PART,
    ),
    **dict.fromkeys(
        (
            "booking.availability_calendar",
            "fees.account_currency",
            "fees.return_receipt",
            "holds.judge_hold",
            "holds.listed_holds",
            "loans.borrower_of",
            "loans.date_refusals",
            "loans.judge_loan",
            "loans.judge_renewal",
            "loans.judge_renewals",
            "accession.home_of",
            "interlending.is_partners",
            "interlending.ranked_for",
            "interlending.ours",
            "interlending.begun",
            "notices.explain_message",
            "notices.forecast",
            "notices.look",
            "notices.receipt",
            "notices.loan_slip",
            "notices.return_slip",
            "notices.payment_slip",
            "notices.status_slip",
            "notices.group_slip",
            "notices.planned_notices",
            "notices.made",
            "notices.pickup_note",
            "notices.transit_slip",
            "notices.item_label",
            "notices.pick_list_slip",
            "notices.emergency_form",
        ),
        _READS,
    ),
    **dict.fromkeys(
        ("notices.gather", "notices.tell"),
        "walks over events; each is taken out of the outbox once, by a delete that gives its rows",
    ),
    "notices.notices_of_day": "a job that writes messages only, each once by a unique key",
    "notices.answer_text": "answers a text once by its key, and renews by `renew_all`",
    "holds.clear_shelf": "checks in each item of a shelf as `check_in`, all of them locked",
    "closures.follow_calendars": "dates loans as `close_branch`, where the set-up was changed",
    **dict.fromkeys(
        ("accession.announce", "accession.note_unexpected", "accession.close_delivery"),
        "changes a delivery, whose lines no other verb of the table knows",
    ),
    "accession.receive": "adds an item as `accession`, under a lock of the line of its delivery",
    "accession.accession_brief": "adds a title and an item that no other act can know",
    "records.add_record": "makes a title that no other act can know",
    "stock.begin_inventory": "makes an inventory that no other act can know",
    "interlending.supply_copy": "ends a request for a copy as `refuse_demand`, under the same lock",
    **dict.fromkeys(
        (
            "patrons.check_pin",
            "patrons.let_in",
            "patrons.look_at_pin",
            "patrons.look_at_pin_of_nobody",
        ),
        "counts wrong PINs, and changes nothing else",
    ),
    "loans.take_report": "tells how an act off line went; the act is a verb of the table",
    "loans.settle_conflict": "one update of a row that only staff see",
    "loans.reopen_conflict": "one update of a row that only staff see",
    **dict.fromkeys(
        ("loans.find_place", "loans.note_former_loan", "loans.note_late_day"),
        "a step of an off-line act; the act is a verb of the table",
    ),
    **dict.fromkeys(
        ("loans.try_act", "loans.try_card", "loans.try_item", "loans.try_one", "loans.try_some"),
        "does off-line acts that were open; each is a verb of the table",
    ),
    "patrons.register_patron": "makes a patron whom no other act can know",
    "patrons.remove_address": "one delete of the row of an address",
}


#: Jobs that are not paired.
NO_JOBS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("exchanges", "lookups", "old-notices", "patron-search", "pins", "replies", "sessions"),
        f"forgets what is old, or fills an index; {_NO_NOUN}",
    ),
    **dict.fromkeys(("holdings", "registries", "statistics"), _NO_NOUN),
    "off-line": "`loans.try_some`, which does verbs of the table",
    "notices": "`notices.gather` and `notices.notices_of_day`",
}


def module_of(verb: Verb) -> str:
    """Return the name of the module in which the verb is."""
    return _MODULE_OF[verb.name]


def are_pair(one: Verb, other: Verb) -> bool:
    """Return whether the verbs can concern the same row."""
    return bool(one.nouns & other.nouns)


def pairs() -> list[tuple[Verb, Verb]]:
    """Return every pair of verbs with a noun in common, each verb with itself included."""
    return [
        (one, other)
        for number, one in enumerate(VERBS)
        for other in VERBS[number:]
        if are_pair(one, other)
    ]
