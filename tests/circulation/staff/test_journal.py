"""What the verbs of the staff answer and write: every event and row of accounts, sign-ins, desks,
programs, apps and look-ups.

The journals are under tests/transcripts/staff. ``python -m tests.circulation.staff.test_journal``
writes them again: then read what has changed. Secrets and random values are shown as ``…``.
"""

from __future__ import annotations

import re
from base64 import b32decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from circulation.jobs.running import run_job
from circulation.kernel.results import Desk
from circulation.kernel.rights import Kind, Principal, Reach, Right
from circulation.patrons.registering import set_pin as set_pin_of_patron
from circulation.staff import (
    app_access,
    apps,
    ceremonies,
    passkeys,
    passwords,
    print_jobs,
    sessions,
)
from circulation.staff import workstations as desks
from circulation.staff.accounts import Account, all_accounts, roles_of
from circulation.staff.administering import (
    AccountFields,
    add_account,
    change_account,
    disable_account,
    enable_account,
    preferences_of_account,
    set_password,
    set_preferences_of_account,
    take_passkey_away,
    take_second_factor,
)
from circulation.staff.allowed_apps import Owner, allowed_apps, end_allowed_app
from circulation.staff.held_roles import held_roles, words_of
from circulation.staff.identities import Admission, Identity, sign_in_by_identity
from circulation.staff.lookups import (
    NEWEST,
    Lookup,
    Seen,
    looked_at,
    lookups_by,
    lookups_of_patron,
    note_lookups,
)
from circulation.staff.programs import (
    NewProgram,
    access_token,
    add_program,
    all_programs,
    has_secret,
    program_named,
    revoke_program,
)
from circulation.staff.results import SignedIn
from circulation.staff.second_factors import (
    begin_second_factor,
    confirm_second_factor,
    new_recovery_codes,
    recovery_codes_left,
    second_factor_of,
    take_code,
)
from circulation.staff.settings import USUAL, StaffSettings
from circulation.staff.signing_in import (
    Access,
    Arrival,
    Credentials,
    give_access,
    refusal_of_password,
    sign_in,
    sign_in_by_passkey,
    sign_in_patron,
)
from circulation.staff.site import Site
from circulation.staff.taking_over import has_pin, remove_pin, set_pin, take_over
from circulation.staff.totp import code_at
from tests.builders import journal
from tests.builders.accounts import COMMAND, PASSWORD, a_colleague, account, at_no_desk
from tests.builders.authenticators import SoftAuthenticator
from tests.builders.circulation import Library
from tests.builders.fees import number_of
from tests.builders.journal import Days, must_be_as_written, write_journals
from tests.builders.pins import hashed
from tests.circulation.staff.conftest import prepared, settings
from tests.circulation.staff.test_second_factors import Authenticator

FOLDER = Path(__file__).parents[2] / "transcripts" / "staff"
HOME, AWAY = "192.0.2.7", "198.51.100.4"
_CHANCE = re.compile(
    r"(?<![\w-])([\w-]{43}|[a-z2-7]{4}(-[a-z2-7]{4}){3}|tiro-[0-9a-f]{16}|[A-Z2-7]{32})(?![\w-])"
)


class Journal(journal.Journal):
    """A journal without secrets, in which an error is an answer as well."""

    def __init__(self, library: Library) -> None:
        super().__init__(prepared(library))
        bystanders(library)
        self.skip()

    def act(self, what: str, verb: Callable[..., Any], *about: Any, **options: Any) -> Any:
        moved = options.pop("moved", {})

        def work() -> Any:
            try:
                return at_no_desk(self.library, lambda act: verb(act, *about, **options))
            except ValueError as error:
                return f"{type(error).__name__}: {error}"

        return self.do(what, work, **moved)

    def read(self, what: str, of: Callable[..., Any], *about: Any, **options: Any) -> Any:
        def work() -> Any:
            try:
                return self.library.read(lambda transaction: of(transaction, *about, **options))
            except ValueError as error:
                return f"{type(error).__name__}: {error}"

        return self.do(what, work, seconds=0)

    def session(self, signed_in: SignedIn, what: str = "still in?", **moved: float) -> Any:
        self.library.pass_time(**(moved or {"seconds": 0}))
        circulation, now = self.library.circulation, self.library.now
        return self.read(
            what,
            lambda transaction: sessions.session_of(circulation, transaction, signed_in.token, now),
        )

    def _rows(self) -> Iterator[str]:
        yield from sorted(super()._rows())

    def _told(self, name: str, value: Any, kind: str = "") -> str:
        if isinstance(value, bytes | memoryview) or name.endswith("_hash"):
            return "None" if value is None else "…"
        if isinstance(value, frozenset | set):
            return "[" + ", ".join(sorted(self._told("", each) for each in value)) + "]"
        if isinstance(value, Principal):
            reaches: dict[str, list[str]] = {}
            for right, reach in value.grants.items():
                reaches.setdefault(self._told("", reach), []).append(right.value)
            told = [f"{where}: {', '.join(sorted(reaches[where]))}" for where in sorted(reaches)]
            desk = self._told("", (value.kind, value.id, value.name, value.device))
            return f"{desk} of {value.agency_id}, {value.branch_id}: {'; '.join(told)}"
        if isinstance(value, timedelta):
            return str(value)
        return _CHANCE.sub("…", super()._told(name, value, kind))


