"""One language as it is used: its words by gettext, its dates and amounts by Babel.

Catalogues are compiled in memory when they are first needed, so that the texts that people write
are all there is.
"""

from __future__ import annotations

import gettext
import io
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from circulation.languages import MESSAGES
from circulation.languages.formats import Formats

#: Beside the catalogue, where a language has anything to say that is no word.
LANGUAGE: Final = "language.toml"


class Language(NamedTuple):
    """`words` finds a sentence by its context and name, as in ``pgettext("screen", "PIN_WRONG")``.

    `tag` names the language, also where it has no folder; `is_complete` is what its folder claims.
    """

    tag: str
    is_complete: bool
    words: gettext.NullTranslations
    formats: Formats


def read_language(tag: str, folders: Sequence[Path], otherwise: Language | None) -> Language:
    """The language of that name, from all `folders`, of which the first goes before the others.

    `otherwise` has the words that it has not, and its formats where CLDR has none.
    """
    words = gettext.NullTranslations() if otherwise is None else otherwise.words
    formats: dict[str, Any] = {}
    is_complete = False
    for folder in reversed(folders):
        settings = settings_of(folder / tag)
        formats |= settings.get("formats", {})
        is_complete |= settings.get("complete") is True
        if (folder / tag / MESSAGES).is_file():
            found = _compiled(folder / tag)
            found.add_fallback(words)
            words = found
    try:
        written = Formats(Locale.parse(tag, sep="-"), formats)
    except UnknownLocaleError:
        assert otherwise is not None, "CLDR has English"
        written = otherwise.formats
    return Language(tag, is_complete, words, written)


def settings_of(folder: Path) -> Mapping[str, Any]:
    """Its `language.toml`, which need not be there."""
    path = folder / LANGUAGE
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def catalogue_of(folder: Path) -> Catalog:
    """Its `messages.po`. Raises PoFileError where that cannot be read."""
    with (folder / MESSAGES).open("rb") as file:
        return read_po(file, abort_invalid=True)


def _compiled(folder: Path) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue_of(folder))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
