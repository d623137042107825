"""Everything that the pages say is in the catalogues, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import protocols.desk
from circulation.holds.unfillable import InVain
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import LoanMark
from circulation.notices.kinds import NoticeState
from circulation.patrons.consents import Consent
from circulation.patrons.identifiers import IdentifierBlock
from circulation.staff.lookups import Seen
from protocols.desk.assets import words_in
from protocols.desk.pages import PAGES

FOLDER = Path(protocols.desk.__file__).parent
#: The lists, by their word in the address.
LISTS = set(
    re.findall(r"^  (\w+): \{", (FOLDER / "static" / "list_table.js").read_text(), re.MULTILINE)
)
#: Names that are put together: what they begin with, and what may follow.
JOINED = {
    "STATE_": {"AVAILABLE", "ON_LOAN", "IN_TRANSIT", "CLAIMED_RETURNED", "LOST", "MISSING"}
    | {"ON_HOLD_SHELF", "GOES_BACK"},
    "MODE_": {"return", "drop", "renew", "look"},
    "SETTLED_": {"shelf", "van", "staff"},
    "LIST_": LISTS,
    "ABOUT_": LISTS,
    "SCAN_": {"pick", "look", "receive"},
    "MARK_": {each.value for each in LoanMark},
    "VAIN_": {each.name.lower() for each in InVain},
    "BLOCK_": {each.value for each in BlockReason},
    "HOLD_": {"WAITING", "ON_THE_WAY"},
    "CARD_": {each.value for each in IdentifierBlock},
    "IDENTIFIER_": {"card", "login", "email", "national_id", "cvr"},
    "MESSAGE_": {each.value.replace(" ", "_") for each in NoticeState},
    "CONSENT_": {each.value for each in Consent},
    "SEEN_": {each.value for each in Seen},
}


def _said() -> set[str]:
    texts = [each.read_text() for each in FOLDER.glob("static/*.js")]
    texts += [each.read_text() for each in FOLDER.glob("templates/*.html")]
    named = {name for text in texts for name in re.findall(r'"([A-Z][A-Z_]{2,})"', text)}
    named |= {f"{first}{rest}" for first, ends in JOINED.items() for rest in ends}
    return named | {each.name for each in PAGES}


def test_both_languages_say_all_of_it() -> None:
    english, danish = words_in("en"), words_in("da")
    assert english.keys() == danish.keys()
    assert all(text != name for words in (english, danish) for name, text in words.items())
    asked = _said()
    known = set(english)
    assert known <= asked
    said_directly = set()
    for path in (*FOLDER.glob("static/*.js"), *FOLDER.glob("templates/*.html")):
        said_directly |= set(re.findall(r'\bsay\(\s*"([A-Z_a-z]+)"', path.read_text()))
    assert said_directly <= known


def test_facts_are_the_same_in_both() -> None:
    english, danish = words_in("en"), words_in("da")
    for name, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", danish[name]))
