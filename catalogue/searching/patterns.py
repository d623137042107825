"""Regular expressions over folded words (RegExpr-1), in time proportional to the word.

``.`` is any character, ``[a-z]`` and ``[^a-z]`` one of some, ``*``, ``+`` and ``?`` repeat what is
before them, ``|`` separates choices, parentheses group, a backslash takes the next character as it
is. A pattern must match the whole word. Its letters are folded as those of words are, so ``ø``
means ``oe``. Everything else (``{``, ``}``, ``^``, ``$``, characters that no word has) is refused.

A pattern becomes a nondeterministic automaton, whose sets of states are made into a deterministic
one as words need them: there is no going back, hence no pattern that takes exponential time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from catalogue.index.folding import fold_words

#: Characters of a pattern.
LONGEST_PATTERN = 200
#: Parentheses within each other.
DEEPEST_GROUP = 20
#: Sets of states that are remembered.
_MOST_REMEMBERED = 1_000

_Accepts = Callable[[str], bool]


class BadPattern(ValueError):
    """The text is not a pattern of this kind."""


@dataclass(slots=True, eq=False)
class _State:
    """A state: where it leads without a character, and where with one it accepts."""

    free: list[_State] = field(default_factory=list)
    accepts: _Accepts | None = None
    then: _State | None = None


@dataclass(slots=True, eq=False)
class _Set:
    """A set of states as one, with the sets that characters lead to, as far as known."""

    states: frozenset[_State]
    is_end: bool
    by_character: dict[str, _Set] = field(default_factory=dict)


class Pattern:
    """A pattern made ready. Raises BadPattern.

    `prefix` are the characters that every word it matches begins with.
    """

    def __init__(self, text: str) -> None:
        text = unicodedata.normalize("NFC", text)
        if len(text) > LONGEST_PATTERN:
            raise BadPattern(f"more than {LONGEST_PATTERN} characters")
        parser = _Parser(text)
        start, self._end = parser.whole()
        self.prefix = parser.prefix()
        self._sets: dict[frozenset[_State], _Set] = {}
        self._start = self._set_of([start])

    def matches(self, word: str) -> bool:
        """Does it match the whole of a folded word?"""
        here = self._start
        for character in word:
            there = here.by_character.get(character)
            if there is None:
                there = self._step(here, character)
            if not there.states:
                return False
            here = there
        return here.is_end

    def _step(self, here: _Set, character: str) -> _Set:
        led_to = [
            state.then
            for state in here.states
            if state.accepts is not None and state.then is not None and state.accepts(character)
        ]
        there = self._set_of(led_to)
        if len(here.by_character) < _MOST_REMEMBERED:
            here.by_character[character] = there
        return there

    def _set_of(self, states: list[_State]) -> _Set:
        """The states and all that they lead to without a character."""
        reached = set(states)
        waiting = list(states)
        while waiting:
            for state in waiting.pop().free:
                if state not in reached:
                    reached.add(state)
                    waiting.append(state)
        key = frozenset(reached)
        found = self._sets.get(key)
        if found is None:
            found = _Set(key, self._end in key)
            if len(self._sets) < _MOST_REMEMBERED:
                self._sets[key] = found
        return found


_Part = tuple[_State, _State]


class _Parser:
    """Recursive descent: choices of sequences of repeated atoms."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> _Part:
        part = self._choices()
        if self._at < len(self._text):
            raise BadPattern("a parenthesis is closed that was not opened")
        return part

    def prefix(self) -> str:
        """What the text begins with before anything special; nothing where there are choices."""
        if "|" in self._text:
            return ""
        letters = ""
        for at, character in enumerate(self._text):
            if not character.isalnum() or self._text[at + 1 : at + 2] in ("*", "?"):
                break
            letters += "".join(fold_words(character))
        return letters

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _choices(self) -> _Part:
        start, end = _State(), _State()
        while True:
            first, last = self._sequence()
            start.free.append(first)
            last.free.append(end)
            if self._next() != "|":
                return start, end
            self._at += 1

    def _sequence(self) -> _Part:
        start = end = _State()
        is_empty = True
        while self._next() not in ("", "|", ")"):
            first, last = self._repeated()
            end.free.append(first)
            end = last
            is_empty = False
        if is_empty:
            raise BadPattern("a choice is empty")
        return start, end

    def _repeated(self) -> _Part:
        start, end = self._atom()
        while (sign := self._next()) in ("*", "+", "?") and sign:
            self._at += 1
            before, behind = _State(free=[start]), _State()
            end.free.append(behind)
            if sign != "?":
                end.free.append(start)
            if sign != "+":
                before.free.append(behind)
            start, end = before, behind
        return start, end

    def _atom(self) -> _Part:
        character = self._next()
        self._at += 1
        if character == "(":
            self._depth += 1
            if self._depth > DEEPEST_GROUP:
                raise BadPattern("parentheses within parentheses, too deep")
            part = self._choices()
            if self._next() != ")":
                raise BadPattern("a parenthesis is not closed")
            self._at += 1
            self._depth -= 1
            return part
        if character == ".":
            return _accepting(lambda other: True)
        if character == "[":
            return _accepting(self._one_of())
        if character == "\\":
            character = self._next()
            self._at += 1
        folded = _folded(character)
        start, end = _accepting(folded[0].__eq__)
        for more in folded[1:]:
            first, last = _accepting(more.__eq__)
            end.free.append(first)
            end = last
        return start, end

    def _one_of(self) -> _Accepts:
        """A set of characters, up to its closing bracket."""
        is_not = self._next() == "^"
        self._at += is_not
        singles: set[str] = set()
        ranges: list[tuple[str, str]] = []
        while (character := self._next()) != "]":
            self._at += 1
            low = _one(character)
            if self._next() == "-" and self._text[self._at + 1 : self._at + 2] not in ("", "]"):
                high = _one(self._text[self._at + 1])
                self._at += 2
                if high < low:
                    raise BadPattern(f"{high} comes before {low}")
                ranges.append((low, high))
            else:
                singles.add(low)
        self._at += 1
        if not singles and not ranges:
            raise BadPattern("brackets without characters")

        def accepts(other: str) -> bool:
            is_in = other in singles or any(low <= other <= high for low, high in ranges)
            return is_in is not is_not

        return accepts


def _accepting(accepts: _Accepts) -> _Part:
    end = _State()
    return _State(accepts=accepts, then=end), end


def _folded(character: str) -> str:
    words = fold_words(character)
    if len(words) != 1 or not character.isalnum():
        raise BadPattern(f"no word holds {character!r}" if character else "the pattern breaks off")
    return words[0]


def _one(character: str) -> str:
    folded = _folded(character)
    if len(folded) != 1:
        raise BadPattern(f"{character} stands for {folded}, which is more than one character")
    return folded
