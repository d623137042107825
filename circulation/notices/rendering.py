"""Templates: text files of Jinja2, one for each kind of message and language, made by librarians.

    templates = Templates(folder)
    templates.render("hold_ready", "da", place=("DK-900101", "DK-900100"), channel="sms",
                     part="sms", context=...)

A file holds blocks: `subject`, `body`, `sms`, and `letter` where paper differs; `layout.txt`
says how they are put together. Looked for is `hold_ready.sms.txt` (of one channel), then
`hold_ready.txt`, each in the folder of the configuration under the branch's ISIL, the agency's,
and outside of both; then among those that are shipped. A file may begin with
``{% extends "shipped:hold_ready.txt" %}`` and say only what is different.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from circulation.notices.wording import FILTERS

SHIPPED = Path(__file__).with_name("templates")
#: The language of who has none of those that there are templates in.
DEFAULT_LANGUAGE = "da"
_SHIPPED_PREFIX = "shipped:"
_TWO_STOPS = re.compile(r"(?:(?<=\bkr\.)|(?<=\.\.\.))\.(?!\.)")


class BadTemplate(ValueError):
    """A template cannot be used; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text, and the file that it was made with, relative to where templates are kept."""

    text: str
    template: str


class _Loader(BaseLoader):
    """Finds files by names like ``DK-1,DK-2/da/hold_ready.txt``: places, language, file."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        #: What was found where while many are rendered at once: path and time of change.
        self.seen: dict[str, tuple[Path, float]] | None = None

    def candidates(self, name: str) -> Iterator[Path]:
        places, language, file = name.split("/", 2)
        if file.startswith(_SHIPPED_PREFIX):
            yield SHIPPED / language / file.removeprefix(_SHIPPED_PREFIX)
            return
        if self.folder is not None:
            for place in filter(None, places.split(",")):
                yield self.folder / place / language / file
            yield self.folder / language / file
        yield SHIPPED / language / file

    def find(self, name: str) -> Path:
        return self._look(name)[0]

    def _look(self, name: str) -> tuple[Path, float]:
        """The file, and when it was changed; a file that is not there is looked for each time."""
        seen = self.seen
        found = None if seen is None else seen.get(name)
        if found is None:
            path = next((each for each in self.candidates(name) if each.is_file()), None)
            if path is None:
                raise TemplateNotFound(name)
            found = path, path.stat().st_mtime
            if seen is not None:
                seen[name] = found
        return found

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        path, changed = self._look(template)
        text = path.read_text(encoding="utf-8")

        def is_current() -> bool:
            try:
                return self._look(template) == (path, changed)
            except (TemplateNotFound, OSError):
                return False

        return text, str(path), is_current


class _Environment(ImmutableSandboxedEnvironment):
    """A name without folders is meant in the language, and for the place, of who names it."""

    def join_path(self, template: str, parent: str) -> str:
        if "/" in template:
            raise TemplateNotFound(template)
        return f"{parent.rsplit('/', 1)[0]}/{template}"


class Templates:
    """The shipped templates, and those of `folder` before them."""

    def __init__(self, folder: Path | None = None) -> None:
        self._loader = _Loader(folder)
        self._environment = _Environment(
            loader=self._loader,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )
        self._environment.filters.update(FILTERS)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Files that are found are not looked for again in here: for a page of messages."""
        before = self._loader.seen
        self._loader.seen = {}
        try:
            yield
        finally:
            self._loader.seen = before

    @property
    def folder(self) -> Path | None:
        return self._loader.folder

    def language(self, wanted: str) -> str:
        """The language with templates that is nearest to a BCP 47 tag: ``da`` for ``da-DK``."""
        for language in (wanted, wanted.partition("-")[0].lower()):
            if language and "/" not in language and self._has(language):
                return language
        return DEFAULT_LANGUAGE

    def _has(self, language: str) -> bool:
        folders = [SHIPPED] if self.folder is None else [self.folder, SHIPPED]
        return not language.startswith(".") and any((each / language).is_dir() for each in folders)

    def render(
        self,
        kind: str,
        language: str,
        *,
        part: str,
        context: Mapping[str, Any],
        place: tuple[str, ...] = (),
        channel: str = "",
    ) -> Rendered:
        """One part of a message: ``subject``, ``text``, ``sms``, ``letter``.

        Raises BadTemplate with the file and what is wrong in it.
        """
        names = [f"{kind}.{channel}.txt"] if channel else []
        places = ",".join(self._own(place))
        for file in (*names, f"{kind}.txt"):
            name = f"{places}/{language}/{file}"
            try:
                path = self._loader.find(name)
            except TemplateNotFound:
                continue
            return Rendered(self._render(name, language, part, context), self._shown(path))
        if language != DEFAULT_LANGUAGE:
            return self.render(
                kind, DEFAULT_LANGUAGE, part=part, context=context, place=place, channel=channel
            )
        raise BadTemplate(f"there is no template for {kind}")

    def _own(self, place: tuple[str, ...]) -> Iterator[str]:
        """Those of the places that have templates of their own: what the others share is compiled
        once, and not for each branch of a country."""
        folder = self.folder
        if folder is not None:
            yield from (each for each in place if (folder / each).is_dir())

    def _render(self, name: str, language: str, part: str, context: Mapping[str, Any]) -> str:
        try:
            template = self._environment.get_template(name)
            text = template.render({**context, "part": part, "language": language})
        except TemplateNotFound as error:
            raise BadTemplate(f"{name}: there is no {error}") from error
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            where = f"{name}, line {line}" if line else name
            raise BadTemplate(f"{where}: {error}") from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise BadTemplate(f"{name}: {type(error).__name__}: {error}") from error
        return _tidied(text, one_line=part in ("subject", "sms"))

    def _shown(self, path: Path) -> str:
        for folder in (self.folder, SHIPPED):
            if folder is not None and path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        return path.name

    def shipped_only(self) -> Templates:
        """Without those of the folder: what is used where one of them fails."""
        return Templates()


def _tidied(text: str, *, one_line: bool) -> str:
    """Without the empty lines that control structures leave behind.

    The full stop of an abbreviation ends a sentence, too, and so does that of a title that was cut:
    ``20,00 kr..`` and ``Eventyr....`` have one too many.
    """
    text = _TWO_STOPS.sub("", text)
    if one_line:
        return " ".join(text.split())
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines)
