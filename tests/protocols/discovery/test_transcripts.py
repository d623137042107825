"""Whole answers of PAIA and DAIA, with their headers.

The transcripts are under tests/transcripts/discovery.
``python -m tests.protocols.discovery.test_transcripts`` writes them again: read what has changed.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import pymarc
import pytest
from sqlalchemy import delete, update

from catalogue.changes.accession import add_record
from catalogue.database import Statement, Transaction, change, migrate
from catalogue.items import find_item
from catalogue.schema import agencies, records
from circulation.items.missing import note_missing
from circulation.items.places import store_place_name
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.reasons import BlockReason
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.trees import CATEGORIES
from circulation.ledger.money import ChargeKind
from circulation.loans.lost import claim_returned, declare_lost
from circulation.patrons.addresses import Dwelling, NewAddress, add_address
from circulation.patrons.blocks import block_patron
from circulation.patrons.changes import change_patron
from circulation.patrons.contacts import Preferences, set_preferences
from circulation.patrons.identifiers import add_identifier
from circulation.patrons.schema import patron_identifiers
from protocols.discovery.checking import check
from protocols.discovery.methods import SCOPES
from protocols.discovery.settings import DiscoverySettings
from protocols.hosting.traces import FAILED, OK, REFUSED
from tests.builders.bookings import a_booking, a_set, aside
from tests.builders.circulation import Library, an_item
from tests.builders.fees import charge, danish_fees, fee_rule, number_of
from tests.builders.holds import a_copy, a_hold, ask, record_of, title
from tests.protocols.discovery.stage import PIN, PORTAL, Stage, Told, a_stage

FOLDER: Final = Path(__file__).parents[2] / "transcripts" / "discovery"
FAR: Final = "198.51.100.7"
PAGES: Final = "https://library.example.org/Record/"
STORAGE: Final = "http://purl.org/ontology/paia#StorageCondition"
FEE: Final = "http://purl.org/ontology/paia#FeeCondition"
SERVICE: Final = "http://purl.org/ontology/dso#DocumentService"
ISIL: Final = "http://uri.gbv.de/organization/isil/"
#: Numbers that the library gives out itself.
_LONG: Final = re.compile(r"\d{16,}")
#: Access tokens.
_TOKEN: Final = re.compile(r'"access_token": "[^"]+"')


@change
def _number(*, record_id: int, number: str) -> Statement:
    return update(records).where(records.c.id == record_id).values(control_number=number)


@change
def _hide(*, agency_id: int) -> Statement:
    its = {"kind": "school", "shares_stock": False}
    return update(agencies).where(agencies.c.id == agency_id).values(its)


@change
def _forget_numbers(*, patron_id: int) -> Statement:
    return delete(patron_identifiers).where(patron_identifiers.c.patron_id == patron_id)


class Transcript:
    """Requests and their answers. Of the headers those are written that differ from before."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.library = stage, stage.library
        self.lines: list[str] = []
        self._names: dict[str, str] = {}
        self._before: Mapping[str, str] = {}
        self._tokens: dict[str, str] = {}

    def patron(self, card: str, **details: Any) -> str:
        """A patron, by the card in place of the public id from now on."""
        self.stage.a_patron(card, **{"given_name": card.title(), "family_name": "Ek"} | details)
        self._names[self.stage.named(card)] = f"<{card}>"
        return card

    def title(self, barcode: str, number: str = "", **details: Any) -> str:
        """A copy of a title with that control number."""
        its = {"title": f"The book {barcode}", "author": f"Author {barcode}"} | details
        an_item(self.library, barcode, **its)
        record = record_of(self.library, barcode)
        number = number or f"n{barcode}"
        self.library.write(lambda t: _number(t, record_id=record, number=number))
        return f"tiro:item:{barcode}"

    def say(self, what: str) -> None:
        self.lines += ["", f"# {what}"]

    def paia(self, verb: str, path: str, body: Any = None, **options: Any) -> Told:
        """`path` names patrons by their cards in angle brackets."""
        sent = _named(self, body) if isinstance(body, dict) else body
        told = self.stage.paia(verb, self.called(path), sent, **options)
        said = {name: value for name, value in options.items() if name != "token" and value}
        self.tell(f"{verb} {path}", body, told, **said)
        return told

    def called(self, text: Any) -> Any:
        """The text with the public ids of patrons in place of their cards in angle brackets."""
        for public, name in self._names.items():
            text = text.replace(name, public) if isinstance(text, str) else text
        return text

    def core(self, card: str, verb: str, tail: str = "", body: Any = None, **options: Any) -> Told:
        """What the patron is answered, by a token of all scopes."""
        token = options.pop("token", None) or self._tokens.get(card)
        if token is None:
            token = self._tokens[card] = self.stage.log_in(card, " ".join(SCOPES))
        return self.paia(verb, f"core/<{card}>{tail}", body, token=token, **options)

    def documents(self, card: str, tail: str, *docs: Mapping[str, Any], **options: Any) -> None:
        self.core(card, "POST", f"/{tail}", {"doc": [*docs]}, **options)

    def daia(self, *identifiers: str, verb: str = "GET", at: str = "", **query: Any) -> Told:
        told = self.stage.daia(*identifiers, verb=verb, at=at, **query)
        self.tell(f"{verb} daia/{at}", list(identifiers), told, **query)
        return told

    def tell(self, request: str, body: Any, told: Told, **options: Any) -> None:
        asked = "" if body is None else f" {self._shown(body)}"
        said = "".join(f" {name}={self._shown(value)}" for name, value in options.items())
        self.lines += ["", f"> {request}{asked}{said}", f"< {told.status}{self._headers(told)}"]
        if told.body is not None:
            self.lines += [f"  {each}" for each in self._told(told.body)]
        elif told.octets:
            self.lines.append(f"  {self._shown(told.octets)}")

    def _headers(self, told: Told) -> str:
        before, now = self._before, told.headers
        self._before = now
        gone = "".join(f"\n  no {name}" for name in before if name not in now)
        other = (f"\n  {n}: {v}" for n, v in now.items() if before.get(n) != v)
        return gone + self._masked("".join(other))

    def _told(self, body: Any) -> Iterator[str]:
        """The plain members on a line, then one for each of those in lists."""
        plain = {name: each for name, each in body.items() if not isinstance(each, list)}
        if plain:
            yield self._shown(plain)
        for name in (each for each in body if each not in plain):
            yield f"{name}:" if body[name] else f"{name}: none"
            for each in body[name]:
                if isinstance(each, dict) and "item" in each and isinstance(each["item"], list):
                    yield f"  {self._shown(each | {'item': len(each['item'])})}"
                    yield from (f"    {self._shown(copy)}" for copy in each["item"])
                else:
                    yield f"  {self._shown(each)}"

    def _shown(self, value: Any) -> str:
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
        if not isinstance(text, str):
            text = json.dumps(text, ensure_ascii=False)
        return self._masked(text if len(text) < 2_000 else f"{text[:40]}... {len(text)} characters")

    def _masked(self, text: str) -> str:
        for public, name in self._names.items():
            text = text.replace(public, name)
        text = _TOKEN.sub('"access_token": "..."', text)
        return _LONG.sub(lambda found: self._known(found[0]), text)

    def _known(self, number: str) -> str:
        return self._names.setdefault(number, f"<{len(self._names)}>")


