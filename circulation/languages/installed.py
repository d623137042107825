"""The languages there are: folders in `locales`, and in a folder of the library's own.

    use(Path("languages"), default="de")     # once, when the configuration is read
    language("de-AT").words.pgettext("screen", "PIN_WRONG")

A language is a folder with a `messages.po`, named by its tag (BCP 47): ``da``, ``nb``. What the
library's own folder says goes before what is shipped, sentence by sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from circulation.languages import MESSAGES

if TYPE_CHECKING:
    from circulation.languages.language import Language

SHIPPED: Final = Path(__file__).with_name("locales")
#: The language that has everything, and that others are held against.
LAST: Final = "en"
#: How a language is named: this is never a path.
TAG: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


class _Used:
    """What this process was told to use."""

    own: tuple[Path, ...] = ()
    default = "da"


def use(own: Path | None = None, default: str = "da") -> None:
    """Has this process look in `own` as well; `default` is for who reads none of the languages.

    Raises ValueError where there is no such default, and changes nothing then.
    """
    folders = () if own is None else (own,)
    named(default, tags_in((*folders, SHIPPED)))
    _use(folders, default)


def _use(folders: tuple[Path, ...], default: str) -> None:
    _Used.own, _Used.default = folders, default
    tags.cache_clear()
    language.cache_clear()


@contextmanager
def only_tried() -> Iterator[None]:
    """What this process is told to use within, it does not use afterwards."""
    before = _Used.own, _Used.default
    try:
        yield
    finally:
        _use(*before)


def default_language() -> str:
    """The language of the house, and of whoever reads none of the others."""
    return _Used.default


def own_folders() -> tuple[Path, ...]:
    """Where the library keeps languages of its own: one folder, or none."""
    return _Used.own


def tags_in(folders: Iterable[Path]) -> tuple[str, ...]:
    """The tags of the languages in these folders, sorted."""
    return tuple(sorted({each.parent.name for at in folders for each in at.glob(f"*/{MESSAGES}")}))


@cache
def tags() -> tuple[str, ...]:
    """The tags of all languages; one that is added is seen when the configuration is read again."""
    return tags_in((*_Used.own, SHIPPED))


def complete_tags() -> tuple[str, ...]:
    """The tags of those that claim to say everything."""
    return tuple(tag for tag in tags() if language(tag).is_complete)


def named(tag: str, there: tuple[str, ...] | None = None) -> str:
    """The tag of a language that is there. Raises ValueError, which says what there is."""
    there = tags() if there is None else there
    if tag not in there:
        *others, last = (f'"{each}"' for each in there)
        raise ValueError(f"must be {', '.join(others)} or {last}")
    return tag


def nearest(tag: str) -> str | None:
    """The language for a tag: ``de`` for ``de-AT``; None where there is none."""
    wanted = (tag, tag.partition("-")[0].lower())
    return next((each for each in wanted if each in tags()), None)


@lru_cache(maxsize=256)
def language(tag: str) -> Language:
    """The language for a tag. What it has no words for is said in the default one, else in English.

    A tag that no language is there for gives one without words of its own.
    """
    from circulation.languages.language import Language  # Babel takes a while to load

    name = nearest(tag) or (tag if TAG.fullmatch(tag) else _Used.default)
    otherwise = LAST if name == _Used.default else _Used.default
    following = None if name == LAST else partial(language, otherwise)
    return Language(name, (*_Used.own, SHIPPED), following)
