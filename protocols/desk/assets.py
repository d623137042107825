"""Scripts, styles and words of the desk, read and compressed once.

Scripts are sent without the comments that stand on lines of their own, which are a fifth of them;
every line keeps its number. Files stand in a folder whose name is a digest of all of them, so that
browsers may keep them for ever, and modules import each other by their plain names.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from circulation.languages.installed import LAST, SHIPPED, complete_tags, language
from circulation.languages.language import catalogue_of

_STATIC: Final = Path(__file__).with_name("static")
#: Of the words in ``messages.po``: a file of each for each language.
CONTEXTS: Final = ("desk", "administration", "public")
#: Every category of the numbers of things in CLDR has one of these.
_COUNTS: Final = range(101)
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
#: Comments that are whole lines: blocks, and what begins with two strokes.
_COMMENTS: Final = re.compile(
    rb"^[ \t]*(?:/\*(?:(?!\*/).)*\*/[ \t]*|//[^\n]*)$", re.MULTILINE | re.DOTALL
)


class Asset(NamedTuple):
    """A file as it is sent."""

    media_type: str
    plain: bytes
    compressed: bytes


class Assets(NamedTuple):
    """All files by name; `folder` is the digest; `languages` those that have words."""

    folder: str
    files: Mapping[str, Asset]
    languages: tuple[str, ...]


@cache
def read_assets() -> Assets:
    """What is shipped, and the words of every complete language."""
    texts = {each.name: _light(each) for each in sorted(_STATIC.iterdir())}
    languages = complete_tags()
    for tag in languages:
        for context in CONTEXTS:
            words = json.dumps(words_in(tag, context), ensure_ascii=False)
            texts[f"{context}-{tag}.json"] = words.encode()
    digest = sha256()
    for name, text in texts.items():
        digest.update(name.encode() + b"\0" + text + b"\0")
    files = {
        name: Asset(_TYPES[Path(name).suffix], text, gzip.compress(text, 9, mtime=0))
        for name, text in texts.items()
    }
    return Assets(digest.hexdigest()[:16], files, languages)


def _light(path: Path) -> bytes:
    """The file as it is sent."""
    text = path.read_bytes()
    if path.suffix != ".js":
        return text
    return _COMMENTS.sub(lambda found: b"\n" * found[0].count(b"\n"), text)


def words_in(tag: str, context: str = "desk") -> dict[str, str | dict[str, str]]:
    """Return the words of a context in a language by name; plurals by their category in CLDR."""
    known = language(tag)

    def forms(name: str) -> dict[str, str]:
        """Return the form of every category that one of the counts has."""
        return {
            known.formats.plural(count): known.words.npgettext(context, name, name, count)
            for count in _COUNTS
        }

    return {
        name: forms(name) if is_plural else known.words.pgettext(context, name)
        for name, is_plural in _names().get(context, {}).items()
    }


@cache
def _names() -> Mapping[str, Mapping[str, bool]]:
    """Return the names of all words by context, and whether they have a plural."""
    names: dict[str, dict[str, bool]] = {}
    for each in catalogue_of(SHIPPED / LAST):
        name = each.id[0] if each.pluralizable else each.id
        names.setdefault(each.context or "", {})[str(name)] = bool(each.pluralizable)
    return names
