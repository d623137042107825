"""The only normalisation of words, used by the index and by every search.

Some letters, apostrophes and hyphens can be read in two ways. A search uses the **main reading**;
the index also holds the words, word pairs and phrases of the other readings, so that these
spellings find each other:

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

The other readings are made in `catalogue.index.spellings`.

So å, ä, ö, ø, ü and æ are letters with a two-letter spelling; every other diacritic is dropped
(é = e). A search for ``Muller`` finds Müller, but one for ``Müller`` does not find Muller: whoever
writes the mark means it. ``Spider-man`` does not find a plain ``Spiderman`` in a record, nor
``O'Brien`` a plain ``O Brien``.

Compatibility forms are replaced (NFKC) and case is folded. Vowel points of Hebrew and Arabic and
marks of romanisation (ayn, alif, soft sign) are dropped; marks of Indic scripts are kept. Each
character of Han, kana and Hangul is a word. Word pairs keep their order, so a term of several such
characters should be searched as a phrase.

Words have at most `WORD_BYTES` bytes in UTF-8, whole-field keys `PHRASE_BYTES`.
"""

from __future__ import annotations

import re
import unicodedata

#: A longer word is cut, in index and search alike.
WORD_BYTES = 64
#: A longer whole-field key is cut after a word, in index and search alike. As words are shorter,
#: there is always one.
PHRASE_BYTES = 240

#: Marks the break between two texts: it cannot occur in UTF-8, and sorts after all words.
MARK = b"\xff"
#: Joins texts in such a way that the mark is a word of its own.
BETWEEN = b" \xff "

#: The number of tokens whose folding is remembered in each process.
_MEMO_SIZE = 200_000

_LETTERS_AND_DIGITS = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
#: ASCII letters in lower case, the bytes of other characters unchanged, the rest a space.
_SPLIT = bytes(
    byte if byte > 127 else ord(chr(byte).lower()) if byte in _LETTERS_AND_DIGITS else 32
    for byte in range(256)
)
_SIGNS = bytes(byte for byte in range(128) if byte not in _LETTERS_AND_DIGITS)
APOSTROPHE, HYPHEN = b"'", b"-"
#: Typographic and full-width apostrophes and hyphens, in UTF-8.
_APOSTROPHES = re.compile(b"\xe2\x80[\x98\x99\x9b]|\xef\xbc\x87|\xc2\xb4")
_HYPHENS = re.compile(b"\xe2\x80[\x90\x91]|\xef\xbc\x8d|\xef\xb9\xa3")
#: Dashes, which always separate words, as does the sign that replaces them.
_DASHES = re.compile(b"\xe2\x80[\x92-\x95]")
_GAP = b"/"
_ANY_SIGN = re.compile(b"\xe2\x80[\x90-\x95\x98\x99\x9b]|\xef(?:\xbc[\x87\x8d]|\xb9\xa3)|\xc2\xb4")
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
#: Letters that Unicode does not decompose; U+A733 is the aa of old Danish.
_PLAIN = {
    "ꜳ": "aa", "þ": "th", "ð": "d", "đ": "d", "ł": "l", "ħ": "h", "\u0131": "i", "ŋ": "n", "ŧ": "t",
    "ɓ": "b", "ɗ": "d", "ƙ": "k", "·": "",
    # Modifier letters: ayn, alif, soft sign, hard sign.
    "\u02b9": "", "\u02ba": "", "\u02bb": "", "\u02bc": "", "\u02bd": "",
    "\u02be": "", "\u02bf": "",
}  # fmt: skip
_MAIN_LETTERS = str.maketrans({**_PLAIN, **_TWO_LETTERS})
_OTHER_LETTERS = str.maketrans({**_PLAIN, **_ONE_LETTER})
#: A word with two readings has one of these.
_TWO_READINGS = re.compile(f"[{''.join((*_TWO_LETTERS, *map(str.upper, _TWO_LETTERS)))}]")

_DROPPED_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_ONE_WORD_EACH = re.compile(
    "([\u3005\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd])"
)

#: The numbers of the two readings of the letters of a word.
MAIN, OTHER = 0, 1
_memo: dict[bytes, tuple[bytes, bytes]] = {}


def fold_words(text: str) -> list[str]:
    """The words of the main reading, in order: what a search looks for."""
    return [word.decode() for word in main_words(text.encode("utf-8", "replace"))]


def fold_phrase(text: str) -> str:
    """The main reading with one space between words. It is idempotent."""
    return " ".join(fold_words(text))


def pair_key(first: str, second: str) -> bytes:
    """The term of two adjacent folded words in a `Kind.PAIR` index."""
    return f"{first} {second}".encode()


