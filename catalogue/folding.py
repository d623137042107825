"""The one normalisation of words, used by the index and by every search.

A text is read in one or two ways. The **main reading** is what a search uses; the index holds
the words, word pairs and phrases of both, so that these spellings find each other:

=====================  ======================  ===================  ==========================
in the record          main reading            other reading        found by
=====================  ======================  ===================  ==========================
Århus, Aarhus          aarhus                  arhus (of å only)    Århus, Aarhus; Arhus
Ærø                    aeroe                   aero                 Ærø, Aeroe, Aerø; Aero
Smørrebrød             smoerrebroed            smorrebrod           ø, oe; o
Müller, Mueller        mueller                 muller (of ü only)   Müller, Mueller; Muller
O'Brien, l'amour       obrien, lamour          o brien, l amour     O'Brien, OBrien; O Brien
Spider-man             spider man              spiderman            Spider-man, Spider man;
                                                                    Spiderman
=====================  ======================  ===================  ==========================

å, ä, ö, ø, ü and æ are thus letters with a two-letter spelling; every other diacritic is dropped
(é = e). A search for ``Muller`` finds Müller, one for ``Müller`` does not find Muller: he who
writes the mark means it. Not found: a plain ``Spiderman`` in a record by ``Spider-man``, a plain
``O Brien`` by ``O'Brien``; and in phrases the two readings are not mixed.

Compatibility forms are made plain (NFKC), case is folded, vowel points of Hebrew and Arabic and
marks of romanisation (ayn, alif, soft sign) are dropped, marks of Indic scripts are kept.
Han, kana and Hangul are one word per character: adjacency (word pairs) makes words of them
again, so a term of several characters is to be searched as a phrase.

Words are at most `WORD_BYTES` long in UTF-8, whole-field keys `PHRASE_BYTES`.
"""

from __future__ import annotations

import re
import unicodedata

#: A longer word is cut, in index and search alike.
WORD_BYTES = 64
#: A longer whole-field key is cut, in index and search alike: equal keys of this length are
#: candidates whose texts must be compared.
PHRASE_BYTES = 240

#: Tokens whose folding is remembered, per process.
_MEMO_SIZE = 200_000

_LETTERS_AND_DIGITS = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
#: ASCII letters in lower case, bytes of other characters as they are, the rest a space.
_SPLIT = bytes(
    byte if byte > 127 else ord(chr(byte).lower()) if byte in _LETTERS_AND_DIGITS else 32
    for byte in range(256)
)
_APOSTROPHE = b"'"
#: Between letters. The hyphen comes first, so that the search for it is one of memory.
_JOINED_HYPHEN = re.compile(rb"-(?<=[A-Za-z\x80-\xff]-)(?=[A-Za-z\x80-\xff])")

_TWO_LETTERS = {
    "å": "aa", "ǻ": "aa", "ä": "ae", "ǟ": "ae", "æ": "ae", "ǽ": "ae", "ǣ": "ae",
    "ö": "oe", "ȫ": "oe", "ø": "oe", "ǿ": "oe", "œ": "oe",
    "ü": "ue", "ǖ": "ue", "ǘ": "ue", "ǚ": "ue", "ǜ": "ue",
}  # fmt: skip
_ONE_LETTER = {
    "å": "a", "ǻ": "a", "ä": "a", "ǟ": "a", "æ": "ae", "ǽ": "ae", "ǣ": "ae",
    "ö": "o", "ȫ": "o", "ø": "o", "ǿ": "o", "œ": "oe",
    "ü": "u", "ǖ": "u", "ǘ": "u", "ǚ": "u", "ǜ": "u",
}  # fmt: skip
#: Letters that Unicode does not take apart; U+A733 is the aa of old Danish.
_PLAIN = {
    "ꜳ": "aa", "þ": "th", "ð": "d", "đ": "d", "ł": "l", "ħ": "h", "\u0131": "i", "ŋ": "n", "ŧ": "t",
    "ɓ": "b", "ɗ": "d", "ƙ": "k", "·": "",
    # Modifier letters: ayn, alif, soft and hard sign.
    "\u02b9": "", "\u02ba": "", "\u02bb": "", "\u02bc": "", "\u02bd": "",
    "\u02be": "", "\u02bf": "",
}  # fmt: skip
_MAIN_LETTERS = str.maketrans({**_PLAIN, **_TWO_LETTERS, "\u2019": "", "\u2018": "", "\u201b": ""})
_OTHER_LETTERS = str.maketrans({**_PLAIN, **_ONE_LETTER, "\u2010": "", "\u2011": ""})

