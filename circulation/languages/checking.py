"""What is wrong with the languages in a folder, held against the English that is shipped."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError

from circulation.languages import MESSAGES
from circulation.languages.formats import AMOUNTS, DATES, Formats
from circulation.languages.installed import LAST, SHIPPED
from circulation.languages.language import LANGUAGE, catalogue_of, settings_of

_COMPLETE: Final = SHIPPED / LAST
#: A sentence by its context and name, in each of its forms: more than one where it counts.
Sentences = dict[tuple[str, str], tuple[str, ...]]


def problems_of(folder: Path) -> list[str]:
    """A sentence for each mistake in the languages of a folder; none where they can be used."""
    if not folder.is_dir():
        return ["there is no such folder"]
    found = sorted(each.parent for each in folder.glob(f"*/{MESSAGES}"))
    return [f"{each.name}/{said}" for each in found for said in _problems(each)]


def sentences_of(catalogue: Catalog) -> Sentences:
    """What has words in a catalogue, a plural in all its forms."""
    found = {}
    for message in catalogue:
        said, name = message.string or "", message.id
        forms = (said,) if isinstance(said, str) else tuple(said)
        if name and all(forms):
            found[message.context or "", name if isinstance(name, str) else name[0]] = forms
    return found


def _problems(language: Path) -> Iterator[str]:
    try:
        said = sentences_of(catalogue_of(language))
        for problem in _differences(said, sentences_of(catalogue_of(_COMPLETE))):
            yield f"{MESSAGES}: {problem}"
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        yield f"{MESSAGES} cannot be read: {error}"
        said = {}
    try:
        settings = settings_of(language)
        yield from (f"{LANGUAGE}: {problem}" for problem in _wrong(settings, language.name))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        yield f"{LANGUAGE} is not TOML: {error}"
        return
    if settings.get("complete") is True:
        yield from _missing(language, said)


def _missing(language: Path, said: Sentences) -> Iterator[str]:
    """What a language that claims to be complete leaves out."""
    for context, name in sentences_of(catalogue_of(_COMPLETE)).keys() - said.keys():
        yield f"{MESSAGES}: nothing is said for {name} ({context})"
    for path in _COMPLETE.glob("*.txt"):
        if not (language / path.name).is_file():
            yield f"{path.name} is missing"


def _differences(said: Sentences, wanted: Sentences) -> Iterator[str]:
    for (context, name), forms in said.items():
        known = wanted.get((context, name))
        if known is None:
            yield f"there is no sentence {name} ({context})"
            continue
        if (len(forms) > 1) != (len(known) > 1):
            yield f"{name} ({context}) {'has no' if len(known) == 1 else 'needs a'} plural"
        try:
            unknown = _places(forms) - _places(known)
        except ValueError as error:
            yield f"{name} ({context}): {error}"
        else:
            yield from (f"{name} ({context}) cannot show {{{each}}}" for each in sorted(unknown))


def _places(forms: tuple[str, ...]) -> set[str]:
    """The names in braces. Raises ValueError where braces do not match."""
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name is not None}


def _wrong(settings: Any, tag: str) -> Iterator[str]:
    formats = settings.get("formats", {})
    for name in formats.keys() - {*DATES, *AMOUNTS}:
        yield f"there is no format {name}; there are {', '.join((*DATES, *AMOUNTS))}"
    try:
        Formats(Locale.parse(tag, sep="-"), formats)
    except UnknownLocaleError:
        yield "CLDR does not know the language"
    except (AttributeError, TypeError, ValueError) as error:
        yield f"formats: {error}"