def phrase_key(phrase: str) -> bytes:
    """The term of a folded phrase in a whole-field index (`cut_phrase`)."""
    return cut_phrase(phrase.encode())


def cut_phrase(phrase: bytes) -> bytes:
    """As many of the first words of a folded phrase as fit into `PHRASE_BYTES`: again a folded
    phrase, with which every field that was cut to it begins."""
    if len(phrase) <= PHRASE_BYTES:
        return phrase
    return phrase[: phrase.rindex(b" ", 0, PHRASE_BYTES + 1)]


def main_words(text: bytes) -> list[bytes]:
    """`fold_words` for UTF-8 text."""
    if text.isascii():
        words = split_plain(text)
    else:
        words = [
            word
            for token in split_plain(plain_signs(text))
            for word in (
                (token,)
                if token.isascii()
                else (_memo.get(token) or _remember(token))[MAIN].split()
            )
        ]
    return bounded(words) if len(text) > WORD_BYTES else words


def plain_signs(text: bytes) -> bytes:
    """UTF-8 text with ASCII signs for its apostrophes, hyphens and dashes."""
    if _ANY_SIGN.search(text) is None:
        return text
    text = _HYPHENS.sub(HYPHEN, _APOSTROPHES.sub(APOSTROPHE, text))
    return _DASHES.sub(_GAP, text)


def letter_readings(word: bytes) -> tuple[bytes, bytes]:
    """A word of `split_plain` in the main reading and in the other one, which may be equal; either
    may be several words or none."""
    return _memo.get(word) or _remember(word)


def word_readings(word: bytes) -> list[bytes]:
    """The words under which a word of `split_plain` is found, in both readings."""
    if word.isascii():
        return [word] if len(word) <= WORD_BYTES else bounded([word])
    return list(dict.fromkeys(b" ".join(_memo.get(word) or _remember(word)).split()))


def join_texts(texts: list[bytes]) -> bytes:
    """The texts joined by `BETWEEN`, with no other mark in them."""
    whole = BETWEEN.join(texts)
    if whole.count(MARK) >= len(texts):  # not UTF-8
        whole = BETWEEN.join([text.replace(MARK, b" ") for text in texts])
    return whole


def split_plain(text: bytes) -> list[bytes]:
    """The words of a text from `plain_readings`, which may still be too long, and a `MARK` for each
    `BETWEEN`."""
    return spaced(text).split()


def spaced(text: bytes) -> bytes:
    """The words of `split_plain` with only spaces between them."""
    return text.translate(_SPLIT, APOSTROPHE)


def pieces(text: bytes) -> list[bytes]:
    """What stands between any two signs of a text, apostrophes among them."""
    return text.translate(_SPLIT).split()


def unbroken(text: bytes) -> bytes:
    """The letters and digits of the text with nothing between them."""
    return text.translate(_SPLIT, _SIGNS)


def bounded(words: list[bytes]) -> list[bytes]:
    """Words cut to `WORD_BYTES`."""
    if words and max(map(len, words)) > WORD_BYTES:
        cut = (word[:WORD_BYTES].decode("utf-8", "ignore").encode() for word in words)
        return [word for word in cut if word]
    return words


def _remember(token: bytes) -> tuple[bytes, bytes]:
    text = token.decode("utf-8", "replace")
    main = other = b" ".join(_fold(text, _MAIN_LETTERS))
    # A word with only plain accents, as most are, has a single reading.
    if not main.isascii() or _TWO_READINGS.search(unicodedata.normalize("NFKC", text)):
        other = b" ".join(_fold(text, _OTHER_LETTERS))
    if len(_memo) >= _MEMO_SIZE:
        _memo.clear()
    both = _memo[token] = main, other
    return both


def _fold(text: str, letters: dict[int, str]) -> tuple[bytes, ...]:
    before = None
    while text != before:  # a character may stand for text that must itself be folded
        before = text
        text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFC", text).translate(letters)
        text = _DROPPED_MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", text)
        if not text.isalnum():
            text = "".join(map(_word_character, text))
        if text.isascii() and text.islower():
            break
    if not text.isascii():
        text = _ONE_WORD_EACH.sub(r" \1 ", text)
    return tuple(bounded([word.encode() for word in text.split()]))


def _word_character(character: str) -> str:
    """The character itself, a space if it ends a word, or nothing if it is invisible."""
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    if category[0] == "M":
        return character
    # Cf: joiners, soft hyphens; U+0088, 0089, 0098, 009C: marks around what is not filed.
    if category == "Cf" or character in "\x88\x89\x98\x9c":
        return ""
    return " "
