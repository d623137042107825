"""The readings of a text besides the main one, under which the index holds it as well.

A token that can be read in several ways is found by every combination of them: ``l'Hôtel-Dieu`` by
*lhotel dieu*, *l hotel dieu*, *lhoteldieu* and *l hoteldieu*, ``Århus-Ærø`` by four spellings with
a blank and four without. Each sign and each piece between two signs is read separately
(`token_readings`). In phrases of several tokens all signs of one kind, and all letters, are read
alike, or else all tokens but one in the main reading: nobody writes the other combinations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, product
from math import prod

from catalogue.index.folding import (
    APOSTROPHE,
    HYPHEN,
    MAIN,
    MARK,
    OTHER,
    WORD_BYTES,
    bounded,
    join_texts,
    letter_readings,
    pieces,
    plain_signs,
    split_plain,
    unbroken,
)

_DIGITS = b"0123456789"
#: Between letters. The hyphen comes first in the pattern, so that memchr can find it.
_JOINED_HYPHEN = re.compile(rb"-(?<=[A-Za-z\x80-\xfe]-)(?=[A-Za-z\x80-\xfe])")
_JOINED_APOSTROPHE = re.compile(rb"'(?<=[0-9A-Za-z\x80-\xfe]')(?=[0-9A-Za-z\x80-\xfe])")
#: Pieces joined by single signs, and the signs that can join them.
_TOKEN = re.compile(rb"[0-9A-Za-z\x80-\xfe]+(?:['&./-][0-9A-Za-z\x80-\xfe]+)+")
_SIGN = re.compile(rb"(['&./-])")
#: Where a token may be: a sign that something follows. The first are those for which ASCII text
#: has several readings.
_JOINT = re.compile(rb"['-](?=[0-9A-Za-z\x80-\xfe])")
_JOINT_OR_GAP = re.compile(rb"['&./-](?=[0-9A-Za-z\x80-\xfe])")
#: A sign before what is not ASCII: a mark there may belong to the letter before the sign.
_FOREIGN_JOINT = re.compile(rb"['-][\x80-\xff]")
#: Readings of one token that are made one by one: six things that can be read in two ways. In a
#: token with more, all signs or letters of a kind are read alike.
MOST_READINGS = 64
#: The number of parts of texts whose readings are remembered in each process.
_REMEMBERED = 50_000


def looking_for(words: Sequence[bytes], is_open: bool = False) -> Callable[[bytes], bool]:
    """What says no only to UTF-8 texts in none of whose readings the folded words stand one after
    the other; where it `is_open`, the last may go on. That takes a small part of the time of
    reading."""
    phrase = b"".join(words)
    if max(map(len, words)) > WORD_BYTES - 4:  # what a longer word was cut to
        return lambda text: True
    last = words[-1]
    # Where it may go on, it may end within a piece of a word.
    ends = tuple(last[at:] for at in range(len(last))) if is_open else ()

    def is_possible(text: bytes) -> bool:
        is_ascii = text.isascii()
        if not is_ascii:
            text = plain_signs(text)
        # Readings of ASCII text differ in where words end, and in nothing else.
        if phrase in unbroken(text):
            return True
        if is_ascii:
            return False
        if _FOREIGN_JOINT.search(text):
            return True
        foreign = [piece for piece in pieces(text) if not piece.isascii()]
        for reading in chain.from_iterable(map(letter_readings, foreign)):
            parts = reading.split()
            if not parts:  # it may stand between any two words
                return True
            for part in parts:
                if part.startswith(ends) or any(part in word for word in words):
                    return True
        return False

    return is_possible


def looking_for_any(
    phrases: Sequence[Sequence[bytes]], is_open: bool = False
) -> Callable[[bytes], bool]:
    """The same for texts with none of several phrases; where there are none, any text may do."""
    if len(phrases) == 1:
        return looking_for(phrases[0], is_open)
    looks = [looking_for(words, is_open) for words in phrases]
    return lambda text: not looks or any(is_possible(text) for is_possible in looks)


def byte_readings(text: bytes) -> list[list[bytes]]:
    """The words of UTF-8 text in each of its readings, as the index holds them, the main one
    first."""
    [main], others = plain_readings([text])
    readings = [bounded(split_plain(reading)) for reading in (main, *(text for _, text in others))]
    return [words for at, words in enumerate(readings) if words not in readings[:at]]


def plain_readings(texts: Sequence[bytes]) -> tuple[list[bytes], list[tuple[int, bytes]]]:
    """The main readings of UTF-8 texts, and the other ones, each with the position of its text.

    They are texts for `split_plain`, which may be joined by `BETWEEN`: the costly part is done here
    for the few texts that need it, the rest for many at once.
    """
    mains = list(texts)
    others: list[tuple[int, bytes]] = []
    in_main: list[tuple[int, bytes]] = []
    in_both: list[tuple[int, bytes]] = []
    for at, text in enumerate(texts):
        if text.isascii():
            if (HYPHEN in text or APOSTROPHE in text) and _JOINT.search(text):
                others += [(at, each) for part in _joint_readings(text) for each in part]
            continue
        text = plain_signs(text)
        in_both.append((at, text))
        if _JOINT_OR_GAP.search(text):
            alike, mixed = _joint_readings(text)
            in_both += [(at, reading) for reading in alike]
            in_main += [(at, reading) for reading in mixed]
    if in_both:
        seen = -1
        read = (_fold_all(in_both, MAIN), _fold_all(in_both, OTHER))
        for (at, _), main, other in zip(in_both, *read, strict=True):
            if at != seen:  # the text itself comes before its other readings
                mains[at], seen = main, at
            elif main != mains[at]:
                others.append((at, main))
            if other != main:
                others.append((at, other))
        if in_main:
            read_in_main = zip(in_main, _fold_all(in_main, MAIN), strict=True)
            others = list(dict.fromkeys([*others, *((at, text) for (at, _), text in read_in_main)]))
    return mains, others


def _joint_readings(text: bytes) -> tuple[list[bytes], list[bytes]]:
    """The readings of a text for its hyphens and apostrophes, other than the main one: those in
    which all of a kind are read alike, whose letters are still to be read, and those of single
    tokens, which are complete."""
    is_ascii = text.isascii()
    found = [
        (begin + start, begin + end, readings)
        for begin, chunk in _chunks(text, _JOINT if is_ascii else _JOINT_OR_GAP)
        for start, end, readings in _tokens(chunk)
    ]
    tokens = [(begin, end, readings[1:]) for begin, end, readings in found if len(readings) > 2]
    if sum(len(readings) for _, _, readings in tokens) <= MOST_READINGS:
        mixed = [
            text[:begin] + reading + text[end:]
            for begin, end, readings in tokens
            for reading in readings
        ]
    else:
        mixed = [_with_readings(text, tokens, number) for number in range(MOST_READINGS - 1)]
    is_all = bool(mixed) and len(found) == 1 and is_ascii
    return [] if is_all else _read_alike(text), mixed


def _with_readings(
    text: bytes, tokens: list[tuple[int, int, tuple[bytes, ...]]], number: int
) -> bytes:
    """A text with each of these tokens in its reading with this number."""
    parts: list[bytes] = []
    done = 0
    for begin, end, readings in tokens:
        parts += (text[done:begin], readings[number % len(readings)])
        done = end
    return b"".join((*parts, text[done:]))


def _read_alike(text: bytes) -> list[bytes]:
    """The readings, other than the main one, in which all hyphens either join or separate words,
    and all apostrophes as well."""
    joined = _JOINED_HYPHEN.sub(b"", text)
    found = [joined] if len(joined) < len(text) else []
    if _JOINED_APOSTROPHE.search(text):
        found += [each.replace(APOSTROPHE, b" ") for each in (text, *found)]
    return found


def _chunks(text: bytes, sign: re.Pattern[bytes]) -> Iterator[tuple[int, bytes]]:
    """The parts between blanks that have such a sign, and where each begins."""
    end = 0
    for found in sign.finditer(text):
        at = found.start()
        if at >= end:
            begin = text.rfind(b" ", 0, at) + 1
            end = text.find(b" ", at)
            if end < 0:
                end = len(text)
            yield begin, text[begin:end]


@lru_cache(maxsize=_REMEMBERED)
def _tokens(chunk: bytes) -> list[tuple[int, int, tuple[bytes, ...]]]:
    """The beginnings and ends of tokens in a text without blanks, and their readings."""
    return [
        (found.start(), found.end(), token_readings(found[0])) for found in _TOKEN.finditer(chunk)
    ]


def token_readings(token: bytes) -> tuple[bytes, ...]:
    """All readings of a token (`_TOKEN`) as texts for `split_plain`, the main one first; only the
    main one if there are too many."""
    choices = list(_choices(_SIGN.split(token)))
    if prod(map(len, choices)) > MOST_READINGS:
        return (token,)
    return tuple(dict.fromkeys(map(b"".join, product(*choices))))


def _choices(parts: list[bytes]) -> Iterator[tuple[bytes, ...]]:
    """The readings of each piece and of each sign between two pieces."""
    for at, part in enumerate(parts):
        if part == APOSTROPHE:
            yield b"", b" "
        elif part == HYPHEN:
            is_joint = parts[at - 1][-1:] not in _DIGITS and parts[at + 1][:1] not in _DIGITS
            yield (b" ", b"") if is_joint else (b" ",)
        elif part.isascii():
            yield (b" ",) if _SIGN.match(part) else (part,)
        else:
            yield tuple(dict.fromkeys(letter_readings(part.lower())))


def joined_words(text: bytes) -> bytes:
    """The other words that a UTF-8 text of `plain_signs` has because of its hyphens and
    apostrophes, perhaps with others of it: a text for `split_plain` and `word_readings`."""
    return b" ".join([_joined_words(chunk) for _, chunk in _chunks(text, _JOINT)])


@lru_cache(maxsize=_REMEMBERED)
def _joined_words(chunk: bytes) -> bytes:
    words: list[bytes] = []
    for begin, end, readings in _tokens(chunk):
        words += readings[1:] if len(readings) > 1 else _read_alike(chunk[begin:end])
    return b" ".join(words)


def _fold_all(texts: list[tuple[int, bytes]], letters: int) -> list[bytes]:
    """Texts with their letters in one reading; the numbers beside them are ignored."""
    if not texts:
        return []
    words = split_plain(join_texts([text for _, text in texts]))
    folded = {
        word: letter_readings(word)[letters]
        for word in set(words)
        if not word.isascii() and word != MARK
    }
    whole = b" ".join(map(folded.get, words, words))
    return [text.strip() for text in whole.split(MARK)]
