"""What is wrong is said in the reader's language: every sentence that the code can make has words
in each language that is complete, shows its facts, and is not English."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Final

import pytest

from circulation.items.levels import LEVELS
from circulation.languages.checking import sentences_of
from circulation.languages.installed import SHIPPED
from circulation.languages.language import catalogue_of
from circulation.languages.sentences import CONTEXT, Sentence, said_in, sentence_in, several
from circulation.sections.sections import SECTIONS
from circulation.setting_up.reading import read
from protocols.hosting.proxy_control import KEPT
from protocols.hosting.validating import _WANTED, _WHOLE
from tests.sources import modules, nodes_of

SOURCES: Final = ("circulation", "protocols")
#: Who makes a sentence -> the place of its name among the arguments.
MAKERS: Final = {"Sentence": 0, "of_part": 1, "must_be": 1, "Wanted": 0, "written": 1}
#: Names that are put together from codes.
JOINED: Final = {f"NOUN_{noun.word}" for section in SECTIONS for noun in section.nouns} | {
    f"LEVEL_{each}" for each in LEVELS
}
#: What is called by other names than those of the set-up: in sentences about what is not there.
NOUNS: Final = {"account", "workstation", "program", "agency or branch", "sorting scheme"}


def words(tag: str) -> Mapping[str, str]:
    found = sentences_of(catalogue_of(SHIPPED / tag))
    return {name: forms[0] for (context, name), forms in found.items() if context == CONTEXT}


ENGLISH: Final = words("en")
DANISH: Final = words("da")


def _names(node: ast.expr) -> Iterator[str]:
    """The names that an expression may be; none for one that is put together."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_names(node.body), *_names(node.orelse))


def _made() -> Iterator[tuple[str, set[str] | None, str]]:
    """Each sentence that is made by its name: the name, its facts where it has them there, and
    where that is."""
    for path in modules(*SOURCES):
        for node in nodes_of(path):
            if not isinstance(node, ast.Call):
                continue
            maker = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
            called = maker.id if isinstance(maker, ast.Name) else maker
            if called not in MAKERS or len(node.args) <= MAKERS[str(called)]:
                continue
            said = {str(each.arg) for each in node.keywords}
            facts = said if called in ("Sentence", "of_part") and "None" not in said else None
            for name in _names(node.args[MAKERS[str(called)]]):
                yield name, facts, f"{path.name}:{node.lineno}"