def basic(*parts: str, scheme: str = "Basic") -> dict[str, str]:
    return {"authorization": f"{scheme} {base64.b64encode(':'.join(parts).encode()).decode()}"}


def signing_in(stage: Stage) -> Transcript:
    """Tokens by PIN and by programs, over and ended; another PIN."""
    script, library = Transcript(stage), stage.library
    there = stage.another_agency()
    ida = script.patron("IDA", national_id="0102803338")
    mine = number_of(library, ida)
    library.write(lambda t: add_identifier(library.act(t), mine, "ida80", "login"))
    script.patron("BO")
    script.patron("NEAR", home_branch=library.other.id)
    script.patron("FAR", home_branch=there.id)
    nobody = script.patron("NONE")
    number = number_of(library, nobody)
    library.write(lambda t: _forget_numbers(t, patron_id=number))
    by_pin = {"grant_type": "password", "username": ida, "password": PIN}

    def logs_in(**more: Any) -> Told:
        options = {each: more.pop(each) for each in ("host", "headers") if each in more}
        return script.paia("POST", "auth/login", by_pin | more, **options)

    script.say("by card and PIN")
    logs_in()
    for username in ("<IDA>", " IDA ", "0102803338", "ida80", "<NONE>", "0000000000000", "  "):
        logs_in(username=username)
    for more in (
        {"password": "7777"},
        {"password": ""},
        {"username": "XX"},
        {"grant_type": "refresh_token"},
        {"scope": "write_items  read_patron other"},
        {"scope": " ".join(reversed(SCOPES))},
        {"scope": "other"},
        {"host": FAR},
    ):
        logs_in(**more)
    script.say("too often, by the portal and from elsewhere")
    for _ in range(5):
        stage.paia("POST", "auth/login", by_pin | {"username": "BO", "password": "7777"})
    logs_in(username="BO")
    logs_in(username="BO", host=FAR)

    script.say("a program that vouches for a patron")
    rights = {
        "lends": (Right.VIEW_PATRONS, Right.LEND),
        "views": (Right.VIEW_PATRONS,),
        "blind": (Right.LEND,),
    }
    programs = {name: stage.a_program(*each) for name, each in rights.items()}
    vouched = {"grant_type": "client_credentials"}

    def vouches(name: str, patron: str, **more: Any) -> Told:
        program = programs[name]
        shown = more.pop("shown", None) or basic(program.client_id, program.secret)
        body = vouched | {"patron": patron} | more
        told = stage.paia("POST", "auth/login", _named(script, body), headers=shown)
        script.tell(f"{name} vouches", body, told)
        return told

    for patron in (" IDA ", "<IDA>", "0102803338", "NEAR", "FAR", "<NONE>", "XX", "", "0" * 13):
        vouches("lends", patron)
    vouches("lends", "IDA", scope="write_items update_patron_email change_password")
    vouches("lends", "IDA", scope="change_password")
    vouches("blind", "IDA")
    token = vouches("views", "IDA").body["access_token"]
    program = programs["views"]
    shown_well = basic(program.client_id, program.secret)["authorization"]
    for shown in (
        {},
        basic(program.client_id, program.secret, scheme="BASIC"),
        basic(program.client_id, program.secret, scheme="Bearer"),
        basic(program.client_id),
        basic(program.client_id, f"{program.secret}:"),
        {"authorization": "Basic %"},
        {"authorization": f"{shown_well} "},
        {"authorization": f"{shown_well[:12]}%{shown_well[12:]}"},
        {"authorization": "Basic /w=="},
    ):
        vouches("views", "IDA", shown=shown or {"accept-language": "da"})
    script.core("IDA", "GET", token=token)
    library.write(lambda t: change_patron(library.act(t), mine, _PROTECTED))
    script.core("IDA", "GET", token=token)
    script.documents("IDA", "cancel", {"item": "x:1"}, token=token)

    script.say("another PIN")
    token, other = (stage.log_in(ida, " ".join(SCOPES)) for _ in range(2))
    for change_of in (
        {},
        {"username": "BO"},
        {"username": "<IDA>", "patron": "<BO>"},
        {"username": "<IDA>", "new_password": "1111"},
        {"old_password": "7777"},
        {"username": "<IDA>", "old_password": PIN, "new_password": "8361"},
        {"username": " ida80 ", "old_password": "8361", "new_password": "5937"},
    ):
        body = {"patron": "<IDA>", "username": "IDA"} | _PINS | change_of
        script.paia("POST", "auth/change", body, token=token)
    script.core("IDA", "GET", token=other)
    for _ in range(5):
        stage.paia("POST", "auth/login", by_pin | {"password": "7777"})
    body = {"patron": "<IDA>", "username": "IDA", "old_password": "5937", "new_password": PIN}
    script.paia("POST", "auth/change", body, token=token)

    script.say("a patron without a number left")
    left = script.patron("LEFT")
    of_left = stage.log_in(left, " ".join(SCOPES))
    number = number_of(library, left)
    library.write(lambda t: _forget_numbers(t, patron_id=number))
    for verb, tail in (("GET", ""), ("GET", "/items"), ("GET", "/fees")):
        script.core(left, verb, tail, token=of_left)
    script.paia(
        "POST", "auth/change", {"patron": "<LEFT>", "username": "LEFT"} | _PINS, token=of_left
    )
    script.say("log-out")
    for named in ("<BO>", "IDA", "<IDA>", "<IDA>"):
        script.paia("POST", "auth/logout", {"patron": named}, token=token)
    return script


