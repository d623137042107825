"""The verbs that are paired: what each does to a scene, and which scenes it suits.

`NO_VERBS` names every other function of the engine that takes an act, and says why it is not
paired; a test compares both with the source.
"""

from __future__ import annotations

from typing import Final

from tests.pairs import loan_verbs, money_verbs, patron_verbs
from tests.pairs.nouns import Verb

VERBS: Final = (*loan_verbs.VERBS, *money_verbs.VERBS, *patron_verbs.VERBS)

#: The folders of the engine whose verbs change a charge, an item, a hold or a patron.
ROOMS: Final = ("booking", "fees", "holds", "items", "ledger", "loans", "patrons")

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
            "loans.parties",
            "patrons.store_identifier",
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
        ),
        _READS,
    ),
    **dict.fromkeys(
        (
            "booking.close_bookings_over",
            "booking.move_placements",
            "fees.block_warned",
            "holds.clear_shelf",
            "holds.expire_holds",
            "holds.recall_for_holds_that_begin",
            "loans.renew_automatically",
        ),
        _JOB,
    ),
    **dict.fromkeys(
        (
            "booking.create_placement",
            "booking.change_placement",
            "booking.move_on",
            "booking.end_placement",
            "booking.put_into",
            "booking.take_out",
        ),
        "changes a deposit or a theme, under a lock of its row and of its items",
    ),
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
    "patrons.register_patron": "makes a patron whom no other act can know",
    "patrons.remove_address": "one delete of the row of an address",
}


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
