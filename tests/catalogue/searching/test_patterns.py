"""Regular expressions over words: what they match, and that none takes long."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.searching.patterns import DEEPEST_GROUP, LONGEST_PATTERN, BadPattern, Pattern
from tests.examples import examples


@pytest.mark.parametrize(
    ("pattern", "matched", "not_matched"),
    [
        ("soil", "soil", "soi soils oil"),
        ("so.l", "soil soul", "sol sooil"),
        ("so*l", "sl sol sool", "soil"),
        ("so+l", "sol sool", "sl"),
        ("so?l", "sl sol", "sool"),
        ("(so|to)l", "sol tol", "stol"),
        ("a(b|cd)*", "a ab acdb", "ac"),
        ("[a-c]x[^yz]", "axa bxx", "dxa axy"),
        ("SØ", "soe", "so sø"),
        ("ø*x", "x oex oeoex", "ox oox"),
        ("(((a)))", "a", "aa"),
        ("a|b|cd", "a b cd", "c d ab"),
        ("漢.", "漢字", "漢"),
    ],
)
def test_matches(pattern: str, matched: str, not_matched: str) -> None:
    ready = Pattern(pattern)
    for word in matched.split():
        assert ready.matches(word), word
        assert word.startswith(ready.prefix)
    for word in not_matched.split():
        assert not ready.matches(word), word


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("soil.*", "soil"),
        ("soi?l", "so"),
        ("so+", "so"),
        ("a|bc", ""),
        ("(ab)c", ""),
        ("Åb.", "aab"),
    ],
)
def test_prefix(pattern: str, prefix: str) -> None:
    assert Pattern(pattern).prefix == prefix


@pytest.mark.parametrize(
    "pattern",
    [
        "", "a|", "(", "(a", "a)", "()", "*", "a{2}", "^a", "a$", "[", "[]", "[a", "[z-a]", "[æ]",
        "a\\", "a b", "a-b", "'", "\u0301", "[a-]", "a\\.b",
        "(" * (DEEPEST_GROUP + 1) + "a" + ")" * (DEEPEST_GROUP + 1),
        "a" * (LONGEST_PATTERN + 1),
    ],
)  # fmt: skip
def test_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        Pattern(pattern)


ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^c]", "[a-b]"])
PATTERNS = st.recursive(
    ATOMS,
    lambda parts: st.one_of(
        st.builds("{}{}".format, parts, parts),
        st.builds("({}|{})".format, parts, parts),
        st.builds("({}){}".format, parts, st.sampled_from("*+?")),
    ),
    max_leaves=8,
)


@examples(300)
@given(PATTERNS, st.lists(st.text("abc", max_size=7), max_size=5))
def test_agrees_with_re(pattern: str, words: list[str]) -> None:
    ready = Pattern(pattern)
    for word in words:
        is_matched = re.fullmatch(pattern, word) is not None
        assert ready.matches(word) == is_matched
        assert not is_matched or word.startswith(ready.prefix)


@examples(200)
@given(st.text("ab()|*+?.[]^-\\ æ1", max_size=20))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    with contextlib.suppress(BadPattern):
        Pattern(text).matches("aabb")


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b", "(a|a)*b", "(a|aa)+b", "a*" * 60 + "b", ("(" * 15 + "a*" + ")*" * 15) + "b"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    ready = Pattern(pattern)
    started = time.perf_counter()
    for _ in range(100):
        assert not ready.matches("a" * 64)
    assert time.perf_counter() - started < 2


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogue.searching.patterns._MOST_REMEMBERED", 2)
    ready = Pattern("(a|b)*c(a|b)(a|b)(a|b)")
    for word in ("abcaba", "cabb", "ccabb", "abcab", "aabbacbba"):
        assert ready.matches(word) == bool(re.fullmatch("(a|b)*c(a|b)(a|b)(a|b)", word))
