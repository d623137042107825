"""One language as it is used: its words by gettext, its dates and amounts by Babel.

Catalogues are compiled in memory when they are first needed, so that the texts that people write
are all there is.
"""

from __future__ import annotations

import gettext
import io
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel import Locale, UnknownLocaleError

from circulation.languages import MESSAGES
from circulation.languages.formats import Formats

if TYPE_CHECKING:  # dates and amounts are written without a catalogue
    from babel.messages.catalog import Catalog

#: Beside the catalogue, where a language has anything to say that is no word.
LANGUAGE: Final = "language.toml"


class Language:
    """A language from all `folders`, of which the first goes before the others.

    `tag` names it, also where it has no folder. `otherwise` gives the language that has the words
    that this one has not.
    """

    def __init__(
        self, tag: str, folders: Sequence[Path], otherwise: Callable[[], Language] | None
    ) -> None:
        self.tag = tag
        self._folders = [each / tag for each in reversed(folders)]
        self._otherwise = otherwise

    @cached_property
    def words(self) -> gettext.NullTranslations:
        """Finds a sentence by its context and name, as in ``pgettext("screen", "PIN_WRONG")``."""
        words = gettext.NullTranslations() if self._otherwise is None else self._otherwise().words
        for folder in self._folders:
            if (folder / MESSAGES).is_file():
                written = (folder / MESSAGES).stat()
                compiled = _compiled(folder, written.st_mtime_ns, written.st_size)
                found = gettext.GNUTranslations(io.BytesIO(compiled))
                found.add_fallback(words)
                words = found
        return words

    @cached_property
    def formats(self) -> Formats:
        """How it writes; as `otherwise` does, where CLDR does not know the language."""
        said: dict[str, Any] = {}
        for folder in self._folders:
            said |= settings_of(folder).get("formats", {})
        try:
            return Formats(Locale.parse(self.tag, sep="-"), said)
        except UnknownLocaleError:
            assert self._otherwise is not None, "CLDR has English"
            return self._otherwise().formats

    @cached_property
    def is_complete(self) -> bool:
        """Does it claim to say everything?"""
        return any(settings_of(folder).get("complete") is True for folder in self._folders)


def settings_of(folder: Path) -> Mapping[str, Any]:
    """Its `language.toml`, which need not be there."""
    path = folder / LANGUAGE
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def catalogue_of(folder: Path) -> Catalog:
    """Its `messages.po`. Raises PoFileError where that cannot be read."""
    from babel.messages.pofile import read_po

    with (folder / MESSAGES).open("rb") as file:
        return read_po(file, abort_invalid=True)


@lru_cache(maxsize=16)
def _compiled(folder: Path, written: int, size: int) -> bytes:
    """The catalogue as gettext reads it: once for each text that was `written`, since it takes a
    tenth of a second."""
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, catalogue_of(folder))
    return compiled.getvalue()
