"""Names near one that is not there, to be offered to whoever typed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from circulation.languages.sentences import Sentence

#: So many are offered.
_MOST: Final = 3


def near(name: str, known: Iterable[str]) -> list[str]:
    """The known names that `name` may have been meant for, the nearest first; case is ignored."""
    import difflib  # for a slip of a finger only

    by_folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, _MOST, 0.7)
    return [by_folded[each] for each in found]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` Did you mean X?``, to follow a sentence; empty where nothing is near."""
    return question(near(name, known))


def question(names: Iterable[str]) -> str:
    """`` Did you mean X or Y?`` for names that are there."""
    offered = " or ".join(list(names)[:_MOST])
    return f" Did you mean {offered}?" if offered else ""


def slips(word: str) -> Iterator[str]:
    """Every word that is one slip of a finger away: a character left out, doubled, wrong, swapped.

    The characters tried are those of the word itself and the digits: some hundreds of words for a
    barcode; its other case comes first.
    """
    signs = "".join(dict.fromkeys("0123456789" + word))
    yield from (word.upper(), word.lower())
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (f"{head}{sign}{tail}" for sign in signs)
        if tail:
            yield head + tail[1:]
            yield from (f"{head}{sign}{tail[1:]}" for sign in signs)
        if len(tail) > 1:
            yield f"{head}{tail[1]}{tail[0]}{tail[2:]}"


def no_branch_of(names: Mapping[str, str], isil: str) -> Sentence:
    """There is no branch with this ISIL, but perhaps one that is nearly so, or called so, of these
    names by ISIL."""
    offered = [each for each, name in names.items() if name.casefold() == isil.casefold()]
    return with_offer(Sentence("NO_BRANCH", isil=isil), offered or near(isil, names))


def none_called(noun: str, name: str, known: Iterable[str]) -> Sentence:
    """There is nothing of that name, but perhaps something that is called nearly so."""
    return with_offer(
        Sentence("NONE_CALLED", noun=Sentence(f"NOUN_{noun}"), name=name), near(name, known)
    )


def with_offer(said: Sentence, offered: list[str]) -> Sentence:
    """What is said, and the names that may have been meant."""
    if not offered:
        return said
    return Sentence("OR_MEANT", said=said, offered=tuple(offered[:_MOST]))