_PROTECTED: Final[Any] = {"is_protected": True, "email": "ida@example.org"}
_PINS: Final = {"old_password": "7777", "new_password": "8361"}


def _named(script: Transcript, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with public ids in place of cards in angle brackets."""
    return {name: script.called(value) for name, value in body.items()}


def accounts(stage: Stage) -> Transcript:
    """Who patrons are, what they change of it, what they owe."""
    script, library = Transcript(stage), stage.library
    danish_fees(library)
    home = NewAddress(Dwelling.HOME, street="Vej", house_number="2", postal_code="8000", city="By")
    over = date(2026, 11, 24)
    for card, details, blocks in (
        ("PLAIN", {}, ()),
        ("FULL", {"email": "full@example.org", "expires": date(2027, 5, 18)}, ()),
        ("OVER", {"expires": over, "category": "child"}, ()),
        ("LAST", {"expires": date(2026, 11, 25)}, ()),
        ("OWES", {}, (BlockReason.DEBT,)),
        ("BOTH", {"expires": over}, (BlockReason.DEBT, BlockReason.OTHER, BlockReason.DECEASED)),
        ("OUT", {}, (BlockReason.EXCLUDED, BlockReason.CARD_STOLEN)),
        ("BARRED", {"expires": over}, (BlockReason.SELF_SERVICE,)),
        ("NEW", {}, (BlockReason.SELF_REGISTERED,)),
    ):
        script.patron(card, **details)
        number = number_of(library, card)

        def facts(t: Transaction, number: int = number, blocks: Any = blocks) -> None:
            act = library.act(t)
            add_address(act, number, home)
            for each in blocks:
                block_patron(act, number, each, message="said by staff")

        library.write(facts)
        script.core(card, "GET", headers={"accept-language": "en"} if card == "BOTH" else {})
    script.say("what is changed")
    for body in (
        {"email": " new@example.org "},
        {"email": "new"},
        {"email": ""},
        {"email": "x" * 201},
        {},
        {"name": "Another"},
        {"address": "Elsewhere", "email": "x@example.org"},
        {"name": "Another", "address": "Elsewhere"},
        {"other": 1, "email": "other@example.org"},
    ):
        script.core("PLAIN", "PATCH", body=body)
    script.say("what is owed")
    script.core("PLAIN", "GET", "/fees")
    script.title("LATE", author="")
    library.check_out("PLAIN", "LATE")
    charge(library, "PLAIN", 2050)
    charge(library, "PLAIN", 100, ChargeKind.PROCESSING, note="et lånerkort")
    charge(library, "PLAIN", 5, ChargeKind.OTHER, note="")
    library.pass_time(days=60, hours=12, minutes=30)
    library.check_in("LATE")
    charge(library, "PLAIN", 1, ChargeKind.OTHER, note="at night")
    script.core("PLAIN", "GET", "/fees", token=stage.log_in("PLAIN", "read_fees"))
    charge(library, "PLAIN", 300, currency="EUR", note="abroad")
    script.core("PLAIN", "GET", "/fees", token=stage.log_in("PLAIN", "read_fees"))
    return script


def documents(stage: Stage) -> Transcript:
    """Loans and holds: listed, requested, renewed, cancelled."""
    script, library = Transcript(stage), stage.library
    there = stage.another_agency()
    for card in ("IDA", "BO", "RUT", "UNA"):
        script.patron(card)
    script.patron("FAR", home_branch=there.id)
    una = number_of(library, "UNA")
    wish = Preferences(pickup_branch_id=library.other.id)
    library.write(lambda t: set_preferences(library.act(t), una, wish))
    for number in range(1, 13):
        script.title(f"I{number}", call_number=f"86.{number}" if number == 1 else "")
    script.title("PLAIN", author="", title="")
    script.title("VOL", part="2")
    for barcode in ("I1", "I2", "I3", "PLAIN"):
        library.check_out("IDA", barcode, at=library.other if barcode == "I2" else library.main)
    library.check_out("BO", "I4")
    library.check_out("BO", "I5")

    script.say("what is requested")
    script.core("IDA", "GET", "/items", token=stage.log_in("IDA", "read_items"))
    for docs in (
        [{"edition": "tiro:title:nI4"}, {"item": "tiro:item:I5"}, {"item": "tiro:item:VOL"}],
        [{"edition": "tiro:title:nI4"}, {"edition": "tiro:title:nI1"}],
        [{"edition": "tiro:title:none"}, {"item": "tiro:item:none"}, {"item": "x:y"}],
        [{"edition": "x:y"}, {"item": "tiro:item:"}, {"edition": "tiro:title:%00"}],
        [{"edition": "tiro:title:nI6", "item": "tiro:item:I7"}, {}],
        [{"edition": "tiro:title:nI6", "item": "tiro:item:I7", "storageid": f"{ISIL}DK-900102"}],
        [{"edition": "tiro:title:nI6", "storageid": f"{ISIL}DK-900201"}],
        [{"edition": "tiro:title:nI6", "confirm": {}, "storageid": f"{ISIL}DK-900102"}],
        [{"edition": "tiro:title:nI6", "confirm": {STORAGE: ["x:y", f"{ISIL}DK-900102"]}}],
        [{"edition": "tiro:title:nI8", "confirm": {FEE: [SERVICE]}}],
    ):
        script.documents("IDA", "request", *docs)
    script.documents("UNA", "request", {"edition": "tiro:title:nI9"})
    script.documents("FAR", "request", {"edition": "tiro:title:nI9"}, {"item": "tiro:item:I10"})
    number = number_of(library, "RUT")
    library.write(lambda t: block_patron(library.act(t), number, BlockReason.EXCLUDED))
    english = {"headers": {"accept-language": "en"}}
    script.documents("RUT", "request", {"edition": "tiro:title:nI9"}, **english)

    script.say("holds in each state")
    a_hold(library, "UNA", "I4")
    a_hold(library, "IDA", "I10", only_item=True)
    a_hold(library, "IDA", "I11", at=library.other)
    a_hold(library, "UNA", "I1")
    ask(library, "UNA", title(library, "I1"))
    library.check_in("I11")
    library.check_in("I5")
    for card in ("IDA", "UNA"):
        script.core(card, "GET", "/items")
    library.check_in("I11", at=library.other)
    script.core("IDA", "GET", "/items")

    script.say("what is renewed")
    renewals = [
        {"item": "tiro:item:I1"},
        {"item": "tiro:item:I2"},
        {"edition": "tiro:title:nI3"},
        {"edition": "tiro:title:nI3", "item": "tiro:item:I2"},
        {"item": "tiro:item:I4"},
        {"item": "x:y"},
        {"edition": "tiro:title:nI3"},
    ]
    script.documents("IDA", "renew", *renewals)
    library.pass_time(days=20)
    again = {"token": stage.log_in("IDA", " ".join(SCOPES))}
    script.documents("IDA", "renew", *renewals, **again)
    script.documents("IDA", "renew", {"item": "tiro:item:I2"}, {}, **again)
    fee_rule(library, renewal_fee=500, hold_fee=1_050)
    library.pass_time(days=20)
    again = {"token": stage.log_in("IDA", " ".join(SCOPES))}
    its = {"item": "tiro:item:I2"}
    agreed = {"confirm": {FEE: [SERVICE]}}
    for docs in ([its], [its | agreed], [its | agreed]):
        script.documents("IDA", "renew", *docs, **again)
    wanted = {"edition": "tiro:title:nI12"}
    for confirm in (
        None,
        {FEE: [SERVICE]},
        {FEE: ["x:y"], STORAGE: [f"{ISIL}DK-900101"]},
        {FEE: [SERVICE], STORAGE: [f"{ISIL}DK-900101"]},
    ):
        more = {} if confirm is None else {"confirm": confirm}
        script.documents("IDA", "request", wanted | more, **again)
    again = {"token": stage.log_in("RUT", " ".join(SCOPES))}
    script.documents("RUT", "request", wanted, **again)

    script.say("what is cancelled")
    again = {"token": stage.log_in("IDA", " ".join(SCOPES))}
    told = script.core("IDA", "GET", "/items", **again)
    waiting = [each for each in told.body["doc"] if each["item"].startswith("tiro:hold:")]
    for docs in (
        [{"item": waiting[0]["item"]}, {"item": waiting[0]["item"]}, {"item": "tiro:hold:1"}],
        [{"edition": "tiro:title:nI5"}, {"edition": "tiro:title:nI5"}],
        [{"item": "tiro:item:I10", "edition": "tiro:title:nI1"}, {"item": "tiro:item:I10"}],
        [{"item": "tiro:item:I11"}, {"item": "tiro:item:I4"}, {"edition": "tiro:title:none"}],
        [{"item": "x:y"}, {}],
    ):
        script.documents("IDA", "cancel", *docs, **again)
    script.core("IDA", "GET", "/items", **again)
    script.core("UNA", "GET", "/items", token=stage.log_in("UNA", "read_items"))
    mine = number_of(library, "IDA")
    library.write(lambda t: block_patron(library.act(t), mine, BlockReason.EXCLUDED))
    script.documents("IDA", "renew", {"item": "tiro:item:I3"}, **again)
    return script


def copies_themselves(stage: Stage) -> Transcript:
    """A library where the copy that is asked for is wanted, and URIs begin otherwise."""
    script = Transcript(stage)
    script.patron("IDA")
    script.title("I1")
    script.title("I2", part="2")
    for item in ("x:c/I1", "x:c/I2", "tiro:item:I1", "x:c/"):
        script.documents("IDA", "request", {"item": item})
    script.documents("IDA", "request", {"edition": "x:t/nI1"})
    script.core("IDA", "GET", "/items")
    script.daia("x:t/nI1", "x:c/I2")
    return script


def availability(stage: Stage) -> Transcript:
    """Copies in each state, at each library, and what leads to them."""
    script, library = Transcript(stage), stage.library
    there, school = stage.another_agency(), stage.another_agency("DK-900300")
    for card in ("IDA", "BO", "RUT"):
        script.patron(card)

    def rules(t: Transaction) -> None:
        _hide(t, agency_id=school.agency_id)
        CATEGORIES.store(t, {"adult": ("Adults", None), "child": ("Children", None)})
        for group, category, rule in (
            ("reference", "", {"on_site_only": True}),
            ("film", "", {"holdable": False}),
            ("archive", "", {"loanable": False}),
            ("toy", "", {"loanable": False}),
            ("toy", "child", {"loanable": True, "holdable": True}),
        ):
            given = {"patron_category": category} if category else {}
            LOAN_POLICIES.store(t, material_group=group, **given, **rule)
        for level, name in (("department", "Voksne"), ("section", "Nord")):
            store_place_name(t, library.main.agency_id, level, level[0], name)
        store_place_name(t, there.agency_id, "department", "d", "Der")
        set_up_changed(t)

    library.write(rules)
    its = {"department": "d", "location": "l", "sublocation": "b", "section": "s"}
    uri = script.title("SHELF", call_number="86-3", **its)
    for group in ("reference", "film", "archive", "toy"):
        script.title(group.upper(), material_group=group)
        script.title(f"{group.upper()}-LENT", material_group=group)
        library.check_out("IDA", f"{group.upper()}-LENT", no_block=True)
    for name, details in (("THERE", {"home": there, **its}), ("SCHOOL", {"home": school})):
        script.title(name, **details)
    states = (
        "LENT",
        "LATE",
        "QUEUE",
        "WAY",
        "KEPT",
        "CLAIMED",
        "LOST",
        "MISSING",
        "GONE",
        "BOOKED",
    )
    for name in states:
        script.title(name, section="s")
    for name in ("LENT", "QUEUE", "CLAIMED", "LOST"):
        library.check_out("IDA", name)

    def marks(t: Transaction) -> None:
        claim_returned(library.act(t), item="CLAIMED")
        declare_lost(library.act(t), item="LOST")
        found = find_item(t, "MISSING")
        assert found is not None
        note_missing(t, item_id=found.id, since=library.now)

    library.write(marks)
    library.check_out("IDA", "LATE", no_block=True, due=library.now)
    for card in ("BO", "RUT"):
        a_hold(library, card, "QUEUE")
    a_hold(library, "BO", "WAY", at=library.other)
    a_hold(library, "BO", "KEPT")
    for name in ("WAY", "KEPT"):
        library.check_in(name)
    first = a_set(library, 2)
    booking = a_booking(library, "IDA", first[0], 2, 9)
    aside(library, booking, first[0])
    stays = record_of(library, first[0])
    library.write(lambda t: _number(t, record_id=stays, number="nSET"))
    library.pass_time(minutes=5)
    groups = [f"n{each}{end}" for each in ("REFERENCE", "FILM", "ARCHIVE", "TOY")
              for end in ("", "-LENT")]  # fmt: skip
    whole = ("nSHELF", *(f"n{each}" for each in states), "nSET", *groups, "nTHERE", "nSCHOOL")
    script.say("at all libraries, ours, others")
    script.daia(*whole)
    for at in ("DK-900100", "DK-900200", "DK-900300", "DK-900101", "", "DK-900100/", "/", "a/b"):
        script.daia("nSHELF", "nTHERE", "nSCHOOL", at=at)

    script.say("how titles are called")
    script.title("TWIN1", number="twin", title="", author="")
    script.title("TWIN2", number="twin", title="Second", author="")
    a_copy(library, "SHELF")
    script.title("9 x/8", number="9 x/8")
    script.library.write(lambda t: _add_links(t, library))
    record = record_of(library, "SHELF")
    for identifiers in (
        ("tiro:title:nSHELF", "nSHELF", uri),
        (uri, "tiro:title:nSHELF"),
        (f"t{record}", "ppn:nSHELF", "870970-basis:nSHELF"),
        ("twin", "tiro:item:TWIN2"),
        ("tiro:title:9%20x%2F8", "tiro:item:9%20x%2F8", "9 x/8"),
        ("tiro:item:none", "tiro:title:none", "none", "a\u200eb"),
        ("links", " nLENT ", "", "links"),
        (),
        ("x" * 100_001,),
    ):
        script.daia(*identifiers)
    return script


def _add_links(transaction: Transaction, library: Library) -> None:
    """A title of links alone, and one that is no MARC 21."""
    marc = pymarc.Record(force_utf8=True)
    for tag, indicators, text in (
        ("245", "10", "a Soil"),
        ("856", "40", "u https://e.example.org/a u http://e.example.org/b 7 0"),
        ("856", "41", "u https://e.example.org/c 7 1"),
        ("856", "42", "u https://e.example.org/about"),
        ("856", "40", "u ftp://e.example.org/d"),
        ("856", "40", "u https://e.example.org/e_f"),
        ("857", "40", "u https://e.example.org/g"),
    ):
        words = text.split()
        parts = [pymarc.Subfield(*each) for each in zip(words[::2], words[1::2], strict=True)]
        parts = [each._replace(value=each.value.replace("_", " ")) for each in parts]
        marc.add_field(pymarc.Field(tag, pymarc.Indicators(*indicators), parts))
    for record_format in ("marc21", "danmarc2"):
        its = {"now": library.now, "record_format": record_format}
        record = add_record(transaction, marc.as_marc(), **its)
        _number(transaction, record_id=record, number="links")


def requests(stage: Stage) -> Transcript:
    """Addresses, verbs, queries, headers and bodies that fit and that do not."""
    script = Transcript(stage)
    script.patron("IDA")
    script.title("I1")
    token = stage.log_in("IDA", " ".join(SCOPES))
    of_ida = "core/<IDA>"
    script.say("addresses and verbs")
    for verb, path in (
        ("GET", ""), ("GET", "core"), ("GET", "core/"), ("GET", "core/x/y"), ("GET", "auth"),
        ("GET", "other"), ("GET", "auth/login"), ("OPTIONS", "auth/login"), ("OPTIONS", of_ida),
        ("OPTIONS", f"{of_ida}/notifications/7"), ("OPTIONS", f"{of_ida}/x"), ("PUT", of_ida),
        ("GET", f"{of_ida}/notifications"), ("DELETE", f"{of_ida}/notifications/7"),
        ("GET", f"{of_ida}/notifications/7/8"), ("POST", "auth/reset"), ("HEAD", f"{of_ida}/fees"),
        ("HEAD", f"{of_ida}/renew"), ("GET", f"{of_ida}/"), ("GET", f"{of_ida}/fees"),
    ):  # fmt: skip
        script.paia(verb, path, token=token)
    script.say("tokens")
    path = f"{of_ida}/fees"
    for shown in (
        {}, {"authorization": f"bearer  {token} "}, {"authorization": f"Basic {token}"},
        {"authorization": token}, {"authorization": "Bearer made-up"},
    ):  # fmt: skip
        told = stage.paia("GET", script.called(path), headers=shown)
        script.tell("a token shown otherwise", None, told)
    for query in ({"access_token": f" {token} "}, {"access_token": ""}):
        told = stage.paia("GET", script.called(path), **query)
        script.tell("a token in the query", None, told)
    told = stage.paia("GET", script.called(path), token=token, access_token=token)
    script.tell("a token in both", None, told)
    few = stage.log_in("IDA", "read_items update_patron_email")
    for verb, tail in (("GET", ""), ("PATCH", ""), ("GET", "/fees"), ("POST", "/cancel")):
        script.paia(verb, f"{of_ida}{tail}", {"email": "a@b.dk"}, token=few)
    for named in ("x", "IDA", "0000000000000"):
        script.paia("GET", f"core/{named}", token=token)
    script.say("queries")
    for query in (
        {"callback": "show_1"}, {"callback": "a.b"}, {"callback": ""}, {"callback": "x" * 101},
        {"callback": "x" * 100, "suppress_response_codes": "0"}, {"x": "y"},
        {str(number): "" for number in range(100)}, {str(number): "" for number in range(101)},
    ):  # fmt: skip
        script.paia("GET", path, token=token, **query)
        script.paia("GET", "core/x", **query)
    for raw in (b"callback=%ff", b"callback=\xff", b"access_token", b"callback=a&callback=b"):
        told = stage._answer(
            stage.paia_front.answer, stage._asked("GET", "core/x", raw, b"", {}, PORTAL)
        )
        script.tell(f"the query {raw!r}", None, told)
    script.say("bodies of core")
    cancel = f"{of_ida}/cancel"
    one = b'{"doc": [{"item": "x:1"}]}'
    for body, kind in (
        (one, "application/json"), (one, ""), (one, "application/json; charset=UTF8"),
        (one, 'application/json; a=b; charset = "utf-8"'), (one, "text/json"),
        (one, "application/json; charset=latin1"), (b"doc=x", ""),
        (b"doc=x", "application/x-www-form-urlencoded"),
        (b"", ""), (b"[]", ""), (b"\xff", ""), (b'{"doc": []}', ""), (b'{"doc": {}}', ""),
        (b'{"doc": [{"item": "no uri"}]}', ""), (b'{"doc": [{"edition": "x:<"}]}', ""),
        (b'{"doc": [{"item": 7}]}', ""), (b'{"doc": [{"confirm": {"a": "b"}}]}', ""),
        (json.dumps({"doc": [{"item": "x:" + "y" * 499}]}).encode(), ""),
        (json.dumps({"doc": [{"item": "x:1"}] * 101}).encode(), ""),
        (b'{"doc": [{"storageid": "x:1"}]}', ""),
    ):  # fmt: skip
        shown = {"content-type": kind} if kind else {}
        script.paia("POST", cancel, body, token=token, headers=shown)
    script.say("bodies of auth")
    form = b"grant_type=password&username=IDA&password=" + PIN.encode()
    told_json = json.dumps({"grant_type": "password", "username": "IDA", "password": PIN}).encode()
    for body, kind in (
        (form, "application/x-www-form-urlencoded; charset=utf-8"), (form, ""),
        (told_json, "application/json"), (b" " + told_json, ""), (form, "application/json"),
        (form + b"&password=7777", ""), (b"grant_type=&username=IDA", ""),
        (b"grant_type=password&username=%ff", ""), (b"grant_type=password&username=\xff", ""),
        (b"&".join(b"a%d=" % number for number in range(101)), ""),
        (b"grant_type=password&username=" + b"x" * 201 + b"&password=1", ""),
    ):  # fmt: skip
        shown = {"content-type": kind} if kind else {}
        script.paia("POST", "auth/login", body, headers=shown)
    script.say("DAIA")
    for options in (
        {}, {"verb": "HEAD"}, {"verb": "OPTIONS"}, {"verb": "POST"}, {"format": "xml"},
        {"format": ""}, {"callback": "show"}, {"callback": "a-b"}, {"patron": "a"},
        {"patron-type": "b"}, {"patron": "a", "patron-type": "b"}, {"access_token": "c"},
        {"headers": {"authorization": "Bearer c"}}, {"suppress_response_codes": "", "format": "x"},
        {"headers": {"accept-language": "en", "origin": "https://a.example.org"}},
    ):  # fmt: skip
        script.daia("nI1", **options)
    script.daia("nI1", "none", "nI1", "a", "b", "c")
    script.daia("none", "nI1", "a", callback="x")
    script.daia("none", "nI1", "a", "b", at="DK-000000")
    script.say("how many were answered, refused, and failed")
    measures = stage.services.measures
    measures.add_up()
    for name in ("paia GET core/{patron}", "paia POST core/{patron}/cancel", "daia", "unknown"):
        times = measures.meter("discovery").kind(name).times
        script.lines.append(
            f"  {name}: {[sum(times[each].counts) for each in (OK, REFUSED, FAILED)]}"
        )
    return script


def listed_pages(stage: Stage) -> Transcript:
    """A library that is called from its own pages alone, and gives no tokens."""
    script = Transcript(stage)
    for origin in ("https://library.example.org", "https://other.example.org", None):
        headers = {} if origin is None else {"origin": origin}
        script.paia("POST", "auth/login", {}, headers=headers)
        for verb in ("OPTIONS", "GET"):
            script.paia(verb, "core/x", headers=headers)
            script.daia("none", verb=verb, headers=headers)
    script.paia("POST", "auth/logout", {})
    return script


def findings(stage: Stage) -> Transcript:
    """What the check of the settings finds."""
    script = Transcript(stage)
    good = {"enabled": True, "portals": (PORTAL,), "pages": PAGES}
    for other in (
        {},
        {"pages": None, "portals": ()},
        {"portals": (), "log_in": False},
        {"portals": ("0.0.0.0/0", PORTAL, "::/0")},
        {"editions": "x:", "items": "x:i", "branches": "x:ib"},
        {"editions": "x:b", "items": "x:bi", "branches": "x:c"},
        {"editions": "x:e", "items": "x:i", "branches": "x:"},
        {"enabled": False, "pages": None, "portals": ()},
    ):
        script.say(f"{other}")
        settings = DiscoverySettings(**(good | other))
        found = stage.library.read(lambda t, its=settings: check(its, t))
        script.lines += [f"  {each}" for each in found]
        assert isinstance(found, list)
    return script


Scene = Callable[[Stage], Transcript]
#: The scenes, with the settings of each.
SCENES: Final[dict[str, tuple[Scene, dict[str, Any]]]] = {
    "requests": (requests, {"titles_at_once": 3}),
    "documents": (documents, {}),
    "availability": (availability, {"pages": PAGES}),
    "accounts": (accounts, {}),
    "signing-in": (signing_in, {"token_minutes": 5}),
    "findings": (findings, {}),
    "copies-themselves": (
        copies_themselves,
        {"copies_themselves": True, "items": "x:c/", "editions": "x:t/"},
    ),
    "listed-pages": (
        listed_pages,
        {"cross_origin": ("https://library.example.org",), "log_in": False},
    ),
}


@contextmanager
def played(name: str, url: str) -> Iterator[str]:
    scene, settings = SCENES[name]
    with a_stage(url, **settings) as stage:
        yield "\n".join(scene(stage).lines).lstrip() + "\n"


@pytest.mark.parametrize("name", SCENES)
def test_answers_are_as_their_transcript_has_them(sqlite_url: str, name: str) -> None:
    with played(name, sqlite_url) as text:
        assert text.splitlines() == (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in SCENES:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/library.db"
            migrate(url)
            with played(name, url) as text:
                (FOLDER / f"{name}.txt").write_text(text, "utf-8")
