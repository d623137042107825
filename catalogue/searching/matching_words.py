"""What decides a term of a point that holds words: titles, names, subjects, everything.

* **Word, word list**: every word somewhere in the point. A token that folds into several words
  (``spider-man``) must stand as they do, next to each other.
* **Phrase, string, name**: the words next to each other in one field.
* **First in field**: the phrase begins the field. **Complete field**: it is the whole field, or,
  for points that say so, the whole of its first subfield: the title proper, the name without
  dates. A word so anchored is a phrase.
* **First in subfield, complete subfield**: the same of a subfield; the records are looked at.
* **Right truncation** opens the end of every word of a word list, of the last word of a phrase, or
  of the field if the term is anchored.
* **Other truncations** are in `catalogue.searching.matching_patterns`; they are for words, not
  phrases.
* Omitted: relation equal, any position, no truncation, incomplete subfield. Without structure the
  term is a word list, unless a position of first in field or a completeness is given, which speak
  of phrases.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from catalogue.index.access_points import AccessPoint, Kind
from catalogue.index.folding import PHRASE_BYTES, WORD_BYTES, fold_words, pair_key, phrase_key
from catalogue.index.numbers import isbn_keys
from catalogue.query import (
    Completeness,
    Part,
    Position,
    Relation,
    Structure,
    Term,
    Truncation,
    UnsupportedSearch,
)
from catalogue.searching.matches import (
    SHORT_WORD,
    Alternative,
    Check,
    Clause,
    Match,
    Place,
    Span,
    Texts,
    after,
)
from catalogue.searching.matching_patterns import (
    plan_expressions,
    plan_masked_words,
    plan_open_words,
)

#: Fewer characters of a whole field than this may begin very many of them.
SHORT_FIELD = 12

#: The structures of words that stand together.
PHRASES = frozenset((Structure.PHRASE, Structure.STRING, Structure.NAME))
WORDS = frozenset((Structure.WORD, Structure.WORD_LIST))
_FIRST = frozenset((Position.FIRST_IN_FIELD, Position.FIRST_IN_SUBFIELD))
_COMPLETE = frozenset((Completeness.COMPLETE_SUBFIELD, Completeness.COMPLETE_FIELD))
_PATTERNS: dict[Truncation | None, Callable[[Term, tuple[AccessPoint, ...]], Match]] = {
    Truncation.LEFT: plan_open_words,
    Truncation.BOTH: plan_open_words,
    Truncation.MASKED: plan_masked_words,
    Truncation.REGULAR_EXPRESSION: plan_expressions,
}


def plan_words(term: Term, points: tuple[AccessPoint, ...]) -> Match:
    """The match of a term of such a point; raises UnsupportedSearch."""
    if term.relation not in (None, Relation.EQUAL):
        raise UnsupportedSearch(Part.RELATION, term.relation.value)
    structure = term.structure
    if structure is not None and structure not in PHRASES and structure not in WORDS:
        raise UnsupportedSearch(Part.STRUCTURE, structure.value)
    is_anchored = term.position in _FIRST or term.completeness in _COMPLETE
    if structure is None:
        is_phrase = term.position in _FIRST or term.completeness is not None
    else:
        is_phrase = structure in PHRASES
    if term.truncation in _PATTERNS:
        if is_anchored or (is_phrase and len(term.text.split()) > 1):
            raise UnsupportedSearch(Part.COMBINATION, "phrase whose words are not whole")
        return _PATTERNS[term.truncation](term, points)
    if not is_phrase and not is_anchored:
        return _words(term, points)
    words = fold_words(term.text)
    if not words:
        raise UnsupportedSearch(Part.TERM, term.text)
    if len(words) > 1 and structure is Structure.WORD_LIST and is_anchored:
        raise UnsupportedSearch(Part.COMBINATION, "word list anchored in its field")
    return tuple(_placed(words, term, point) for point in points)


def _placed(words: list[str], term: Term, point: AccessPoint) -> Alternative:
    """The words as a phrase, where position and completeness want it."""
    is_open = term.truncation is Truncation.RIGHT
    if term.completeness is Completeness.COMPLETE_FIELD:
        return _first(words, point, is_open) if is_open else _whole(words, point)
    if term.completeness is Completeness.COMPLETE_SUBFIELD:
        place = Place.BEGINNING if is_open else Place.WHOLE
        return _in_subfield(words, point, place, is_open)
    if term.position is Position.FIRST_IN_SUBFIELD:
        return _in_subfield(words, point, Place.BEGINNING, is_open)
    if term.position is Position.FIRST_IN_FIELD:
        return _first(words, point, is_open)
    return _phrase(words, point, is_open)


def _words(term: Term, points: tuple[AccessPoint, ...]) -> Match:
    """Every word, each in any of the points; what a token joins stays together."""
    tokens = [words for token in term.text.split() if (words := _token_words(token, points))]
    if not tokens:
        raise UnsupportedSearch(Part.TERM, term.text)
    is_open = term.truncation is Truncation.RIGHT
    clauses: list[Clause] = []
    joined: list[str] = []
    for words in tokens:
        if len(words) == 2 and all(Kind.PAIR in point.kinds for point in points):
            clauses.append(_one_of(points, Kind.PAIR, pair_key(*words), is_open))
            continue
        for word in words[:-1]:
            clauses.append(_one_of(points, Kind.WORD, word.encode(), is_open=False))
        clauses.append(_one_of(points, Kind.WORD, words[-1].encode(), is_open))
        if len(words) > 1:
            joined.append(" ".join(words))
    check = None
    if joined:
        check = Check(term.access_point, tuple(joined), Place.ANYWHERE, is_open)
    return (Alternative(tuple(clauses), check=check),)


def _token_words(token: str, points: tuple[AccessPoint, ...]) -> list[str]:
    words = fold_words(token)
    if len(words) > 1 and points[0].name == "any" and len(keys := isbn_keys(token)) > 1:
        return keys[:1]  # the index of all words has ISBNs as one word
    return words


def _one_of(points: tuple[AccessPoint, ...], kind: Kind, key: bytes, is_open: bool) -> Clause:
    if not is_open:
        return tuple((point.index(kind), key) for point in points)
    is_wide = len(key.rpartition(b" ")[2]) < SHORT_WORD
    return tuple(Span(point.index(kind), key, after(key), is_wide=is_wide) for point in points)


def _phrase(words: list[str], point: AccessPoint, is_open: bool) -> Alternative:
    """The words next to each other in a field."""
    if len(words) == 1:
        return Alternative((_one_of((point,), Kind.WORD, words[0].encode(), is_open),))
    if Kind.PAIR not in point.kinds:
        return _checked(words, point, Place.ANYWHERE, is_open)
    pairs = [pair_key(*pair) for pair in pairwise(words)]
    clauses = [_one_of((point,), Kind.PAIR, pair, is_open=False) for pair in pairs[:-1]]
    clauses.append(_one_of((point,), Kind.PAIR, pairs[-1], is_open))
    check = None
    if len(words) > 2:
        check = Check(point.name, (" ".join(words),), Place.ANYWHERE, is_open)
    return Alternative(tuple(clauses), check=check)


def _first(words: list[str], point: AccessPoint, is_open: bool) -> Alternative:
    """A field begins with the words, or, where `is_open`, with the characters."""
    if len(words) == 1 and Kind.FIRST in point.kinds:
        return Alternative((_one_of((point,), Kind.FIRST, words[0].encode(), is_open),))
    if Kind.FIELD not in point.kinds:
        return _checked(words, point, Place.BEGINNING, is_open)
    phrase = " ".join(words)
    index, key = point.index(Kind.FIELD), phrase_key(phrase)
    is_cut = len(key) < len(phrase.encode())
    if is_open and len(key) > PHRASE_BYTES - WORD_BYTES:
        key, is_cut = phrase_key(" ".join(words[:-1])), True  # the last word may have been left out
    if is_cut:
        # What the key left out can only be seen in the records, which begin alike as it is.
        check = Check(point.name, (phrase,), Place.BEGINNING, is_open, Texts.WHOLES)
        return Alternative(((Span(index, key, after(key)),),), check=check)
    is_wide = len(key) < SHORT_FIELD
    if is_open:
        return Alternative(((Span(index, key, after(key), is_wide=is_wide),),))
    going_on = key + b" "
    return Alternative((((index, key), Span(index, going_on, after(going_on), is_wide=is_wide)),))


def _whole(words: list[str], point: AccessPoint) -> Alternative:
    """A field consists of the words, or its first subfield does.

    A phrase as long as a cut key stands for all fields that were cut to it: so a scan shows it.
    """
    if Kind.FIELD not in point.kinds:
        return _checked(words, point, Place.WHOLE, is_open=False)
    phrase = " ".join(words)
    key = phrase_key(phrase)
    if len(key) < len(phrase.encode()):
        check = Check(point.name, (phrase,), Place.WHOLE, texts=Texts.WHOLES)
        return Alternative((((point.index(Kind.FIELD), key),),), check=check)
    return Alternative((((point.index(Kind.FIELD), key),),))


def _in_subfield(words: list[str], point: AccessPoint, place: Place, is_open: bool) -> Alternative:
    """A subfield begins with the words, or consists of them."""
    check = Check(point.name, (" ".join(words),), place, is_open, Texts.SUBFIELDS)
    return _phrase(words, point, is_open)._replace(check=check)


def _checked(words: list[str], point: AccessPoint, place: Place, is_open: bool) -> Alternative:
    """Candidates by their words, decided by their text."""
    clauses = [_one_of((point,), Kind.WORD, word.encode(), is_open=False) for word in words[:-1]]
    clauses.append(_one_of((point,), Kind.WORD, words[-1].encode(), is_open))
    check = Check(point.name, (" ".join(words),), place, is_open)
    return Alternative(tuple(clauses), check=check)
