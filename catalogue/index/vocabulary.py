"""Numbers many words at a time, by arrays (numpy).

A batch of records has several million words, of which a few hundred thousand are distinct. Looking
each up in a dictionary would wait for memory three or four times, after making an object of it.
Here the first 16 bytes of each word, which is all of nearly every word, are taken from the text as
two numbers and looked up in a **hash table** of our own, all at once:

* the hash of a word gives the slot of its number (`_slots`), and the bytes of the word with that
  number (`_keys`) say whether it is the same word;
* one of the words whose slot is free takes it, with the next number;
* those whose slot has another word go on to the next slot, until none is left.

Longer words get numbers from the same sequence, through a dictionary.
"""

from __future__ import annotations

from secrets import randbits
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

Places = NDArray[numpy.intp]
WordNumbers = NDArray[numpy.uint32]
_Keys = NDArray[numpy.uint64]

_SPACE = 32
#: Longer words are rare, except where a letter takes two or three bytes.
_KEY_BYTES = 16
#: The mask of a key for each length, so that nothing of the next word remains in it.
_MASKS = numpy.frombuffer(
    b"".join((b"\xff" * size).ljust(_KEY_BYTES, b"\0") for size in range(_KEY_BYTES + 1)),
    f"V{_KEY_BYTES}",
)
_HIGH_BITS = numpy.uint64(0x8080808080808080)
#: Different in every process, so that nobody can make words that all have the same slot.
_FACTORS = tuple(numpy.uint64(randbits(64) | 1) for _ in range(3))
_HALF = numpy.uint64(32)
_FIRST_BITS = 10


class SplitText(NamedTuple):
    """A text of words, each followed by a space; where each begins, and where its space is.

    As many bytes as a key has can be read from the beginning of any word.
    """

    letters: NDArray[numpy.uint8]
    begins: Places
    ends: Places

    def between(self, first: int, end: int) -> bytes:
        """The text from the word `first` to the one before `end`."""
        return self.letters[self.begins[first] : self.ends[end - 1]].tobytes()


def split_text(text: bytes) -> SplitText:
    """The words of a text of words and spaces that ends with a space."""
    found = numpy.frombuffer(text, numpy.uint8)
    is_kept = found != _SPACE
    is_kept[1:] |= is_kept[:-1]  # the first space after a word
    letters = numpy.concatenate([found[is_kept], numpy.zeros(_KEY_BYTES, numpy.uint8)])
    [ends] = (letters == _SPACE).nonzero()
    begins = numpy.zeros_like(ends)
    numpy.add(ends[:-1], 1, out=begins[1:])
    return SplitText(letters, begins, ends)


