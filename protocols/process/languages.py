"""The section [languages] of tiro.toml.

[languages]
folder = "languages"          # the library's own: languages/nb/messages.po
default = "nb"                # of the house, and of whoever reads none of the others
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from circulation.kernel.fitting import CLOSED, Checked
from circulation.languages.installed import use
from protocols.hosting.tls import File


def _readable(folder: Path) -> Path:
    from circulation.languages.checking import problems_of  # Babel takes a while to load

    try:
        problems = problems_of(folder)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if problems:
        raise ValueError("; ".join(problems))
    return folder


@dataclass(frozen=True)
class LanguageSettings:
    """`folder` is where the library keeps languages, and words, of its own."""

    __pydantic_config__ = CLOSED

    folder: Annotated[File, Checked(_readable)] | None = None
    default: str = "da"


def _used(settings: LanguageSettings) -> LanguageSettings:
    """The settings of all other sections may name a language from here on. Raises ValueError."""
    try:
        use(settings.folder, settings.default)
    except ValueError as error:
        raise ValueError(f"default {error}") from None
    return settings


#: The section, and its languages in use by this process.
UsedLanguages = Annotated[LanguageSettings, Checked(_used)]
