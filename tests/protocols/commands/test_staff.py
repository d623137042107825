"""`tiro staff`, `role`, `workstation` and `token`, as an administrator types them."""

from __future__ import annotations

import pytest

from circulation.patrons.identifiers import find_patron
from circulation.staff.app_tokens import Consent, new_refresh_token
from circulation.staff.apps import PATRON_CONSENT_LASTS
from circulation.staff.passkeys import add_passkey
from circulation.staff.programs import access_token, program_named
from circulation.staff.results import NotSignedIn, SignedIn
from circulation.staff.sessions import session_of
from tests.builders.accounts import account, at_no_desk, is_let_in, signs_in
from tests.builders.circulation import a_patron
from tests.builders.staff import Staff

PASSWORD = "Grød med smørklat"
ADD = ("staff", "add", "Anna", "--name", "Anna Ørsted", "--at", "DK-900101")


def test_an_account_from_its_first_day_to_its_last(staff: Staff) -> None:
    added = staff.json(*ADD, "--role", "assistant", "--role", "librarian@DK-900102")
    assert (added["user"], added["branch"]) == ("anna", "DK-900101")
    assert added["roles"] == ["assistant@DK-900100", "librarian@DK-900102"]
    assert not added["has_password"]
    assert isinstance(signs_in(staff.library, "anna", PASSWORD), NotSignedIn)
    said = staff.run("staff", "password", "ANNA", typed=f"{PASSWORD}\n")
    assert said.exit_code == 0, said.output
    assert PASSWORD not in said.output
    staff.library.pass_time(minutes=16)
    is_let_in(staff.library, "anna", PASSWORD)
    changed = staff.json("staff", "change", "anna", "--email", "anna@example.dk")
    assert (changed["email"], changed["name"]) == ("anna@example.dk", "Anna Ørsted")
    assert staff.json("staff", "change", "anna", "--waiving-limit", "500")["waiving_limit"] == 500
    assert staff.json("staff", "change", "anna", "--no-waiving-limit")["waiving_limit"] is None
    assert staff.json("staff", "roles", "anna", "head@all")["roles"] == ["head@all"]
    assert staff.json("staff", "disable", "anna")["disabled"]
    assert isinstance(signs_in(staff.library, "anna", PASSWORD), NotSignedIn)
    assert [each["user"] for each in staff.json("staff", "list")["accounts"]] == ["anna"]
    assert staff.json("staff", "enable", "anna") == staff.json("staff", "show", "anna")
    is_let_in(staff.library, "anna", PASSWORD)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*ADD, "--role", "libarian"), "there is no role libarian"),
        ((*ADD, "--role", "head@DK-900109"), "there is no agency or branch DK-900109"),
        ((*ADD[:-1], "DK-900109"), "there is no branch with the ISIL DK-900109"),
        ((*ADD, "--email", "nobody"), "no e-mail address"),
        (("staff", "add", "a b", *ADD[3:]), "a user name has"),
        (("staff", "show", "bo"), "there is no account bo"),
        (("role", "show", "libarian"), "did you mean librarian?"),
        (("token", "revoke", "x"), "there is no program x"),
        (("workstation", "key", "x"), "there is no workstation x"),
        (("token", "add", "x", "--at", "DK-900101", "--bearer"), "a bearer token expires"),
        (("token", "add", "x", "--at", "DK-900101", "--right", "fly"), "'fly' is not one of"),
        (("token", "add", "x", "--at", "DK-900101", "--expires", "2020-01-01"), "does not expire"),
    ],
)
def test_what_cannot_be_is_told(staff: Staff, words: tuple[str, ...], said: str) -> None:
    result = staff.run(*words)
    assert result.exit_code != 0
    assert said.casefold() in result.output.casefold()


def test_an_account_is_made_once(staff: Staff) -> None:
    staff.json(*ADD)
    assert "there is an account anna already" in staff.run(*ADD).output


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kort", "12 to 128 characters"),
        ("bibliotekar2026", "one of the first that are tried"),
        ("anna ørsted 12", "made of a name"),
        ("aaaaaaaabbbb", "five different characters"),
    ],
)
def test_a_password_must_be_good(staff: Staff, typed: str, said: str) -> None:
    staff.json(*ADD)
    result = staff.run("staff", "password", "anna", typed=f"{typed}\n")
    assert result.exit_code == 2
    assert said in result.output


def test_roles_and_their_rights(staff: Staff) -> None:
    roles = {each["role"]: each for each in staff.json("role", "list")["roles"]}
    assert list(roles) == ["administrator", "assistant", "head", "librarian"]
    assert all(each["built_in"] for each in roles.values())
    assert staff.json("role", "show", "assistant")["rights"] == [
        "fees.take",
        "lend",
        "lists",
        "patrons.view",
    ]