def bystanders(library: Library) -> None:
    """A colleague, a desk, a program and an app with all that there can be of them: no verb about
    others changes anything of it."""
    a_colleague(library, "zach", "assistant")
    zach, main, back = account(library, "zach"), library.main, ("https://z.example/",)
    do = partial(at_no_desk, library)
    key = do(lambda act: desks.add_workstation(act, "Desk Z", main.id))
    desk = library.read(lambda t: desks.workstation_named(t, name="Desk Z"))
    assert desk is not None
    slip = print_jobs.Document("Hold", ("z",), "da")
    do(lambda act: print_jobs.queue_job(act, desk, "hold", slip))
    do(lambda act: sign_in(act, Credentials("zach", PASSWORD, HOME, None, key)))
    do(lambda act: sign_in(act, Credentials("zach", "x", "203.0.113.99")))
    do(lambda act: set_pin(act, zach, "908172"))
    do(lambda act: passkeys.add_passkey(act, zach, "key", b"z", b"p", 0))
    secret = do(lambda act: begin_second_factor(act, zach.id))
    code = code_at(b32decode(secret), int(library.now.timestamp()) // 30)
    do(lambda act: confirm_second_factor(act, zach.id, code))
    app = NewProgram("Z", main.id, (Right.LEND,), acts_for="staff", redirect_uris=back)
    client = do(lambda act: add_program(act, COMMAND, app)).client_id
    program = library.read(lambda t: program_named(t, name="Z"))
    assert program is not None
    wish = apps.Wish(client, back[0], "code", "", "", CHALLENGE, "S256")
    me = replace(COMMAND, kind=Kind.STAFF, id=zach.id, grants={Right.LEND: Reach(True)})
    for _ in range(2):
        token = do(lambda act: apps.agree(act, me, program, wish))
        proof = app_access.Proof(client, "", token, back[0], VERIFIER)
        do(lambda act, p=proof: app_access.take_code(act, p, AWAY))
    bot = NewProgram("Z bot", main.id, (Right.LEND,))
    made = do(lambda act: add_program(act, COMMAND, bot))
    do(lambda act: access_token(act, made.client_id, made.secret, AWAY))


def roles(library: Library, words: str) -> Any:
    """Return the roles that the words name."""
    agency_id = library.main.agency_id
    return library.read(lambda transaction: held_roles(transaction, words.split(), agency_id))


def person(library: Library, user_name: str, words: str, limit: int | None = None) -> Principal:
    """Add a member of staff with these roles, and return who they are once signed in."""
    branch = library.main
    its = {"name": user_name, "branch_id": branch.id, "waiving_limit": limit}
    held = roles(library, words)
    made = at_no_desk(
        library,
        lambda act: add_account(
            act, COMMAND, user_name, AccountFields(**its), held, hashed(PASSWORD)
        ),
    )
    given = Credentials(user_name, PASSWORD, HOME)
    signed_in = at_no_desk(library, lambda act: sign_in(act, given))
    assert isinstance(signed_in, SignedIn)
    assert signed_in.session.principal.id == made.id
    return signed_in.session.principal


def accounts(library: Library) -> Journal:
    """Accounts that are made, changed, given roles, locked and opened, and by whom."""
    day, main, other = Journal(library), library.main, library.other
    chief = person(library, "Chief", "administrator")
    there = person(library, "There", f"administrator@{other.isil}")
    head = person(library, "Head", "head", 5_000)
    day.skip()

    def add(what: str, user_name: str, words: str = "", by: Principal = chief, **said: Any) -> Any:
        its = AccountFields(**{"name": "N. N.", "branch_id": main.id} | said)
        password = said.get("email") and hashed(PASSWORD)
        return day.act(what, add_account, by, user_name, its, roles(library, words), password)

    full = {"name": "Zoë Å", "email": "zoe@example.org", "language": "da", "waiving_limit": 0}
    add("all that is written", " ZOË ", f"librarian assistant@{other.isil} librarian", **full)
    add("the name is another spelling of it", "zoe\u0308")
    add("all is wrong", "a b", "nothing@all", name=" ", email="zoe", waiving_limit=-1)
    add("the longest name", "x" * 64, branch_id=other.id)
    add("a longer one", "x" * 65)
    add("none", "")
    add("everywhere", "all", "assistant@all")
    add("at the agency", "e0", f"assistant@DK-900100 assistant@{other.isil}")
    add("by one of another branch", "e2", "assistant", there)
    add("at their own branch", "e2", f"assistant@{other.isil}", there, branch_id=other.id)
    add("more than the head has", "e3", "administrator", head)
    add("no bound, where the head has one", "e3", "librarian", head)
    add("one above it", "e3", "librarian", head, waiving_limit=5_001)
    add("the same as the head", "e3", "librarian", head, waiving_limit=5_000)
    add("by the command line", "Root", "administrator@all head", COMMAND)
    day.read("no such place", lambda transaction: held_roles(transaction, ["head@XX-1"], 1))
    day.read("all", all_accounts)
    for name in ("zoë", "root", "e2"):
        held = day.read(f"roles of {name}", roles_of, staff_id=account(library, name).id)
        day.read("as they are written", words_of, held)

    def change(what: str, user_name: str, words: Any = None, by: Principal = chief, **said: Any):
        its = account(library, user_name)
        kept = {name: getattr(its, name) for name in AccountFields._fields} | said
        held = None if words is None else roles(library, words)
        day.act(what, change_account, by, its, AccountFields(**kept), held)

    change("nothing", "zoë")
    new = {"name": "Zoë B", "branch_id": other.id, "email": "", "language": "sv"}
    change("all", "zoë", **new, waiving_limit=None)
    change("the same roles", "e3", "librarian")
    change("other roles", "e3", "assistant", head)
    change("none", "e2", "")
    change("a role that is none", "e2", "none")
    change("no name", "e2", name="")
    change("of one who can do more", "chief", by=head, name="X")
    change("no bound any more, by the head", "e3", "librarian", head, waiving_limit=None)
    own = account(library, "head")
    day.act("the head's own password", set_password, head, own, hashed("a"))
    for name in ("e3", "chief"):
        its = account(library, name)
        for verb in (partial(set_password, password_hash=hashed("b")), disable_account):
            what = "is locked" if verb is disable_account else "gets a password"
            day.act(f"{name} {what} by the head", lambda act, v=verb, i=its: v(act, head, i))
    for name in ("e3", "chief"):
        its = account(library, name)
        day.act(f"{name} is back, the head says", enable_account, head, its)
        day.act("has lost the authenticator", take_second_factor, head, its)
    e3 = account(library, "e3")
    day.act("a passkey", passkeys.add_passkey, e3, "key", b"c", b"p", 4)
    day.act("another", passkeys.add_passkey, e3, "counts not", b"d", b"p", 0)
    first, second = library.read(lambda t: passkeys.passkeys_of(t, staff_id=e3.id))
    for passkey, count in ((first, 4), (first, 0), (first, 5), (second, 0), (second, 1)):
        about = {"passkey_id": passkey.id, "sign_count": count, "now": library.now}
        day.read(f"it counts {count}", lambda t: passkeys.passkeys_of(t, staff_id=e3.id))
        day.act("is shown", lambda act, a=about: passkeys.note_use(act.transaction, **a))
    day.act("gets another name", passkeys.rename_passkey, e3, first, "mine")
    first = first._replace(name="mine")
    day.act("is taken away by one of another branch", take_passkey_away, there, e3, first)
    day.act("is taken away by the head", take_passkey_away, head, e3, first)
    day.act("and the other with all", take_second_factor, head, account(library, "e3"))
    for size in (16_384, 16_385):
        text = {"k": "å" * (size - len('{"k":""}'))}
        day.act(
            f"preferences of {size} characters",
            lambda act, t=text: set_preferences_of_account(act.transaction, e3.id, t),
        )
    day.lines = [re.sub("å{9,}", lambda found: f"{len(found[0])} å", each) for each in day.lines]
    day.read("are kept", lambda t: {"length": len(preferences_of_account(t, e3.id)["k"])})
    known = {"minimum_length": 10, "names": ("anna.berg", "Anna Berg", "ab@bib.dk")}
    for each in (
        "Kvæg og ko",
        "Kvæg og k",
        "abcde" * 25 + "fgh",
        "abcde" * 25 + "fghi",
        " Kvæg og kors",
        "Kvæg\tog kors",
        "Password123!!",
        "passwordpassword",
        "ababcdcdab",
        "aabbccddee",
        "Anna-berg-2026",
        "xxBERGxxyyzz",
        "ab-ko-gris-hest",
    ):
        day.read(f"is {each!r} good?", lambda _, p=each: passwords.password_problems(p, **known))
    return day


def signing_in(library: Library) -> Journal:
    """Who is let in, from where, with what, and for how long."""
    day, other = Journal(library), library.other
    a_colleague(library, "anna", "assistant", waiving_limit=7, language="da")
    a_colleague(library, "bo", "assistant", branch=other)
    a_colleague(library, "without", password=None)
    key = at_no_desk(library, lambda act: desks.add_workstation(act, "Desk 1", other.id))
    settings(library, known_networks=["192.0.2.0/24"], idle_minutes=30, session_hours=2)
    day.skip()

    def enter(what: str, user_name: str = "anna", address: str = HOME, **said: Any) -> Any:
        moved = said.pop("moved", {})
        given = Credentials(user_name, said.pop("password", PASSWORD), address, **said)
        return day.act(what, sign_in, given, moved=moved)

    def enter_by_code(what: str, steps: int = 0, address: str = AWAY) -> Any:
        library.pass_time(minutes=1)
        given = Credentials("anna", PASSWORD, address, authenticator.code(steps))
        return day.act(what, sign_in, given, moved={"seconds": 0})

    first = enter("at home")
    day.session(first, "not stale", seconds=59)
    day.session(first, "stale", seconds=1)
    digest = first.session.digest
    day.act("is touched", lambda act: sessions.touch(act.transaction, digest=digest, now=act.now))
    day.session(first, "a second before idle", seconds=30 * 60 - 1)
    day.session(first, "idle", seconds=1)
    second = enter("again", previous_token=first.token)
    third = enter("at a desk", address=AWAY, workstation_key=key)
    enter("with a key that is none", address=AWAY, workstation_key="none")
    enter("from outside", address=AWAY)
    enter("Bo has no second factor either", "bo", AWAY)
    anna = account(library)
    day.read("sessions", sessions.sessions_of, staff_id=anna.id)
    day.act(
        "moves to a desk",
        lambda act: sessions.move_session(
            act.transaction, digest=second.session.digest, workstation_id=None
        ),
    )
    authenticator = Authenticator(library)
    day.skip()
    for rule in ("outside", "always", "never"):
        settings(library, known_networks=["192.0.2.0/24"], second_factor=rule)
        day.skip()
        enter(f"{rule}: at home")
        enter(f"{rule}: away", address=AWAY)
        enter(f"{rule}: away, with a wrong code", address=AWAY, code="000000")
        enter_by_code(f"{rule}: away, with the code")
    enter_by_code("the code of the next step", 1)
    enter_by_code("with one that is two steps old", -2)
    code = authenticator.recovery[0]
    enter("a recovery code", address=AWAY, code=code.upper().replace("-", " "))
    enter("the recovery code a second time", address=AWAY, code=code)
    day.read("recovery codes left", recovery_codes_left, staff_id=anna.id)
    day.act("new ones", lambda act: len(new_recovery_codes(act.transaction, anna.id)))
    day.act("confirms once more", confirm_second_factor, anna.id, authenticator.code())
    bo = account(library, "bo")
    day.act("Bo shows a code and has none", take_code, bo.id, None, "123456")
    day.act("or a recovery code", take_code, bo.id, None, "abcd-efgh-ijkl-mnop")
    day.act("confirms what was not begun", confirm_second_factor, bo.id, "123456")
    day.act("begins", begin_second_factor, bo.id)
    day.act("confirms wrongly", confirm_second_factor, bo.id, "x")
    kept = library.read(lambda t: second_factor_of(t, staff_id=bo.id))
    day.act("shows a code too early", take_code, bo.id, kept, "123456")
    day.act("begins again", begin_second_factor, bo.id)
    day.act("without a password", sign_in, Credentials("without", PASSWORD, HOME))
    day.act("an unknown name", sign_in, Credentials("unknown", PASSWORD, HOME))
    for number in range(1, 5):
        enter(f"wrong {number}", password="x")
    again = Credentials("Anna ", "x", HOME, workstation_key=key)
    day.act("the password again", refusal_of_password, again._replace(password=PASSWORD))
    day.act("is wrong", refusal_of_password, again)
    enter("wrong 5", password="x")
    enter("right too late")
    day.act(
        "nor is the password believed", refusal_of_password, Credentials("anna", PASSWORD, HOME)
    )
    enter_by_code("elsewhere", address="192.0.2.8")
    enter("an hour later", "bo", workstation_key=key, moved={"hours": 1})
    day.do("the sessions that are over", partial(run, library, "sessions"), hours=1)
    day.act("the account is disabled", disable_account, COMMAND, anna)
    enter("is refused")
    day.act("the account is enabled", enable_account, COMMAND, anna)
    day.session(third, "its sessions have ended")
    for days in (7, 1):
        day.do(f"{days} days later", partial(run, library, "sessions"), days=days)
    patrons(day)
    return day


def run(library: Library, name: str) -> Any:
    circulation, database = library.circulation, library.database
    return run_job(circulation, database, name, day=library.today, now=library.now)


def patrons(day: Journal) -> None:
    """Patrons sign in by card and PIN, to all that is theirs or to a part of it."""
    library = day.library
    settings(library, patron_idle_minutes=5, patron_session_minutes=20)
    number = number_of(library, "Ida")
    at_no_desk(library, lambda act: set_pin_of_patron(act, number, hashed("2580")))
    day.skip()
    ida = {"card": "Ida", "pin": "2580", "address": HOME}
    signed_in = day.act("Ida", sign_in_patron, **ida)
    day.session(signed_in, "a second before idle", seconds=299)
    day.session(signed_in, "idle", seconds=1)
    day.act("a wrong PIN", sign_in_patron, **ida | {"pin": "1"}, device="kiosk")
    day.act("no card", sign_in_patron, **ida | {"card": "none"})
    access = Access("fbs", "self", 7)
    realm = day.act("a part", sign_in_patron, **ida, access=access)
    day.session(realm, "is not known in another realm")
    day.act("a program vouches", give_access, number, access, AWAY)
    end = partial(sessions.end_session, token=signed_in.token)
    for what in ("signs out", "once more"):
        day.act(what, lambda act: end(act.transaction))
    day.act(
        "all end but one",
        lambda act: sessions.end_sessions_of_patron(
            act.transaction, patron_id=number, but=realm.session.digest
        ),
    )


def at_the_desk(library: Library) -> Journal:
    """A PIN takes a screen over; desks, their keys and what their printers print."""
    day, main = Journal(library), library.main
    a_colleague(library, "anna", "assistant")
    a_colleague(library, "bo", "assistant")
    anna = account(library)
    settings(library, known_networks=[], second_factor="never", session_hours=9)
    day.skip()
    key = day.act("a desk", desks.add_workstation, " Desk 1 ", main.id)
    day.act("is there", desks.add_workstation, "Desk 1", main.id)
    day.act("without a name", desks.add_workstation, " ", main.id)
    for pin in ("258", "2580", "258036", "2580361", "25a0", "1234", "1111"):
        day.act(f"PIN {pin}", set_pin, anna, pin)
    day.act("of Bo", set_pin, account(library, "bo"), "2580")
    day.read("has one", has_pin, anna.id)
    here = Arrival(HOME, key)

    def take(what: str, user_name: str = "Anna", pin: str = "258036", **said: Any) -> Any:
        return day.act(what, take_over, user_name, pin, said.pop("where", here), **said)

    enter = partial(day.act, "signs in", sign_in, Credentials("anna", PASSWORD, HOME, None, key))
    take("before signing in")
    before = enter()
    take("at no desk", where=Arrival(HOME))
    taken = take("after it", where=here._replace(previous_token=before.token))
    take("an unknown name", "unknown")
    take("a wrong one", pin="258030")
    take("and the right one")
    for number in range(1, 4):
        take(f"wrong {number}", pin="258030")
    take("right too late")
    enter()
    take("after signing in")
    take("Bo has not signed in", "bo", "2580")
    day.session(taken)
    take("a minute before the end", moved={"hours": 8, "minutes": 57})
    take("at the end")
    enter()
    take("over midnight", moved={"hours": 4})
    day.act("Anna has left", disable_account, COMMAND, anna)
    take("and is out")
    day.act("no PIN", remove_pin, anna)
    day.act("no PIN twice", remove_pin, anna)
    for number in range(1, 6):
        take(f"Bo {number}", "bo", "1")
    take("Bo waits", "bo", "2580")
    desk = library.read(lambda t: desks.workstation_named(t, name="Desk 1"))
    assert desk is not None
    for said in (
        {},
        {"kind": "escpos"},
        {"address": "a"},
        {"kind": "none", "width": 19},
        {"kind": "cups", "address": "q", "width": 20},
        {"kind": "cups", "address": "q", "width": 121},
        {"kind": "escpos", "address": "h"},
        {"kind": "escpos", "address": "h:99"},
        {"kind": "escpos", "address": "[2001:db8::1]:99", "width": 120},
        {"kind": "escpos", "address": "2001:db8::1"},
        {"kind": "x", "more": 1},
    ):
        printer = day.read(f"a printer {said}", lambda _, s=said: desks.printer_of(s))
        if isinstance(printer, desks.Printer):
            day.read("is at", lambda _, p=printer: p.host_and_port)
    day.act("its printer", desks.set_printer, desk, desks.Printer("cups", "q"))
    printing(day, desk)
    day.act("another key", desks.renew_key, desk)
    day.act("another desk", desks.add_workstation, "A", library.other.id)
    day.read("all", desks.all_workstations)
    day.read("with the key before", desks.workstation_with, key)
    day.act("is removed", desks.remove_workstation, desk)
    return day


def printing(day: Journal, desk: desks.Workstation) -> None:
    """Jobs of a printer, claimed, failing, printed, tried again and forgotten."""
    library = day.library
    slip = print_jobs.Document("Hold", ("a", "b"), "da", "17", "I1")
    number = day.act("a slip", print_jobs.queue_job, desk, "hold", slip, number_of(library, "Ida"))
    fetched = desk._replace(printer_json='{"kind": "cloudprnt", "address": "00:11", "width": 42}')
    other = day.act("that is fetched", print_jobs.queue_job, fetched, "hold", slip)

    def due(what: str, **moved: float) -> None:
        library.pass_time(**(moved or {"seconds": 0}))
        now = library.now
        day.read(f"{what}: to send", print_jobs.jobs_to_send, now)
        day.read("to fetch", print_jobs.job_to_fetch, desk, now)

    def now(what: str, verb: Callable[..., Any], *about: Any, **moved: float) -> None:
        day.act(what, lambda act: verb(act.transaction, *about, act.now), moved=moved)

    due("both")
    now("claimed", print_jobs.claim_job, number)
    now("twice", print_jobs.claim_job, number, seconds=59)
    due("a second later", seconds=1)
    for tries in range(1, 9):
        now(f"fails {tries}", print_jobs.job_failed, number, tries, "no paper " * 60)
    day.lines = [each.replace("no paper " * 9, "") for each in day.lines]
    due("given up")
    day.read("state", lambda t: [each.state for each in print_jobs.latest_jobs(t, desk)])
    now("again", print_jobs.try_job_again, number)
    now("printed", print_jobs.job_printed, number)
    now("is not put off", print_jobs.job_failed, number, 1, "late")
    now("nor tried again", print_jobs.try_job_again, number)
    day.read("of another desk", print_jobs.print_job, job_id=other, workstation_id=99)
    day.read("of this", print_jobs.print_job, job_id=other, workstation_id=desk.id)
    day.read("state", lambda t: [each.state for each in print_jobs.latest_jobs(t, desk)])
    for _ in range(51):
        at_no_desk(library, lambda act: print_jobs.queue_job(act, desk, "list", slip))
    day.skip()
    day.read("shown", lambda t: {"count": len(print_jobs.latest_jobs(t, desk))})
    day.read("at once", lambda t: {"count": len(print_jobs.jobs_to_send(t, library.now))})
    made = library.now + timedelta(days=1)

    def forget(act: Any) -> int:
        return print_jobs.forget_print_jobs(act.transaction, now=act.now)

    library.now = made - timedelta(minutes=1)
    day.act("a day later", forget)
    gone = at_no_desk(
        library,
        lambda act: print_jobs.forget_print_jobs(
            act.transaction, now=act.now + timedelta(seconds=1)
        ),
    )
    assert gone == 51
    day.skip()


def programs(library: Library) -> Journal:
    """Programs, their secrets and tokens."""
    day, main, other = Journal(library), library.main, library.other
    chief = person(library, "Chief", "administrator")
    day.skip()

    def add(what: str, name: str, by: Principal = chief, bearer: bool = False, **said: Any) -> Any:
        new = NewProgram(name, main.id, said.pop("rights", (Right.LEND,)))._replace(**said)
        return day.act(what, add_program, by, new, with_bearer=bearer)

    soon = library.now + timedelta(hours=3)
    bot = add("a bot", " Bot ", rights=(Right.VIEW_RULES, Right.LEND), requests_per_minute=1)
    add("the same name", "Bot")
    web = {"acts_for": "patron", "redirect_uris": ("https://a.example/", "http://b.example/")}
    add("all is wrong", " ", bearer=True, requests_per_minute=0, **web)
    add("over", "X", expires=library.now + timedelta(minutes=1))
    add("nearly", "Nearly", expires=library.now + timedelta(minutes=1, seconds=1))
    add("addresses, but for whom", "X", redirect_uris=("https://a.example/",))
    add("for staff, but no address", "X", acts_for="staff")
    add("at another branch", "X", branch_id=other.id)
    add("everywhere", "Y", is_of_all=True)
    add("a token", "Bearer", COMMAND, True, is_of_all=True, branch_id=other.id, expires=soon)
    timed = add("until then", "A timed one", expires=soon)
    app = add("an app", "App", acts_for="staff", redirect_uris=("https://a.example/",))
    day.read("all", all_programs)

    def get(what: str, of: Any = bot, secret: str = "", address: str = AWAY, **moved: float) -> Any:
        about = (of.client_id, secret or of.secret, address)
        return day.act(what, access_token, *about, moved=moved)

    token = get("a token")
    day.session(token, "in the last second", minutes=59, seconds=59)
    day.session(token, "and then", seconds=1)
    get("a wrong secret", secret="x")
    get("no program", bot._replace(client_id="x" * 70))
    get("an app", app)
    token = get("until it is over", timed, minutes=60)
    day.session(token, "in its last second", minutes=43, seconds=59)
    day.session(token, "at its end", seconds=1)
    for number in range(1, 6):
        get(f"wrong {number}", secret="x", address=HOME)
    get("right too late", address=HOME)
    get("from elsewhere")
    get("over", timed, hours=2)
    kept = library.read(lambda t: program_named(t, name="Bot"))
    day.read("is it the secret", has_secret, kept, bot.secret)
    day.read("is it the secret", has_secret, kept, "x")
    token = get("once more")
    day.act("is revoked", revoke_program, kept)
    day.session(token)
    get("and gets nothing")
    last = add("the last", "Last")
    for number in range(50):
        at_no_desk(
            library, lambda act, n=number: access_token(act, last.client_id, "x", f"203.0.113.{n}")
        )
    day.skip()
    get("fifty guesses, each from elsewhere", last)
    # The number of a client id is random, as the id is.
    day.lines = [re.sub(r"name_number=\d+", "name_number=…", each) for each in day.lines]
    return day


VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def of_apps(library: Library) -> Journal:
    """What apps get for staff and patrons, and when they get nothing more."""
    day, main = Journal(library), library.main
    chief = person(library, "Chief", "administrator")
    back = ("https://a.example/back", "http://127.0.0.1/x?y=1", "org.example:/z")
    made = {}
    for kind, rights in (("staff", (Right.LEND, Right.TAKE_FEES)), ("patron", ())):
        new = NewProgram(f"For {kind}", main.id, rights, acts_for=kind, redirect_uris=back)
        made[kind] = at_no_desk(library, lambda act, n=new: add_program(act, COMMAND, n))
    settings(library, session_hours=4)
    day.skip()
    app = library.read(lambda t: program_named(t, name="For staff"))
    for_patrons = library.read(lambda t: program_named(t, name="For patron"))
    assert app is not None
    assert for_patrons is not None
    wish = apps.Wish(app.client_id, back[0], "code", "", "st&te", CHALLENGE, "S256")
    for changed in (
        {},
        {"client_id": "none"},
        {"redirect_uri": back[0] + "/"},
        {"redirect_uri": "http://127.0.0.1:99/x?y=1"},
        {"redirect_uri": "http://127.0.0.1:99/x?y=2"},
        {"redirect_uri": "http://[::1]/x?y=1"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "x" * 42},
        {"scope": "lend"},
        {"scope": "lend self"},
    ):
        asked = wish._replace(**changed)
        found = day.read(f"asks with {changed}", apps.app_asking, asked, library.now)
        day.read("mistake", lambda _, a=asked: apps.mistake_in(app, a))
        day.read("scope", lambda _, a=asked: apps.scope_of(app, a))
        day.read("way back", lambda _, a=asked: apps.way_back(a, code="c d"))
        assert found is None or found == app
    day.read("state of none", lambda _: apps.way_back(wish._replace(state=""), error="x"))
    ida = number_of(library, "Ida")
    reader = replace(chief, kind=Kind.PATRON, id=ida, name="patron", grants={})

    def agree(what: str, scope: str = "", by: Principal = chief) -> Any:
        its = app if by is chief else for_patrons
        return day.act(what, apps.agree, by, its, wish._replace(scope=scope))

    def proof(token: str, of: str = "staff", **said: Any) -> app_access.Proof:
        its = app_access.Proof(made[of].client_id, "", token, back[0], VERIFIER)
        return its._replace(**said)

    def take(what: str, token: str, of: str = "staff", moved: Any = None, **said: Any) -> Any:
        given = proof(token, of, **said)
        return day.act(what, app_access.take_code, given, AWAY, moved=moved or {"seconds": 1})

    def refresh(what: str, token: str, of: str = "staff", moved: Any = None, **said: Any) -> Any:
        return day.act(what, app_access.refresh, proof(token, of, **said), HOME, moved=moved or {})

    for number, said in enumerate(
        (
            {"client_id": "none"},
            {"secret": "x"},
            {"of": "patron"},
            {"redirect_uri": back[1]},
            {"verifier": "w" * 43},
            {"verifier": "v" * 42},
            {"moved": {"seconds": 60}},
            {"moved": {"seconds": 59}, "secret": made["staff"].secret},
        ),
        1,
    ):
        code = agree(f"the chief agrees {number}")
        tokens = take(f"with {[*said]}", code, **said)
        day.read("allowed", allowed_apps, Owner(staff_id=chief.id), library.now)
    refresh("a code is no refresh token", agree("agrees"))
    take("nor is that a code", tokens.refresh)
    tokens = take("with a new code", agree("agrees to a part", "fees.take"))
    refresh("more scope", tokens.refresh, scope="lend")
    tokens = take("with a new code", agree("agrees to all"))
    less = refresh("less scope", tokens.refresh, scope="lend")
    day.session(less.access)
    late = refresh("the same", less.refresh, moved={"hours": 3, "minutes": 30})
    day.read("allowed", allowed_apps, Owner(staff_id=chief.id), library.now)
    refresh("twice", less.refresh)
    day.session(late.access)
    day.read("allowed", allowed_apps, Owner(staff_id=chief.id), library.now)
    tokens = take("once more", agree("agrees"))
    day.act(
        "that of another app", app_access.revoke_token, made["patron"].client_id, "", tokens.refresh
    )
    for what in (tokens.access.token, tokens.refresh, "none"):
        day.act("is revoked", app_access.revoke_token, app.client_id, "", what)
    day.act("by an unknown app", app_access.revoke_token, "none", "", tokens.refresh)
    day.act("a wrong secret", app_access.revoke_token, app.client_id, "x", tokens.refresh)
    tokens = take("once more", agree("agrees"))
    waiting = agree("and again")
    disable = partial(disable_account, by=COMMAND, account=account(library, "chief"))
    day.act("the chief has left", disable)
    take("gets nothing", waiting)
    theirs = take("Ida's", agree("Ida agrees", by=reader), "patron")
    take("and a second", agree("on another telephone", by=reader), "patron")
    day.session(theirs.access, "a part of what is hers")
    (allowed,) = day.read("allowed", allowed_apps, Owner(patron_id=ida), library.now)
    day.act("is ended", end_allowed_app, Owner(patron_id=ida), allowed, "lost")
    theirs = take("Ida's", agree("Ida agrees", by=reader), "patron")
    at_no_desk(library, lambda act: set_pin_of_patron(act, ida, hashed("2580")))
    day.read("allowed after a new PIN", allowed_apps, Owner(patron_id=ida), library.now)
    refresh("after a new PIN", theirs.refresh, "patron")
    theirs = take("Ida's", agree("Ida agrees", by=reader), "patron")
    day.act("the app is revoked", revoke_program, for_patrons)
    day.session(theirs.access)
    refresh("gets nothing", theirs.refresh, "patron")
    return day


def vouched_for(library: Library) -> Journal:
    """Staff for whom a provider vouches."""
    day, main = Journal(library), library.main
    a_colleague(library, "anna", "assistant", waiving_limit=3)
    a_colleague(library, "bo", "assistant")
    day.skip()
    anna = Identity("https://idp", "s1", "ANNA", "Anna A", "anna@example.org")
    known, matched, made = (
        Admission(each, main.isil)  # type: ignore[arg-type]
        for each in ("known", "matched", "made")
    )

    def enter(what: str, who: Identity, how: Admission, address: str = HOME) -> Any:
        return day.act(what, sign_in_by_identity, who, how, Arrival(address))

    enter("is not known", anna, known)
    enter("without a name", anna._replace(user_name=""), made)
    enter("no role", anna, matched._replace(roles=()))
    enter("by her name", anna, matched)
    enter("known", anna._replace(user_name="other"), known)
    enter("another person with the name", anna._replace(subject="s2"), made)
    enter("another provider", anna._replace(issuer="https://b"), matched)
    enter("outside", anna, known, AWAY)
    enter("outside with two", anna._replace(is_strong=True), known, AWAY)
    enter("the same role", anna, known._replace(roles=("assistant",)))
    a_colleague(library, "dan", "assistant")  # so that no number of a row is used again
    day.skip()
    enter("another", anna, known._replace(roles=("librarian", f"head@{main.isil}")))
    enter("a role that is none", anna, known._replace(roles=("none",)))
    enter("no role any more", anna, known._replace(roles=()))
    new = Identity("https://idp", "s3", "Carl", "", "carl@example.org")
    enter("not made without a role", new, made._replace(roles=()))
    enter("not matched", new, matched)
    enter("at no branch", new, made._replace(branch_isil="XX-1"))
    enter("made", new, made._replace(roles=("assistant@all",)))
    day.read("all", all_accounts)
    day.act("Carl has left", disable_account, COMMAND, account(library, "carl"))
    enter("and is not let in", new, made)
    enter("Bo at the other provider", Identity("https://b", "s1b", "bo", "Bo"), matched)
    return day


def looked(library: Library) -> Journal:
    """The log of look-ups, its pages and how long each agency keeps it."""
    day, main = Journal(library), library.main
    ida, bo = number_of(library, "Ida"), number_of(library, "Bo")
    anna = person(library, "anna", "assistant")
    day.skip()

    def note(what: str, *lines: Lookup, **moved: float) -> None:
        day.act(what, lambda act: note_lookups(act.transaction, lines, act.now), moved=moved)

    def entrance(number: int) -> Lookup:
        return looked_at(anna, Seen.OPENED, "gate", patron_id=number)._replace(is_entrance=True)

    loans = looked_at(anna, Seen.LOANS, "GET loans", patron_id=ida)
    note("the gate alone", entrance(ida), entrance(bo))
    note("and more of Ida", entrance(ida), loans, entrance(bo), loans)
    note("a search", looked_at(anna, Seen.SEARCH, "search", hits=0, searched="name"))
    note("at no branch", looked_at(COMMAND, Seen.EXPORT, "tiro", patron_id=ida))
    gone = Desk("kiosk", "192.0.2.9:1", main.agency_id, 999)
    note("at one that is gone", Lookup(Kind.TERMINAL, gone, Seen.OPENED, "SIP2", ida))
    kiosk = library.desk(library.other)
    note("at the other", Lookup(Kind.TERMINAL, kiosk, Seen.OPENED, "SIP2", bo))
    lines = day.read("of Ida", lookups_of_patron, patron_id=ida, before=NEWEST)
    day.read("before the second", lookups_of_patron, patron_id=ida, before=lines[1].id)
    day.read("by Anna", lookups_by, actor="anna", before=NEWEST)
    day.read("before the third", lookups_by, actor="anna", before=lines[2].id)
    settings(library, lookup_days=30)
    day.skip()
    began = library.now
    for days in (30, 365):
        for minutes in (-3, 0):
            library.now = began + timedelta(days=days, minutes=minutes)
            day.do(f"after {days} days", partial(run, library, "lookups"), seconds=1)
    ours = StaffSettings(known_networks=("192.0.2.0/24", "fe80::/10"))
    for address in ("192.0.2.7", "::ffff:192.0.2.7", "fe80::1%eth0", "x", "192.0.3.1", "::1"):
        day.read(f"is {address} known?", lambda _, a=address: ours.knows(a))
    day.read("the usual rules", lambda _: USUAL)
    return day


def with_passkeys(library: Library) -> Journal:
    """Passkeys that are made and shown, alone and beside a password."""
    day, site = Journal(library), Site("https://tiro.example:8443")
    for name in ("anna", "bo"):
        a_colleague(library, name, "assistant")
    anna, bo = account(library, "anna"), account(library, "bo")
    day.skip()

    def begin(what: str, whose: Account = anna) -> dict[str, Any]:
        return dict(day.act(what, ceremonies.begin_registration, whose, site))

    def finish(what: str, made: Any, whose: Account = anna, at: Site = site, **moved: float) -> Any:
        return day.act(what, ceremonies.finish_registration, whose, what, made, at, moved=moved)

    def asked(**moved: float) -> dict[str, Any]:
        return dict(day.act("the browser asks", ceremonies.begin_showing, site, moved=moved))

    def show(what: str, shown: Any, at: Site = site, where: str = AWAY, **moved: float) -> Any:
        given = ceremonies.Shown(shown, at)
        return day.act(what, sign_in_by_passkey, given, Arrival(where), moved=moved)

    key, other, quiet = (SoftAuthenticator(origin=site.address) for _ in range(3))
    made = key.make(begin("begins"))
    finish("for Bo", made, bo)
    finish("the first", key.make(begin("begins again")))
    finish("another answer", made)
    finish("it is there", key.make(begin("with the same")))
    finish("at another site", other.make(begin("a second")), at=Site("https://tiro.example"))
    finish("at its end", other.make(begin("a second")), minutes=5)
    finish("a second before it", other.make(begin("a second")), minutes=4, seconds=59)
    finish("nothing", {})
    quiet.counts = False
    finish("Bo has one", quiet.make(begin("Bo begins", bo)), bo)
    signed_in = show("is let in", key.show(asked()))
    day.session(signed_in)
    heard = other.show(asked())
    show("at another site", heard, Site("https://tiro.example"))
    show("what was heard", heard)
    show("at its end", other.show(asked()), minutes=5)
    show("a second before it", other.show(asked()), minutes=4, seconds=59)
    show("of a registration", other.show(begin("begins") | {"rpId": site.host}))
    key.sign_count = 0
    show("a copy", key.show(asked()))
    key.asks = False
    key.sign_count = 9
    show("without a finger", key.show(asked()))
    key.user_handle, own = quiet.user_handle, key.user_handle
    show("of two persons", key.show(asked()))
    key.user_handle = own
    shown = key.show(asked())
    del shown["response"]["userHandle"]
    show("it does not say whose", shown)
    show("one that is unknown", SoftAuthenticator(origin=site.address).show(asked()))

    def enter(what: str, user_name: str, shown: Any, address: str = AWAY, **said: Any) -> None:
        given = Credentials(user_name, said.pop("password", PASSWORD), address, **said)
        day.act(what, sign_in, given._replace(passkey=ceremonies.Shown(shown, site)))

    settings(library, known_networks=["192.0.2.0/24"])
    day.skip()
    enter("with the password", "anna", key.show(asked()))
    enter("a wrong one", "anna", key.show(asked()), password="x")
    enter("that of Bo", "anna", quiet.show(asked()))
    enter("at home", "anna", quiet.show(asked()), HOME)
    enter("twice the same number", "anna", {}, HOME)
    day.act("without it", sign_in, Credentials("anna", PASSWORD, AWAY))
    show("Bo, who does not count", quiet.show(asked()))
    show("and again", quiet.show(asked()))
    day.act("Bo has left", disable_account, COMMAND, bo)
    show("and is not let in", quiet.show(asked()))
    for number in range(3, passkeys.MOST + 1):
        at_no_desk(
            library,
            lambda act, n=number: passkeys.add_passkey(act, anna, str(n), bytes([n]), b"k", 0),
        )
    day.skip()
    day.act("one too many", ceremonies.begin_registration, anna, site)
    return day


def a_night(library: Library) -> Journal:
    """What the nightly job deletes, each at its own time."""
    day, main = Journal(library), library.main
    settings(library, known_networks=["192.0.2.0/24"], session_hours=2, patron_session_minutes=20)
    chief = person(library, "Chief", "administrator")
    key = at_no_desk(library, lambda act: desks.add_workstation(act, "Desk 1", main.id))
    back = ("https://a.example/",)
    new = NewProgram("App", main.id, (Right.LEND,), acts_for="staff", redirect_uris=back)
    at_no_desk(library, lambda act: add_program(act, COMMAND, new))
    app = library.read(lambda t: program_named(t, name="App"))
    desk = library.read(lambda t: desks.workstation_named(t, name="Desk 1"))
    assert app is not None
    assert desk is not None
    day.skip()
    site = Site("https://tiro.example")
    day.act("a challenge", ceremonies.begin_showing, site)
    day.act("a wrong password", sign_in, Credentials("chief", "x", HOME))
    day.act("at a desk", sign_in, Credentials("chief", PASSWORD, HOME, None, key))
    slip = print_jobs.Document("Hold", ("a",), "da")
    day.act("a slip", print_jobs.queue_job, desk, "hold", slip)
    wish = apps.Wish(app.client_id, back[0], "code", "", "", CHALLENGE, "S256")
    day.act("a code", apps.agree, chief, app, wish)
    nightly = partial(run, library, "sessions")
    for what, moved in (
        ("after five minutes", {"minutes": 5}),
        ("after a quarter of an hour", {"minutes": 10}),
        ("after two hours", {"hours": 2}),
        ("after a day", {"hours": 22}),
        ("after eight days", {"days": 7}),
    ):
        day.do(what, nightly, **moved)
    return day


DAYS: Days = {
    "accounts": accounts,
    "signing-in": signing_in,
    "at-the-desk": at_the_desk,
    "programs": programs,
    "apps": of_apps,
    "vouched-for": vouched_for,
    "looked-up": looked,
    "passkeys": with_passkeys,
    "a-night": a_night,
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_as_its_journal_has_it(library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
