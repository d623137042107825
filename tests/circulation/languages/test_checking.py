"""Every language that is shipped says what it claims to; a mistake in one is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import pytest

from circulation.kernel.reasons import Reason
from circulation.languages import MESSAGES
from circulation.languages.checking import problems_of, sentences_of
from circulation.languages.installed import SHIPPED, complete_tags, tags
from circulation.languages.language import LANGUAGE, catalogue_of
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.money import ChargeKind
from circulation.notices.kinds import NoticeKind
from circulation.staff.apps import AppError
from circulation.staff.results import SignInRefusal
from protocols.api.problems import Outcome
from protocols.single_sign_on.messages import Word
from protocols.sip2.wording import Text

#: The names of the sentences of each context, as far as an enumeration holds them.
NAMES: Mapping[str, set[str]] = {
    "app error": {each.name for each in AppError},
    "screen": {each.name for each in Text},
    "charge": {each.name for each in ChargeKind},
    "charge reason": {each.name for each in ChargeReason},
    "Digital Post": {"FILE_NAME", "PAY", "LOANS"},
    "plot": {"LOANS_BY_HOUR", "LONGEST_QUEUES", "WAITING", "MESSAGES", "MACHINES"},
    "problem": {each.name for each in Outcome},
    "reason": {each.name for each in Reason},
    "sign-in refusal": {each.name for each in SignInRefusal},
    "sign-on": {each.name for each in Word},
    "text message": {"RENEW", "LOANS"},
    "web site": {"NAMELESS"},
}
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'


def test_the_shipped_languages_are_in_order() -> None:
    assert problems_of(SHIPPED) == []
    assert complete_tags() == ("da", "en")


def test_english_has_every_sentence_and_every_message() -> None:
    found = sentences_of(catalogue_of(SHIPPED / "en")).keys()
    for context, names in NAMES.items():
        assert {name for where, name in found if where == context} == names
    refusals = {name for where, name in found if where == "not renewed"}
    assert refusals - {"OTHERWISE"} <= {each.name for each in Reason}
    # Those of the pages are held against them, too: tests/protocols/desk/test_words.py; those of
    # mistakes against the code: test_sentences.py.
    others = {"administration", "desk", "public", "mistake"}
    assert {where for where, _ in found} == {*NAMES, "not renewed", *others}
    texts = {path.stem for path in (SHIPPED / "en").glob("*.txt")}
    assert {each.value for each in NoticeKind} <= texts


@pytest.mark.parametrize("tag", tags())
def test_a_translation_shows_the_same_facts(tag: str) -> None:
    english = sentences_of(catalogue_of(SHIPPED / "en"))
    for key, forms in sentences_of(catalogue_of(SHIPPED / tag)).items():
        assert places(forms) == places(english[key]), key
        assert all(form == form.strip() and len(form) <= 200 for form in forms), key


def places(forms: tuple[str, ...]) -> set[str]:
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name is not None}


@pytest.mark.parametrize(
    ("words", "settings", "problem"),
    [
        ('msgctxt "screen"\nmsgid "PIN_WORNG"\nmsgstr "x"', "", "there is no sentence PIN_WORNG"),
        (
            'msgctxt "screen"\nmsgid "AMOUNT_OWED"\nmsgstr "{amuont}"',
            "",
            "AMOUNT_OWED (screen) cannot show {amuont}",
        ),
        ('msgctxt "screen"\nmsgid "AMOUNT_OWED"\nmsgstr "{amount"', "", "AMOUNT_OWED (screen): "),
        (
            'msgctxt "screen"\nmsgid "TOO_MANY_HOLDS"\nmsgstr "x"',
            "",
            "TOO_MANY_HOLDS (screen) needs a plural",
        ),
        ("msgid nonsense", "", "messages.po cannot be read"),
        ("", "complete = yes", "language.toml is not TOML"),
        ("", 'formats = {dag = "d"}', "there is no format dag"),
        ("", 'formats = {day = "dddddddd"}', "Invalid length for field"),
        ("", "complete = true", "overdue.txt is missing"),
        ("", "complete = true", "nothing is said for PIN_WRONG (screen)"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, words: str, settings: str, problem: str) -> None:
    folder = tmp_path / "nb"
    folder.mkdir()
    (folder / MESSAGES).write_text(f"{HEADER}\n{words}\n", encoding="utf-8")
    (folder / LANGUAGE).write_text(settings, encoding="utf-8")
    found = problems_of(tmp_path)
    assert any(problem in each and each.startswith("nb/") for each in found), found


def test_a_language_that_nobody_speaks(tmp_path: Path) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / MESSAGES).write_text(HEADER, encoding="utf-8")
    assert problems_of(tmp_path) == ["xx/language.toml: CLDR does not know the language"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "no") == ["there is no such folder"]
