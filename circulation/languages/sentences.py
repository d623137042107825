"""What is wrong with something that somebody wrote: a sentence that can be said in any language.

    wrong = Sentence("NOT_THERE", what=Sentence("NOUN_branch"), name="DK-1")
    str(wrong)                # there is no branch "DK-1"
    wrong.in_language("da")

Its words are those of the context ``mistake``; as text, for the terminal and for logs, it is
English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from string import Formatter
from typing import Final

from circulation.languages.installed import LAST, language

CONTEXT: Final = "mistake"

#: What a sentence tells besides its words. Words of a tuple are offered: one or another.
Fact = str | int | tuple[str, ...]


class Sentence(str):
    """A sentence by its name, with its facts; those that are sentences are said in its language."""

    __slots__ = ("facts", "name")
    name: str
    facts: dict[str, Fact]

    def __new__(cls, name: str, /, **facts: Fact) -> Sentence:
        made = super().__new__(cls, _said(LAST, name, facts))
        made.name = name
        made.facts = facts
        return made

    def in_language(self, tag: str) -> str:
        """The sentence in the language with that tag, as far as it has words for it."""
        return _said(tag, self.name, self.facts)


def several(sentences: Sequence[str]) -> Sentence:
    """Several sentences as one."""
    *before, last = sentences
    whole = last if isinstance(last, Sentence) else Sentence("ITSELF", text=last)
    for each in reversed(before):
        whole = Sentence("AND_THEN", first=each, then=whole)
    return whole


def listed(names: Iterable[str]) -> str:
    """Names that are there, for a sentence."""
    return ", ".join(names)


def sentence_in(text: str, names: Iterable[str]) -> str:
    """Which sentence of these names a text is, where it was kept as text; so are its facts. A text
    that is none of them is left as it is."""
    names = tuple(names)
    words = language(LAST).words
    for name in names:
        parts = Formatter().parse(words.pgettext(CONTEXT, name))
        pattern = "".join(
            re.escape(fixed) + (f"(?P<{fact}>.*)" if fact else "") for fixed, fact, _, _ in parts
        )
        if found := re.fullmatch(pattern, text, re.DOTALL):
            facts = {fact: sentence_in(said, names) for fact, said in found.groupdict().items()}
            return Sentence(name, **facts)
    return text


def said_in(tag: str, text: str) -> str:
    """A text in that language, if it is a sentence; otherwise as it is."""
    return text.in_language(tag) if isinstance(text, Sentence) else text


def _said(tag: str, name: str, facts: dict[str, Fact]) -> str:
    words = language(tag).words
    told = {each: _told(tag, fact) for each, fact in facts.items()}
    return words.pgettext(CONTEXT, name).format(**told)


def _told(tag: str, fact: Fact) -> str | int:
    if isinstance(fact, tuple):
        either = language(tag).words.pgettext(CONTEXT, "OR")
        return f" {either} ".join(said_in(tag, each) for each in fact)
    return said_in(tag, fact) if isinstance(fact, str) else fact
