"""The fonts of letters: those that are installed with Tiro, and those that a library adds.

FiraGO writes Latin with the marks of Vietnamese, Greek, Cyrillic, Arabic, Hebrew, Georgian, Thai
and Devanagari; Noto Sans has further Latin and Cyrillic letters and marks. Both come with the
package pymupdf-fonts, which has one free family (SIL OFL 1.1) for all these scripts.

Modules that open channels import this one, so its libraries are imported when a letter is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from unicodedata import category, combining

from protocols.notices.settings import NO_FONT

if TYPE_CHECKING:
    import typst

#: The names of the package for the fonts of every letter: plain and bold, the first choice first.
_BASE: Final = ("figo", "figbo", "notos", "notosbo")
#: A document with a letter of each font.
_EACH_FONT: Final = b"""
#for each in json(bytes(sys.inputs.fonts)) { text(font: each)[a]; text(font: each, weight: 700)[a] }
"""
#: Of category Cf, which is not drawn, but these are: signs of Arabic that span numbers.
_DRAWN: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2")


class UnprintableLetterError(ValueError):
    """A letter cannot be printed as it is written."""


@cache
def open_fonts(own: tuple[Path, ...]) -> tuple[typst.Fonts, list[str]]:
    """Return the fonts of every letter with the library's own, and the names of their families,
    the first choice first. Raise OSError or ValueError if a file cannot be used."""
    import typst
    from pymupdf_fonts import myfont

    files = {f"{name}.ttf": myfont(name) for name in _BASE}
    files |= {f"{number}.ttf": path.read_bytes() for number, path in enumerate(own)}
    families = []
    with TemporaryDirectory(prefix="tiro-fonts-") as made:
        folders = []
        for name, content in files.items():
            # Typst reads folders: the fonts of one are what a file has.
            folder = Path(made) / name
            folder.mkdir()
            (folder / name).write_bytes(content)
            found = _fonts_in([folder]).fonts()
            if not found:
                raise ValueError("Typst reads TrueType and OpenType")
            families.append(found[0].family)
            folders.append(folder)
        fonts = _fonts_in(folders)
        # Fonts are read when they are first needed, and files of this folder will be gone then.
        typst.compile(
            _EACH_FONT, font_paths=fonts, sys_inputs={"fonts": json.dumps(families)}, format="pdf"
        )
    return fonts, list(dict.fromkeys(families))


def _fonts_in(folders: list[Path]) -> typst.Fonts:
    """Return the fonts in the folders, and none of the machine or of Typst."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


@cache
def _base_characters() -> tuple[frozenset[int], ...]:
    """Return the characters of each font of every letter; bold ones have the same."""
    from pymupdf_fonts import myfont

    return tuple(_characters_in(myfont(name)) for name in _BASE[::2])


@cache
def _read_characters(path: Path) -> frozenset[int]:
    """Return the characters that the font of the file has. Raise OSError or ValueError if it cannot
    be read."""
    return _characters_in(path.read_bytes())


def _characters_in(content: bytes) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(BytesIO(content), fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except TTLibError as error:
        raise ValueError(str(error)) from None


def _clusters(text: str) -> Iterator[frozenset[int]]:
    """Yield the characters of each letter with its marks; those that are not drawn are left out."""
    cluster: set[int] = set()
    for each in text:
        if category(each) in ("Cf", "Zs", "Cc") and each not in _DRAWN:
            continue
        if not combining(each) and cluster:
            yield frozenset(cluster)
            cluster = set()
        cluster.add(ord(each))
    yield frozenset(cluster)


def find_missing_characters(text: str, fonts: Sequence[Path]) -> str:
    """Return the characters of the text, in order, that neither the base fonts nor these have.

    Marks fit a letter only in one font: if no font has all of them, they are missing.
    """
    known = [*_base_characters(), *map(_read_characters, fonts)]
    missing: set[int] = set()
    for cluster in set(_clusters(text)):
        missing |= min((cluster - each for each in known), key=len)
    return "".join(map(chr, sorted(missing)))


def refuse_missing_characters(text: str, fonts: Sequence[Path]) -> None:
    """Raise UnprintableLetterError if no font has a character of the text."""
    if missing := find_missing_characters(text, fonts):
        listed = ", ".join(f"{each} (U+{ord(each):04X})" for each in missing)
        raise UnprintableLetterError(
            f"{NO_FONT}{listed}: add a font that has them to fonts of [notices] and resend the"
            " message"
        )


def find_font_problems(fonts: Sequence[Path]) -> list[str]:
    """Return what is wrong with the files of fonts."""
    problems = []
    for path in fonts:
        try:
            _read_characters(path)
            open_fonts((path,))
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
        except ValueError as error:
            problems.append(f"{path} is not a font that letters can be written with: {error}")
    return problems