def test_a_workstation(staff: Staff) -> None:
    added = staff.json("workstation", "add", "Desk 1", "--at", "DK-900102")
    staff.json(*ADD)
    staff.run("staff", "password", "anna", typed=f"{PASSWORD}\n")
    signed_in = is_let_in(staff.library, "anna", PASSWORD, workstation_key=added["key"])
    assert signed_in.session.principal.device == "Desk 1"
    assert "Desk 1" in staff.run("workstation", "add", "Desk 1", "--at", "DK-900101").output
    printer = ("workstation", "printer", "Desk 1", "escpos")
    assert staff.run(*printer).exit_code == 2
    shown = staff.json(*printer, "--address", "192.0.2.30:9100")
    assert shown["printer"] == {"kind": "escpos", "address": "192.0.2.30:9100", "width": 42}
    assert staff.json("workstation", "list") == {"workstations": [shown]}
    renewed = staff.json("workstation", "key", "Desk 1")
    assert renewed["key"] != added["key"]
    token = signed_in.token
    circulation, now = staff.library.circulation, staff.library.now
    assert not staff.library.read(
        lambda transaction: session_of(circulation, transaction, token, now)
    )
    assert staff.json("workstation", "remove", "Desk 1")["done"]
    assert staff.json("workstation", "list") == {"workstations": []}


def test_passkeys_are_shown_and_taken_away(staff: Staff) -> None:
    staff.json(*ADD)
    anna = account(staff.library)
    made = at_no_desk(staff.library, lambda act: add_passkey(act, anna, "phone", b"id", b"key", 0))
    [shown] = staff.json("staff", "passkeys", "anna")["passkeys"]
    assert (shown["id"], shown["name"], shown["used"]) == (str(made), "phone", None)
    assert staff.json("staff", "show", "anna")["has_second_factor"]
    assert "has no passkey 99" in staff.run("staff", "passkeys", "anna", "--remove", "99").output
    assert staff.json("staff", "passkeys", "anna", "--remove", str(made)) == {"passkeys": []}


def test_apps_are_shown_and_ended(staff: Staff) -> None:
    staff.json(*ADD)
    patron = a_patron(staff.library)
    words = ("token", "add", "bot", "--at", "DK-900101", "--redirect", "http://127.0.0.1/back")
    staff.json(*words, "--for", "staff", "--right", "lend")
    now, anna = staff.library.now, account(staff.library)
    bot = staff.library.read(lambda transaction: program_named(transaction, name="bot"))
    found = staff.library.read(lambda transaction: find_patron(transaction, patron))
    assert bot is not None
    for who, ids in (("anna", (anna.id, None)), (patron, (None, found))):
        ends = now + PATRON_CONSENT_LASTS
        consent = Consent(f"family of {who}".encode(), bot.id, *ids, "lend", ends)
        staff.library.write(lambda transaction, its=consent: new_refresh_token(transaction, its))
        command = ("staff" if ids[0] else "patron", "apps", who)
        [shown] = staff.json(*command)["apps"]
        assert (shown["name"], shown["scope"], shown["used"]) == ("bot", ["lend"], None)
        assert "there is no app 99" in staff.run(*command, "--end", "99").output
        assert staff.json(*command, "--end", shown["id"]) == {"apps": []}
        assert staff.json(*command) == {"apps": []}


def test_an_app(staff: Staff) -> None:
    words = ("token", "add", "phone app", "--at", "DK-900101", "--for", "patron")
    assert "addresses to come back to" in staff.run(*words).output
    back = ("org.example.app:/back", "http://127.0.0.1/back")
    wrong = staff.run(*words, "--redirect", "http://app.example/")
    assert "no address to come back to" in wrong.output
    staff.json(*words, "--redirect", back[0], "--redirect", back[1])
    [listed] = staff.json("token", "list")["programs"]
    assert (listed["acts_for"], listed["redirect_uris"]) == ("patron", list(back))


def test_a_program(staff: Staff) -> None:
    words = ("token", "add", "web site", "--at", "DK-900101", "--right", "lend")
    added = staff.json(*words, "--expires", "2099-12-31", "--bearer")
    library = staff.library
    answer = at_no_desk(
        library, lambda act: access_token(act, added["client_id"], added["secret"], "192.0.2.9")
    )
    assert isinstance(answer, SignedIn)
    assert answer.session.principal.name == "program:web site"
    for token in (answer.token, added["bearer"]):
        session = library.read(
            lambda transaction, token=token: session_of(
                library.circulation, transaction, token, library.now
            )
        )
        assert session is not None
        assert session.requests_per_minute == 600
    assert "there is a program web site already" in staff.run(*words).output
    [listed] = staff.json("token", "list")["programs"]
    assert (listed["rights"], listed["revoked"]) == (["lend"], None)
    assert added["secret"] not in str(listed)
    assert staff.json("token", "revoke", "web site")["done"]
    for token in (answer.token, added["bearer"]):
        assert not library.read(
            lambda transaction, token=token: session_of(
                library.circulation, transaction, token, library.now
            )
        )