def test_each_sentence_that_is_made_has_words_and_shows_its_facts() -> None:
    made = list(_made())
    assert len(made) > 150
    for name, facts, where in made:
        assert name in ENGLISH, where
        if facts is not None:
            assert _places(ENGLISH[name]) <= facts, where


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_nothing_has_words_that_is_never_said() -> None:
    quoted = {
        node.value
        for path in modules(*SOURCES)
        for node in nodes_of(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    joined = JOINED | {f"NOUN_{each}" for each in NOUNS}
    assert ENGLISH.keys() <= quoted | joined
    assert joined <= ENGLISH.keys()


def test_danish_is_not_english() -> None:
    assert DANISH.keys() == ENGLISH.keys()
    same = {name for name, text in DANISH.items() if text == ENGLISH[name]}
    alike = {name for name in same if set(ENGLISH[name].split()) - {"{path}:", "{first};"}}
    shapes = {name for name in alike if all(word[0] == "{" for word in ENGLISH[name].split())}
    assert alike - shapes == {
        *("FOR", "NOUN_transport", "NOUN_partner", "NOUN_program"),
        "A_POSTGRESQL_ADDRESS",
    }


@pytest.mark.parametrize("name", sorted({*_WANTED.values(), *_WHOLE.values()}))
def test_each_mistake_of_a_schema_has_words(name: str) -> None:
    assert name in ENGLISH


#: A set-up in which there is hardly a kind of mistake that is not made.
BROKEN: Final = """
consortium = 3
nonsense = 1
[categories]
child = { name = "Children", parent = "adult" }
"" = "Nobody"
[groups]
a = { name = "A", parent = "b" }
b = { name = "B", parent = "a" }
[agencies.DK-900100]
name = "The library"
kind = "private"
timezone = "Mars"
week = { monday = "nine", sunday-monday = "9-10", moonday = "9-10" }
special_days = [{ days = "soon" }, { note = 1 }]
departments = []
pins = { minimum_length = 1, tries_at_device = 9, tries_in_all = 5, colour = "red" }
staff = { known_networks = ["x"], second_factor = "maybe" }
payment = { self_service = "x", account = "1", fik = "2" }
[agencies.xx]
[branches.DK-900101]
agency = "DK-1"
[[rules]]
at = "DK-1"
loan_days = -1
loan_hours = 1000000
loan_until = "soon"
renewals = "two"
closed_days = "never"
loanable = "yes"
[[rules]]
from = 3
[[fees]]
late_fees = "all"
currency = "kr"
tiers = [[2, 1]]
[[notices]]
kind = "song"
channels = "sms"
send_at = "noon"
quiet = "night"
at_desk = ["lego"]
[[dunning]]
[[dunning]]
at = "DK-900101"
steps = [{ code = "a", does = "shout", days = 1 }, { code = " ", does = "bill", days = 9999 }]
[[dunning]]
group = "x"
steps = [{ code = "a", does = "collect", days = 1 }, { code = "a", does = "bill", days = 2 }]
[agreements.one]
agencies = ["DK-900100"]
[float_groups]
f = ["DK-900101", "DK-1"]
[[transport]]
from = "DK-900101"
to = "DK-900101"
never = "no"
[sorting]
s = [{ bin = "1", destination = "moon", to = "DK-1" }]
[terminals.k]
branch = "DK-1"
password = "plain"
profil = "x"
sorting = "none"
charset = "ebcdic"
login_by = ["address"]
[partners.P]
branch = "DK-900101"
shared_secret = "plain"
services = ["Sing"]
[partners.Q]
branch = "DK-900101"
protocol = "x25"
[roles.r]
name = "R"
rights = ["lent", "x"]
[[item_defaults]]
group = "a"
gives_group = "b"
price = 1
type = "stone"
[barcode_ranges.z]
first = 9
last = 8
"""

#: Words of which an English sentence here has one, and a Danish one has none.
ENGLISH_WORDS: Final = {"the", "is", "not", "must", "there", "no", "a", "or", "such", "missing"}


def test_no_problem_of_a_broken_set_up_is_english_for_a_danish_reader() -> None:
    from protocols.hosting.standard import option_checks

    problems = read(BROKEN, option_checks()).problems
    assert len(problems) > 60
    for problem in problems:
        said = problem.text.in_language("da")
        assert said != str(problem.text)
        assert not ENGLISH_WORDS & {*said.lower().split()}


@pytest.mark.parametrize(
    "text",
    [
        *("a 1", "a = ", "[a", "a = [1", 'a = "x', 'a = "\\q"', "a = 1\na = 2", "= 1"),
        *("a = 2026-13-01", "a = 1 b = 2", 'a = "\x01"', "a = {b = 1", "a = 1\n[a]"),
        "a = " + "[" * 5000,
    ],
)
def test_what_is_not_toml_is_said_in_danish(text: str) -> None:
    (problem,) = read(text).problems
    said = problem.text.in_language("da")
    assert said.startswith("dette er ikke TOML: ")
    assert "(" not in said  # nothing of the parser is quoted: there are words for it


def test_facts_that_are_sentences_are_said_in_the_language_too() -> None:
    wrong = Sentence("NOT_THERE", what=Sentence("NOUN_branch"), name="{x} DK-1")
    assert wrong == 'there is no branch "{x} DK-1"'
    assert wrong.in_language("da") == 'afdeling "{x} DK-1" findes ikke'
    either = Sentence("MUST", what=Sentence("EITHER", words=("a", "b")))
    assert (either, either.in_language("da")) == ("must be a or b", "skal være a eller b")


def test_several_are_one() -> None:
    both = several([Sentence("NO_EMAIL"), "plain"])
    assert both == "this is no e-mail address; plain"
    assert both.in_language("da") == "dette er ikke en e-mailadresse; plain"


def test_a_sentence_that_was_kept_as_text_is_said_in_any_language() -> None:
    inner = Sentence("SYSTEM_UNREACHED", why=Sentence("SYSTEM_WITHOUT_TLS", why="bad {record}\n"))
    for kept in (inner, Sentence("OLD_SYSTEM", said=inner), Sentence("PAYMENT_SENT", why=inner)):
        found = sentence_in(str(kept), KEPT)
        assert isinstance(found, Sentence)
        assert found.in_language("da") == kept.in_language("da") != str(kept)
    for name in KEPT:
        kept = Sentence(name, said="x", why="x", seconds="5", there="x", told="x")
        assert said_in("da", sentence_in(str(kept), KEPT)) == kept.in_language("da")
    assert sentence_in("Materialet er ikke udlånt.", KEPT) == "Materialet er ikke udlånt."
