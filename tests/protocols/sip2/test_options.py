"""Options of accounts: each does what it says, and the README knows them and Koha's."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import protocols.sip2
from catalogue.database import Transaction
from circulation.callers.sorting import SortRule, store_sort_rule
from circulation.kernel.events import EventKind
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.money import ChargeKind
from circulation.loans.lost import declare_lost
from protocols.sip2.settings import Account
from protocols.sip2.terminals.profiles import PROFILES
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, fee_rule
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal, an_account

README = (Path(protocols.sip2.__path__[0]) / "README.md").read_text(encoding="utf-8")
DATE = "20261125    120000"
KOHA = """
login_id password institution delimiter encoding terminator error-detect checked_in_ok
cv_send_00_on_success cv_triggers_alert ct_always_send cr_item_field ae_field_template
da_field_template av_field_template hide_fields allow_fields send_patron_home_library_in_af
show_checkin_message show_outstanding_amount format_due_date convert_nonprinting_characters
allow_empty_passwords allow_additional_materials_checkout payment_type_writeoff
disallow_overpayment register_id holds_block_checkin holds_get_captured overdues_block_checkout
prevcheckout_block_checkout lost_block_checkout lost_block_checkout_value lost_status_for_missing
blocked_item_types inhouse_item_types inhouse_patron_categories seen_on_item_information
screen_msg_regex patron_attribute custom_patron_field item_field custom_item_field
sort_bin_mapping syspref_overrides implementation parms checkin checkout renewal status_update
offline timeout retries port transport protocol client_timeout min_servers max_servers
min_spare_servers max_spare_servers max_requests log_file log_level syslog_ident syslog_facility
syslog_logsock setsid user group pid_file custom_tcp_keepalive OverduesBlockCirc noissuescharge
maxoutstanding AllowItemsOnHoldCheckout BlockReturnOfLostItems itemBarcodeInputFilter
UseLocationAsAQInSIP SIP2SortBinMapping
"""


@pytest.fixture
def card(library: Library) -> str:
    return a_patron(
        library, "P1", given_name="Karen", family_name="Blixen", pin_hash=hashed("1234")
    )


@pytest.fixture
def item(library: Library) -> str:
    return an_item(library, "I1", title="Sult", call_number="Ham", material_group="book")


def ask(terminal: Terminal, message: str) -> str:
    return terminal.ask(message.encode()).decode().rstrip("\r\n")


def fields(answer: str, code: str) -> list[str]:
    return [part[2:] for part in answer.split("|")[1:] if part[:2] == code]


def status(terminal: Terminal, pin: str = "AD1234|") -> str:
    return ask(terminal, f"23001{DATE}AO|AAP1|AC|{pin}")


def information(terminal: Terminal, summary: str = " " * 10) -> str:
    return ask(terminal, f"63001{DATE}{summary}AO|AAP1|AC|AD1234|")


def checkout(terminal: Terminal, item: str = "I1", rest: str = "") -> str:
    return ask(terminal, f"11NN{DATE}{' ' * 18}AO|AAP1|AB{item}|AC|AD1234|{rest}")


def checkin(terminal: Terminal, item: str = "I1") -> str:
    return ask(terminal, f"09N{DATE}{DATE}AP|AO|AB{item}|AC|")


@pytest.fixture
def a_terminal(a_terminal: ATerminal) -> ATerminal:
    """Terminals to which the same message twice is no retry: what they are told is what counts."""
    return partial(a_terminal, settings={"repeats_within": 0})


def owe(library: Library, amount: int = 2000) -> None:
    charge(library, "P1", amount, ChargeKind.OTHER)


# The registries


def test_the_readme_names_every_option_and_every_one_of_koha() -> None:
    options = {field.name for field in dataclasses.fields(Account)}
    assert {name for name in options if f"`{name}`" not in README} == set()
    assert [name for name in KOHA.split() if f"`{name}`" not in README] == []


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_is_a_valid_account_and_can_be_overridden(name: str) -> None:
    account = an_account(profile=name)
    said = PROFILES[name]
    for option, value in said.items():
        found = getattr(account, option)
        assert found == (tuple(value) if isinstance(value, list) else value)
    assert an_account(profile=name, charset="ascii").charset == "ascii"
    assert f"`{name}`" in README


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"profile": "none"}, "no profile 'none'; there are"),
        ({"login_by": ["address"]}, "a login by address needs networks"),
        ({"name_template": "{secret}"}, "{secret} is none of name"),
        ({"name_template": "{name!r}"}, "is none of"),
        ({"name_template": "{name.__class__}"}, "is none of"),
        ({"name_template": "{name:%d}"}, "takes no format"),
        ({"name_template": "{name"}, "expected '}'"),
        ({"hide_fields": ["AA"]}, "without AA an answer is none"),
        ({"hide_fields": ["A"]}, "is no id of a field"),
        ({"extra_patron_fields": ["AE={name}"]}, "AE has its own meaning in 24, 64"),
        ({"extra_item_fields": ["ZZ{title}"]}, "is no field such as"),
        ({"closed_messages": ["12"]}, "is no message that can be closed"),
        ({"screen_message_rewrites": ["a -> b"]}, "is not FIND => REPLACE"),
        ({"screen_message_rewrites": ["( => b"]}, "missing )"),
        ({"screen_message_rewrites": ["a => \\1"]}, "invalid group reference"),
        ({"due_date": "%q"}, "is date-and-time, day, or a form"),
        ({"nonprinting_character": "\t"}, "must be a character that can be shown"),
        ({"networks": ["192.0.2.1/24"]}, "is no address and no network"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as raised:
        an_account(**options)
    assert problem in str(raised.value)


# Patrons


def test_names_and_fields_of_ones_own(a_terminal: ATerminal, card: str) -> None:
    terminal = a_terminal(
        name_template="{family_name}, {given_name}",
        extra_patron_fields=["PA={birth_date:%d.%m.%Y}", "XI={id}", "PY={expired}"],
    )
    for answer in (status(terminal), information(terminal)):
        assert fields(answer, "AE") == ["Blixen, Karen"]
        assert fields(answer, "PY") == ["N"]
        assert fields(answer, "XI")[0].isdigit()
        assert len(fields(answer, "PA")[0]) in (0, 10)
    wrong = status(terminal, "AD9999|")
    assert fields(wrong, "AE") == [""]
    assert fields(wrong, "XI") == []  # a wrong PIN gives nothing away


@pytest.mark.parametrize(
    ("option", "pin", "said"),
    [(True, "AD|", ["Y"]), (True, "AD  |", ["Y"]), (True, "", []), (False, "AD|", [])],
)
def test_a_blank_pin(
    a_terminal: ATerminal, card: str, option: bool, pin: str, said: list[str]
) -> None:
    answer = status(a_terminal(blank_pin_is_right=option), pin)
    assert fields(answer, "CQ") == said


def test_a_blank_pin_opens_nothing_where_one_is_required(a_terminal: ATerminal, card: str) -> None:
    answer = status(a_terminal(blank_pin_is_right=True, require_patron_pin=True), "AD|")
    assert fields(answer, "CQ") == ["N"]
    assert fields(answer, "AE") == [""]


def test_the_home_library_and_what_is_owed(
    library: Library, a_terminal: ATerminal, card: str, item: str
) -> None:
    owe(library)
    terminal = a_terminal(show_home_library=True, show_amount_owed=True, print_lines="receipt")
    assert f"Home library: {library.main.name}" in fields(status(terminal), "AF")
    out = checkout(terminal)
    assert fields(out, "AF") == ["You owe 20.00 DKK."]
    assert fields(out, "AG")[0].startswith("Sult - due 20")
    back = checkin(terminal)
    assert fields(back, "AF") == ["You owe 20.00 DKK."]
    assert fields(back, "AG") == ["Returned: Sult"]


def test_lines_of_fees_and_the_limit_of_debt(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    fee_rule(library, block_threshold=20000, block_days=0)
    owe(library)
    terminal = a_terminal(
        show_fee_limit=True, fee_template="{date:%d/%m} {type_code} {amount} of {charged} {title}"
    )
    answer = information(terminal, "   Y      ")
    assert fields(answer, "AV") == ["25/11 01 20.00 of 20.00 for a test"]
    assert fields(answer, "CC") == ["200.00"]
    assert fields(information(a_terminal()), "CC") == []


def test_lists_by_title(library: Library, a_terminal: ATerminal, card: str, item: str) -> None:
    library.check_out(card, item)
    assert fields(information(a_terminal(), "  Y       "), "AU") == ["I1"]
    assert fields(information(a_terminal(list_loans_by="title"), "  Y       "), "AU") == ["Sult"]


@pytest.mark.parametrize(("shown", "flags"), [("all", "YYYY"), ("loans", "Y   "), ("none", "    ")])
def test_which_denials_are_shown(
    library: Library, a_terminal: ATerminal, card: str, shown: str, flags: str
) -> None:
    terminal = a_terminal(denied_in_status=shown)
    ask(terminal, f"01N{DATE}AO|ALblocked|AAP1|AC|")
    full = status(a_terminal())[2:6]
    expected = "".join(one if two == "Y" else " " for one, two in zip(full, flags, strict=True))
    assert status(terminal)[2:6] == expected


# Loans, and money


def test_what_a_machine_does_not_lend(a_terminal: ATerminal, card: str, item: str) -> None:
    terminal = a_terminal(blocked_material_groups=["book"])
    answer = checkout(terminal)
    assert answer.startswith("120")
    assert "does not lend items of this kind" in fields(answer, "AF")[0]
    assert checkout(a_terminal(blocked_material_groups=["film"])).startswith("121")


@pytest.mark.parametrize(
    "option", [{"in_house_material_groups": ["book"]}, {"in_house_patron_categories": ["adult"]}]
)
def test_in_house_loans_keep_their_tag(
    a_terminal: ATerminal, card: str, item: str, option: dict[str, Any]
) -> None:
    answer = checkout(a_terminal(send_security_inhibit=True, **option))
    assert answer[:6] == "121NUN"
    assert fields(answer, "CI") == ["Y"]
    assert "For use in the library only." in fields(answer, "AF")


def test_the_tag_is_taken_off_otherwise(a_terminal: ATerminal, card: str, item: str) -> None:
    answer = checkout(a_terminal(send_security_inhibit=True))
    assert answer[:6] == "121NUY"
    assert fields(answer, "CI") == ["N"]


@pytest.mark.parametrize(
    ("form", "shown"), [("day", "2026-"), ("%d.%m.%y", "."), ("date-and-time", "    ")]
)
def test_due_dates(a_terminal: ATerminal, card: str, item: str, form: str, shown: str) -> None:
    assert shown in fields(checkout(a_terminal(due_date=form)), "AH")[0]


def pay(terminal: Terminal, kind: str, amount: str, rest: str = "") -> str:
    return ask(terminal, f"37{DATE}01{kind}DKKBV{amount}|AO|AAP1|AC|{rest}")


def test_a_payment_type_that_writes_off(library: Library, a_terminal: ATerminal, card: str) -> None:
    owe(library)
    terminal = a_terminal(writeoff_payment_types=["06"])
    assert pay(terminal, "06", "25.00").startswith("38N")
    answer = pay(terminal, "06", "15.00", "BKw1|")
    assert answer.startswith("38Y")
    assert fields(answer, "AF") == ["Written off: 15.00 DKK."]
    assert fields(answer, "BK") == ["w1"]
    library.pass_time(days=2)
    assert pay(terminal, "06", "15.00", "BKw1|").startswith("38Y")
    assert pay(terminal, "00", "15.00", "BKw1|").startswith("38N")
    assert fields(information(terminal), "BV") == ["5.00"]
    assert pay(terminal, "00", "5.00").startswith("38Y")
    assert fields(information(terminal), "BV") == []
    assert pay(terminal, "06", "1.00").startswith("38N")


def test_more_than_is_owed(library: Library, a_terminal: ATerminal, card: str) -> None:
    fee_rule(library, overpayment="credit")
    owe(library)
    assert pay(a_terminal(refuse_overpayment=True), "00", "30.00").startswith("38N")
    assert pay(a_terminal(), "00", "30.00").startswith("38Y")


# Check-in, items


def test_what_was_not_on_loan(a_terminal: ATerminal, item: str) -> None:
    answer = checkin(a_terminal(ok_if_not_on_loan=False))
    assert answer.startswith("100YUY")
    assert fields(answer, "AF") == ["This item was not on loan."]
    quiet = checkin(a_terminal(ok_if_not_on_loan=False, alert_on_failure=False))
    assert quiet.startswith("100YUN")
    assert checkin(a_terminal()).startswith("101YUN")


def test_a_refused_check_in_without_alert(a_terminal: ATerminal) -> None:
    answer = checkin(a_terminal(alert_on_failure=False), "none")
    assert answer.startswith("100NNN")
    assert fields(answer, "CV") == []


def test_fields_that_are_always_sent(a_terminal: ATerminal, item: str) -> None:
    codes = ["AA", "CH", "CL", "CM", "CR", "CS", "CT", "CV", "CY", "DA"]
    answer = checkin(a_terminal(always_send=codes, show_checkin_message=True))
    sent = {code: fields(answer, code) for code in codes}
    assert sent == {
        **{code: [""] for code in codes},
        "CM": [" " * 18],
        "CR": ["book"],
        "CS": ["Ham"],
        "CV": ["00"],
    }
    assert fields(answer, "AF") == ["Returned: Sult"]


def test_the_bin_of_a_scheme(library: Library, a_terminal: ATerminal, item: str) -> None:
    def rules(transaction: Transaction) -> None:
        store_sort_rule(transaction, SortRule("hall", 1, "3", to_branch_id=library.other.id))
        store_sort_rule(transaction, SortRule("hall", 2, "4", call_number_from="H"))
        store_sort_rule(transaction, SortRule("hall", 3, "9"))
        set_up_changed(transaction)

    library.write(rules)
    an_item(library, "I9", home=library.other, call_number="Ham")
    terminal = a_terminal(sorting="hall")
    found = {each: fields(checkin(terminal, each), "CL") for each in ("I1", "I9", "none")}
    assert found == {"I1": ["4"], "I9": ["3"], "none": ["9"]}
    assert fields(checkin(a_terminal(), "I1"), "CL") == []
    assert fields(checkin(a_terminal(sorting="other"), "I1"), "CL") == []


def test_a_return_is_refused_where_staff_are_to_see_to_holds(
    library: Library, a_terminal: ATerminal, card: str, item: str
) -> None:
    a_hold(library, a_patron(library), item)
    answer = checkin(a_terminal(holds="refuse"))
    assert answer.startswith("100NNY")
    assert fields(answer, "CV") == ["99"]
    routed = checkin(a_terminal(holds="route"))
    assert routed.startswith("101YUY")
    assert fields(routed, "CV") == ["01"]
    assert not [event for event in library.events_of(item) if event.kind is EventKind.HOLD_CAPTURED]
    checkin(a_terminal(holds="bind"))
    assert [event for event in library.events_of(item) if event.kind is EventKind.HOLD_CAPTURED]


def test_alert_types_that_a_machine_does_not_know(library: Library, a_terminal: ATerminal) -> None:
    an_item(library, "I9", home=library.other)
    assert fields(checkin(a_terminal(), "I9"), "CV") == ["04"]
    known = checkin(a_terminal(alert_types=["01", "99"]), "I9")
    assert fields(known, "CV") == ["99"]
    answer = checkin(a_terminal(alert_types=["01"]), "I9")
    assert answer.startswith("101YUY")
    assert fields(answer, "CV") == []


def test_where_fields_of_items_come_from(library: Library, a_terminal: ATerminal) -> None:
    an_item(library, "I8", title="Pan", department="adult", location="novels")
    terminal = a_terminal(
        collection_code="location",
        permanent_location="department",
        item_properties="material_group",
        extra_item_fields=["ZZ={title}/{department}"],
    )
    answer = checkin(terminal, "I8")
    assert fields(answer, "CR") == ["novels"]
    assert fields(answer, "AQ") == ["adult"]
    assert fields(answer, "ZZ") == ["Pan/adult"]
    shown = ask(terminal, f"17{DATE}AO|ABI8|AC|")
    assert fields(shown, "AQ") == ["adult"]
    assert fields(shown, "ZZ") == ["Pan/adult"]


def test_a_missing_item_that_is_asked_for(
    library: Library, a_terminal: ATerminal, item: str
) -> None:
    library.write(lambda transaction: declare_lost(library.act(transaction), item=item))
    question = f"17{DATE}AO|ABI1|AC|"
    assert ask(a_terminal(), question).startswith("1813")
    finder = a_terminal(find_on_item_information=True)
    assert ask(finder, question).startswith("1803")
    assert ask(a_terminal(), question).startswith("1803")


# Screens and fields


def test_screen_messages_are_rewritten_and_printed(a_terminal: ATerminal) -> None:
    terminal = a_terminal(
        screen_message_rewrites=[r"^(\w+) \w+ (.*)$ => \2 (\1)", "staff => desk"],
        print_lines="messages",
    )
    plain = fields(checkin(a_terminal(), "none"), "AF")[0]
    first, _, rest = plain.split(" ", 2)
    answer = checkin(terminal, "none")
    assert fields(answer, "AF") == [f"{rest} ({first})".replace("staff", "desk")]
    assert fields(answer, "AG") == fields(answer, "AF")


def test_print_lines_are_as_wide_as_the_terminal_says(a_terminal: ATerminal) -> None:
    terminal = a_terminal(print_lines="messages")
    whole = fields(checkin(terminal, "none"), "AF")
    ask(terminal, "9900202.00")
    answer = checkin(terminal, "none")
    assert fields(answer, "AF") == whole
    lines = fields(answer, "AG")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 20
    assert " ".join(lines) == " ".join(whole)


def test_an_answer_to_a_fault_of_ours_is_shaped_too(
    library: Library, a_terminal: ATerminal, item: str
) -> None:
    terminal = a_terminal(
        alert_on_failure=False, screen_message_rewrites=["^.*$ => Sorry"], hide_fields=["AJ"]
    )
    library.database.close()
    answer = checkin(terminal)
    assert answer.startswith("100NNN")
    assert fields(answer, "AF") == ["Sorry"]
    assert fields(answer, "CV") == fields(answer, "AJ") == []


def test_hidden_fields_and_the_only_ones(a_terminal: ATerminal, card: str) -> None:
    hidden = status(
        a_terminal(hide_fields=["AE", "CQ", "AF", "XI"], extra_patron_fields=["XI={id}"])
    )
    assert fields(hidden, "AE") == [""]  # a field that 24 must have
    assert fields(hidden, "CQ") == fields(hidden, "XI") == []
    only = information(a_terminal(only_fields=["AE", "BL"], show_personal_details=True))
    assert {part[:2] for part in only.split("|")[1:] if part} == {"AA", "AE", "BL"}


def test_fees_lose_their_hidden_fields(library: Library, a_terminal: ATerminal, card: str) -> None:
    owe(library)
    answer = information(a_terminal(hide_fields=["FC", "FD"]), "      Y   ")
    assert fields(answer, "FA") == ["20.00"]
    assert fields(answer, "FC") == fields(answer, "FD") == []


def test_closed_messages(a_terminal: ATerminal, card: str, item: str) -> None:
    terminal = a_terminal(closed_messages=["11", "29", "65"])
    shown = ask(terminal, "9900802.00")
    assert shown[:6] == "98YYNN"
    assert fields(shown, "BX") == ["YNYYYYYYYYYYNYNN"]
    answer = checkout(terminal)
    assert answer.startswith("120")
    assert "not set up for that" in fields(answer, "AF")[0]


def test_what_stands_for_characters_that_cannot_be_shown(
    library: Library, a_terminal: ATerminal
) -> None:
    an_item(library, "I5", title="A\r|B")
    for option, shown in ((" ", "A  B"), ("", "AB"), ("_", "A__B")):
        terminal = a_terminal(nonprinting_character=option)
        assert fields(checkin(terminal, "I5"), "AJ") == [shown]
