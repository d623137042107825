"""What partners look at stands in the log of look-ups."""

from __future__ import annotations

from circulation.staff.lookups import NEWEST, lookups_by
from tests.builders.circulation import a_patron, an_item
from tests.protocols.ncip.stage import PARTNER, Stage, item, user
from tests.protocols.ncip.test_circulating import check_out
from tests.protocols.ncip.test_lookups import PIN_HASH, look_up_item, look_up_user


def test_a_partner_s_look_up_stands_in_the_log_under_its_name(stage: Stage) -> None:
    card = a_patron(stage.library, pin_hash=PIN_HASH)
    stage.ask(look_up_user(user(card)))
    stage.ask(look_up_user(user("P9999999")))
    found = stage.library.read(
        lambda transaction: lookups_by(transaction, actor=PARTNER.known_as, before=NEWEST)
    )
    told = [(each.actor_kind, each.branch_id, each.what, each.context) for each in found]
    assert told == [("partner", stage.library.main.id, "opened", "NCIP LookupUser")]


def test_a_partner_that_is_told_who_has_an_item_stands_in_the_log(stage: Stage) -> None:
    library = stage.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    stage.ask(look_up_item(item(barcode)))
    stage.ask(look_up_item(item(barcode) + "<CurrentBorrowerDesired/>"))
    found = library.read(
        lambda transaction: lookups_by(transaction, actor=PARTNER.known_as, before=NEWEST)
    )
    assert [(each.what, each.context) for each in found] == [("loans", "NCIP LookupItem")]


def test_a_user_that_the_answer_to_a_loan_tells_of_stands_in_the_log(stage: Stage) -> None:
    library = stage.library
    card = a_patron(library, pin_hash=PIN_HASH)
    for wanted in ("", "<UserElementType>Name Information</UserElementType>"):
        stage.ask(check_out(user(card), an_item(library), wanted))
    found = library.read(
        lambda transaction: lookups_by(transaction, actor=PARTNER.known_as, before=NEWEST)
    )
    assert [(each.what, each.context) for each in found] == [("opened", "NCIP CheckOutItem")]