_DROPPED_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_ONE_WORD_EACH = re.compile(
    "([\u3005\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd])"
)

_memo: dict[bytes, tuple[tuple[bytes, ...], tuple[bytes, ...]]] = {}


def fold_words(text: str) -> list[str]:
    """The words of the main reading, in order: what a search looks for."""
    return [word.decode() for word in main_words(text.encode("utf-8", "replace"))]


def fold_phrase(text: str) -> str:
    """The main reading with one space between words: idempotent, equal for equal texts."""
    return " ".join(fold_words(text))


def fold_readings(text: str) -> list[list[str]]:
    """All readings of a text, main reading first: what the index holds of it."""
    main, other = byte_readings(text.encode("utf-8", "replace"))
    found = [main] if other is None else [main, other]
    return [[word.decode() for word in words] for words in found]


def pair_key(first: str, second: str) -> bytes:
    """The term of two adjacent folded words in a `Kind.PAIR` index."""
    return f"{first} {second}".encode()


def phrase_key(phrase: str) -> bytes:
    """The term of a folded phrase in a whole-field index, cut to `PHRASE_BYTES`."""
    return phrase.encode()[:PHRASE_BYTES]


def main_words(text: bytes) -> list[bytes]:
    """`fold_words` for UTF-8 text."""
    words = text.translate(_SPLIT, _APOSTROPHE).split()
    if not text.isascii():
        words = _fold_all(words)[0]
    return _bounded(words) if len(text) > WORD_BYTES else words


def byte_readings(text: bytes) -> tuple[list[bytes], list[bytes] | None]:
    """The main reading of UTF-8 text, and the other one where it differs."""
    words = text.translate(_SPLIT, _APOSTROPHE).split()
    is_ascii = text.isascii()
    if b"'" in text or b"-" in text:
        joined = _JOINED_HYPHEN.sub(b"", text)
        if is_ascii and len(joined) == len(text) and b"'" not in text:
            return (_bounded(words) if len(text) > WORD_BYTES else words), None
        other = joined.translate(_SPLIT).split()
        if not is_ascii:
            words, other = _fold_all(words)[0], _fold_all(other)[1]
    elif is_ascii:
        return (_bounded(words) if len(text) > WORD_BYTES else words), None
    else:
        words, other = _fold_all(words)
    if len(text) > WORD_BYTES:
        words, other = _bounded(words), _bounded(other)
    return words, (other if other != words else None)


def _fold_all(tokens: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Both readings of tokens whose ASCII part is in lower case."""
    main: list[bytes] = []
    other: list[bytes] = []
    for token in tokens:
        if token.isascii():
            main.append(token)
            other.append(token)
        else:
            both = _memo.get(token) or _remember(token)
            main += both[0]
            other += both[1]
    return main, other


def _bounded(words: list[bytes]) -> list[bytes]:
    if words and max(map(len, words)) > WORD_BYTES:
        cut = (word[:WORD_BYTES].decode("utf-8", "ignore").encode() for word in words)
        return [word for word in cut if word]
    return words


def _remember(token: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    text = token.decode("utf-8", "replace")
    both = (_fold(text, _MAIN_LETTERS), _fold(text, _OTHER_LETTERS))
    if len(_memo) >= _MEMO_SIZE:
        _memo.clear()
    _memo[token] = both
    return both


def _fold(text: str, letters: dict[int, str]) -> tuple[bytes, ...]:
    before = None
    while text != before:  # a character may stand for text that is itself to be folded
        before = text
        text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFC", text).translate(letters)
        text = _DROPPED_MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", text)
        text = "".join(map(_word_character, text))
    text = _ONE_WORD_EACH.sub(r" \1 ", text)
    return tuple(_bounded([word.encode() for word in text.split()]))


def _word_character(character: str) -> str:
    """The character itself, a space where it ends a word, nothing where it is not seen."""
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    if category[0] == "M":
        return character
    # Cf: joiners, soft hyphens; U+0088, 0089, 0098, 009C: marks around what is not sorted.
    if category == "Cf" or character in "\x88\x89\x98\x9c":
        return ""
    return " "
