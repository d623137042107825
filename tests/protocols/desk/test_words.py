"""Everything that the pages say is in the catalogues, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import circulation
import protocols.desk
from catalogue.index.describing import MATERIAL_TYPES
from circulation.accession.adding import Obstacle
from circulation.holds.unfillable import InVain
from circulation.interlending.remarks import RemarkKind
from circulation.jobs.table import JOBS
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import LoanMark
from circulation.kernel.rights import Right
from circulation.loans.off_line import ActState, Reported, Source
from circulation.notices.kinds import NoticeState
from circulation.patrons.identifiers import IdentifierBlock
from circulation.patrons.kinds import Consent, PatronKind
from circulation.sections.sections import SECTIONS as SET_UP
from circulation.staff.lookups import Seen
from circulation.staff.roles import BUILT_IN
from circulation.staff.workstations import Printer
from circulation.stock.inventory import Finding
from protocols.api.operations.titles import FACETS
from protocols.desk.assets import CONTEXTS, words_in
from protocols.desk.pages import PAGES
from protocols.proxy.differences.readiness import SENTENCES
from protocols.proxy.kinds import CHANGING
from protocols.proxy.proxy import JUDGED
from protocols.sip2.wire import deviations

FOLDER = Path(protocols.desk.__file__).parent
ROOMS = Path(circulation.__file__).parent
#: The lists, by their word in the address.
LISTS = set(
    re.findall(r"^  (\w+): \{", (FOLDER / "static" / "list_table.js").read_text(), re.MULTILINE)
)
#: The slips, by their kind.
SLIPS = set(re.findall(r'^  \["(\w+)"', (FOLDER / "static" / "slips.js").read_text(), re.MULTILINE))
#: What is done with material.
WORKS = {"new", "receive", "inventory", "batch"}
#: The sections of administration, by their word in the address.
SECTIONS = set(
    re.findall(
        r"^  (\w+): \{ right", (FOLDER / "static" / "administration.js").read_text(), re.MULTILINE
    )
)
#: Names that are put together: what they begin with, and what may follow.
JOINED = {
    "STATE_": {"AVAILABLE", "ON_LOAN", "IN_TRANSIT", "CLAIMED_RETURNED", "LOST", "MISSING"}
    | {"ON_HOLD_SHELF", "GOES_BACK"}
    | {each.value for each in ActState},
    "MODE_": {"return", "drop", "renew", "look"},
    "SETTLED_": {"shelf", "van", "keep", "staff"},
    "PRINTER_": set(get_args(get_type_hints(Printer)["kind"])),
    "SLIP_": SLIPS,
    "SLIP_TELLS_": SLIPS,
    "LIST_": LISTS,
    "ABOUT_": LISTS,
    "SCAN_": {"pick", "look", "receive"},
    "WISH_": {"asked", "expected", "offered", "shipped", "cancelled", "unfilled"},
    "REMARK_": {each.value for each in RemarkKind},
    "MARK_": {each.value for each in LoanMark},
    "VAIN_": {each.name.lower() for each in InVain},
    "BLOCK_": {each.value for each in BlockReason},
    "HOLD_": {"WAITING", "ON_THE_WAY"},
    "KIND_": {each.value for each in PatronKind},
    "CARD_": {each.value for each in IdentifierBlock},
    "IDENTIFIER_": {"card", "login", "email", "national_id", "cvr"},
    "MESSAGE_": {each.value.replace(" ", "_") for each in NoticeState},
    "CONSENT_": {each.value for each in Consent},
    "WAY_": {"email", "phone", "digital_post", "person"},
    "ADDRESS_": {"home", "temporary"},
    "FACET_": {each.removeprefix("dc.") for each in FACETS},
    "TYPE_": {each.replace(" ", "_") for each in MATERIAL_TYPES},
    "WORK_": WORKS,
    "TELLS_": WORKS,
    "SCAN_FOR_": WORKS,
    "ITEM_": {"material_group", "department", "location", "sublocation", "section"}
    | {"call_number", "price", "home"},
    "OBSTACLE_": {each.name.lower() for each in Obstacle},
    "ORIGIN_": {"FETCHED", "BRIEF"},
    "FINDING_": {each.name for each in Finding} - {"SEEN"} | {"NONE"},
    "CHANGE_": {"added", "removed", "changed"},
    "SECTION_": SECTIONS,
    "GATE_": set(SENTENCES),
    "ADVICE_": set(SENTENCES),
    "SIP_": set(JUDGED | CHANGING.keys()),
    "RIGHT_": {each.value for each in Right},
    "SEEN_": {each.value for each in Seen},
    "OFF_LINE_": {each.value for each in Reported},
    "FROM_": {each.value for each in Source},
}


def _texts(of: str = "") -> list[str]:
    """Scripts and templates of the desk, or of the page for everybody."""
    found = (*FOLDER.glob("static/*.js"), *FOLDER.glob("templates/*.html"))
    return [each.read_text() for each in found if each.name.startswith("public") == bool(of)]


def _said() -> set[str]:
    named = {name for text in _texts() for name in re.findall(r'"([A-Z][A-Z_]{2,})"', text)}
    named |= {f"{first}{rest}" for first, ends in JOINED.items() for rest in ends}
    return named | {each.name for each in PAGES}


def test_both_languages_say_all_of_it() -> None:
    english, danish = words_in("en"), words_in("da")
    assert english.keys() == danish.keys()
    unsaid = {
        name for words in (english, danish) for name, text in words.items() if name in _forms(text)
    }
    assert unsaid <= {"PIN"}
    asked = _said()
    known = set(english)
    assert known <= asked
    assert {f"{first}{rest}" for first, ends in JOINED.items() for rest in ends} <= known
    assert _said_directly() <= known


def _said_directly(of: str = "") -> set[str]:
    return {name for text in _texts(of) for name in re.findall(r'\bsay\(\s*"([A-Z_a-z]+)"', text)}


def test_both_languages_say_all_of_the_page_for_everybody() -> None:
    english, danish = words_in("en", "public"), words_in("da", "public")
    assert english.keys() == danish.keys()
    assert all(
        name not in _forms(text) for words in (english, danish) for name, text in words.items()
    )
    joined = {
        f"{first}{rest}"
        for first, ends in {
            "FACET_": {each.removeprefix("dc.") for each in FACETS},
            "TYPE_": {each.replace(" ", "_") for each in MATERIAL_TYPES},
            "CONSENT_": {each.value for each in Consent} | {"person_registry_hint"},
            "LOAN_": {each.value for each in LoanMark},
        }.items()
        for rest in ends
    }
    headings = {"LOANS", "HOLDS", "CHARGES", "MESSAGES", "SETTINGS"}
    named = {n for text in _texts("public") for n in re.findall(r'"([A-Z][A-Z_]{2,})"', text)}
    said = _said_directly("public") | joined | headings
    assert english.keys() == said | (named & english.keys())


def _counted() -> Iterator[str]:
    """What the daily jobs count, by the name under which they answer it: written out where their
    steps are, or handed to the run of a flow."""
    of_flows = {each for each in ROOMS.glob("dunning/*.py") if "run.count(" in each.read_text()}
    for path in {*ROOMS.glob("*/daily.py"), *of_flows}:
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[ast.expr | None] = []
            if isinstance(node, ast.Dict) and path.name == "daily.py":
                names = list(node.keys)
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "run.count":
                first = node.args[0]
                names = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            for name in names:
                if isinstance(name, ast.JoinedStr):  # the library's own code follows the word
                    name = name.values[0]
                assert isinstance(name, ast.Constant), (path, ast.dump(node))
                yield str(name.value).strip()


@pytest.mark.parametrize("tag", ["en", "da"])
def test_each_job_role_and_noun_has_words_in_administration(tag: str) -> None:
    nouns = {noun.word for section in SET_UP for noun in section.nouns}
    codes = {
        "JOB_": JOBS.keys(),
        "JOB_TELLS_": JOBS.keys(),
        "COUNT_": set(_counted()),
        "ROLE_": {*BUILT_IN, "AT", "EVERYWHERE"},
        "NOUN_": nouns,
        "ODD_": {each.removesuffix(": ") for each in DEVIATIONS},
    }
    needed = {f"{first}{code.replace(' ', '_')}" for first, its in codes.items() for code in its}
    words = words_in(tag, "administration")
    assert words.keys() == needed
    assert not [name for name, text in words.items() if text in ("", name)]


#: What machines get wrong, as it is counted.
DEVIATIONS = {
    each for name, each in vars(deviations).items() if name.isupper() and isinstance(each, str)
}


def test_danish_of_administration_is_not_english() -> None:
    english, danish = words_in("en", "administration"), words_in("da", "administration")
    same = {name for name, text in danish.items() if text == english[name]}
    assert same <= {"ROLE_administrator", "NOUN_transport", "NOUN_partner"}


@pytest.mark.parametrize("context", CONTEXTS)
def test_facts_are_the_same_in_both(context: str) -> None:
    english, danish = words_in("en", context), words_in("da", context)
    for name, sentence in english.items():
        for text in _forms(sentence):
            for its in _forms(danish[name]):
                assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", its))


@pytest.mark.parametrize("context", CONTEXTS)
def test_what_is_handed_to_a_sentence_stands_in_it(context: str) -> None:
    """Two that share a name would lose it."""
    said, of = words_in("en", context), "public" if context == "public" else ""
    for text in _texts(of):
        for name, facts in re.findall(r'\bsay\("(\w+)", \{ ([^{}]*) \}\)', text):
            for fact in re.findall(r"(?:^|, )(\w+)(?=:|,|$)", facts):
                for text in _forms(said.get(name, f"{{{fact}}}")):
                    assert f"{{{fact}}}" in text, (name, fact)


def _forms(sentence: str | dict[str, str]) -> list[str]:
    """All forms of a sentence: more than one where it has a plural."""
    return [sentence] if isinstance(sentence, str) else list(sentence.values())


@pytest.mark.parametrize(
    ("tag", "one", "more"),
    [
        ("da", "Gennemfør {count} ændring", "Gennemfør {count} ændringer"),
        ("en", "Make {count} change", "Make {count} changes"),
    ],
)
def test_a_plural_is_sent_in_the_forms_of_its_language(tag: str, one: str, more: str) -> None:
    assert words_in(tag)["SET_UP_APPLY"] == {"one": one, "other": more}