class Vocabulary:
    """Distinct words, without spaces and zero bytes, and the number of each, from 1 on."""

    def __init__(self) -> None:
        self._bits = _FIRST_BITS
        self._slots = numpy.zeros(1 << self._bits, numpy.uint32)
        # Zero is the key of longer words and of no word: nothing that is looked up has it.
        self._keys = numpy.zeros((1 << self._bits, 2), numpy.uint64)
        self._end = 1
        self._longer: dict[bytes, int] = {}

    def __len__(self) -> int:
        """One more than the highest number."""
        return self._end

    def numbers(self, text: SplitText) -> WordNumbers:
        """The number of each word of the text."""
        letters, begins, ends = text
        sizes = ends - begins
        windows: NDArray[Any] = numpy.ndarray(
            (len(letters) - _KEY_BYTES,), _MASKS.dtype, letters, 0, (1,)
        )
        keys = windows[begins].view(numpy.uint64).reshape(-1, 2)
        keys &= _MASKS.take(sizes, mode="clip").view(numpy.uint64).reshape(-1, 2)
        # The first bytes of a longer word also get a number, which does no harm.
        numbers = self._numbers_of(keys)
        longer = numpy.flatnonzero(sizes > _KEY_BYTES)
        if len(longer):
            whole = letters.tobytes()
            places = zip(begins[longer].tolist(), ends[longer].tolist(), strict=True)
            numbers[longer] = [self._number_of_longer(whole[begin:end]) for begin, end in places]
        return numbers

    def is_short_ascii(self) -> NDArray[numpy.bool_]:
        """For each number, whether its word is ASCII and short enough to be in the table."""
        keys = self._keys[: self._end]
        is_in_table: NDArray[numpy.bool_] = keys[:, 0] != 0
        is_in_table &= (keys[:, 0] | keys[:, 1]) & _HIGH_BITS == 0
        return is_in_table

    def words(self, numbers: Places) -> list[bytes]:
        """The words with these numbers."""
        words: list[bytes] = self._keys[numbers].view(f"S{_KEY_BYTES}").ravel().tolist()
        longer = {number: word for word, number in self._longer.items()}
        return [word or longer[n] for word, n in zip(words, numbers.tolist(), strict=True)]

    def ranked(self) -> tuple[list[bytes], NDArray[numpy.uint64]]:
        """The words in order, and for each number the position of its word."""
        longer = sorted(self._longer)
        short = numpy.flatnonzero(self._keys[: self._end, 0])
        numbers = numpy.concatenate(
            [short, numpy.array([self._longer[word] for word in longer], numpy.intp)]
        )
        begins = numpy.array(longer, f"S{_KEY_BYTES}").view(numpy.uint64).reshape(-1, 2)
        keys = numpy.concatenate([self._keys[short], begins])
        # Big-endian, keys are in the order of their bytes. Of equal ones the shorter word comes
        # first, and the longer ones are already in order.
        high, low = keys.view(">u8").astype(numpy.uint64).T
        order = numpy.lexsort((low, high))
        rank = numpy.zeros(self._end, numpy.uint64)
        rank[numbers[order]] = numpy.arange(len(order), dtype=numpy.uint64)
        words = keys[order].view(f"S{_KEY_BYTES}").ravel().tolist()
        for word in longer:
            words[int(rank[self._longer[word]])] = word
        return words, rank

    def _number_of_longer(self, word: bytes) -> int:
        number = self._longer.get(word)
        if number is None:
            self._make_room(1)
            number = self._longer[word] = self._end
            self._end += 1
        return number

    def _numbers_of(self, keys: _Keys) -> WordNumbers:
        places = self._places(keys)
        numbers = self._slots[places]
        [left] = self._differ(numbers, keys).nonzero()
        if not len(left):
            return numbers
        keys = keys[left]
        self._make_room(len(left))
        places = self._places(keys)
        while len(left):
            self._take_free(places, keys)
            found = numbers[left] = self._slots[places]
            is_other = self._differ(found, keys)
            left, keys = left[is_other], keys[is_other]
            places = self._next(places[is_other])
        return numbers

    def _differ(self, numbers: WordNumbers, keys: _Keys) -> NDArray[numpy.bool_]:
        """For each number, whether its word has another key."""
        found = self._keys.take(numbers, 0)
        found ^= keys
        is_other: NDArray[numpy.bool_] = (found[:, 0] | found[:, 1]) != 0
        return is_other

    def _take_free(self, places: Places, keys: _Keys) -> None:
        """Numbers one of the words at each free slot."""
        [free] = (self._slots[places] == 0).nonzero()
        claimed = places[free]
        self._slots[claimed] = free  # the last one at a place has it
        first = free[self._slots[claimed] == free]
        end = self._end + len(first)
        self._keys[self._end : end] = keys[first]
        self._slots[places[first]] = numpy.arange(self._end, end, dtype=numpy.uint32)
        self._end = end

    def _make_room(self, count: int) -> None:
        """Makes room for `count` more words, with a quarter of the table free."""
        need = self._end + count
        if 4 * need <= 3 << self._bits:
            return
        self._bits = (4 * need // 3).bit_length()
        keys = numpy.zeros((1 << self._bits, 2), numpy.uint64)
        keys[: self._end] = self._keys[: self._end]
        self._keys = keys
        self._slots = numpy.zeros(1 << self._bits, numpy.uint32)
        numbers = numpy.flatnonzero(keys[: self._end, 0]).astype(numpy.uint32)
        places = self._places(keys[numbers])
        while len(numbers):
            free = self._slots[places] == 0
            self._slots[places[free]] = numbers[free]
            is_left = self._slots[places] != numbers
            numbers, places = numbers[is_left], self._next(places[is_left])

    def _places(self, keys: _Keys) -> Places:
        first, second, third = _FACTORS
        mixed = keys[:, 1] * first
        mixed ^= keys[:, 0]
        mixed *= second
        mixed ^= mixed >> _HALF
        mixed *= third
        mixed >>= numpy.uint64(64 - self._bits)
        return mixed.view(numpy.intp)

    def _next(self, places: Places) -> Places:
        return (places + 1) & ((1 << self._bits) - 1)
