"""Templates: text files of Jinja2, one for each kind of message and language, made by librarians.

    templates = Templates(folder)
    language = templates.language("da-DK", "hold_ready")
    templates.render("hold_ready", language, place=("DK-900101", "DK-900100"), channel="sms",
                     part="sms", context=...)

A file holds blocks: `subject`, `body`, `sms`, and `letter` where paper differs; `layout.txt`
says how they are put together. Looked for is `hold_ready.sms.txt` (of one channel), then
`hold_ready.txt`, each in the folders of the configuration under the branch's ISIL, the agency's,
and outside of both; then among those that are shipped (`circulation.languages`). A file may begin
with ``{% extends "shipped:hold_ready.txt" %}`` and say only what is different.
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

from circulation.languages.installed import LAST, SHIPPED, TAG, default_language
from circulation.notices.plain_values import plain
from circulation.notices.wording import FILTERS

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

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self.folders = folders
        #: What was found where while many are rendered at once: path and time of change, or None.
        self.seen: dict[str, tuple[Path, float] | None] | None = None

    def candidates(self, name: str) -> Iterator[Path]:
        places, language, file = name.split("/", 2)
        if file.startswith(_SHIPPED_PREFIX):
            yield SHIPPED / language / file.removeprefix(_SHIPPED_PREFIX)
            return
        for folder in self.folders:
            for place in filter(None, places.split(",")):
                yield folder / place / language / file
            yield folder / language / file
        yield SHIPPED / language / file

    def find(self, name: str) -> Path:
        return self._look(name)[0]

    def _look(self, name: str) -> tuple[Path, float]:
        """The file, and when it was changed."""
        seen = self.seen
        if seen is not None and name in seen:
            found = seen[name]
        else:
            path = next((each for each in self.candidates(name) if each.is_file()), None)
            found = None if path is None else (path, path.stat().st_mtime)
            if seen is not None:
                seen[name] = found
        if found is None:
            raise TemplateNotFound(name)
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
    """The shipped templates, and before them those of `folders`, of which the first goes first."""

    def __init__(self, *folders: Path) -> None:
        self._loader = _Loader(folders)
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
        """Files are not looked for again in here: for a page of messages."""
        before = self._loader.seen
        self._loader.seen = {}
        try:
            yield
        finally:
            self._loader.seen = before

    @property
    def folders(self) -> tuple[Path, ...]:
        return self._loader.folders

    def language(
        self, wanted: str, kind: str, *, place: tuple[str, ...] = (), channel: str = ""
    ) -> str:
        """The language in which there is a template of that kind, the nearest to a BCP 47 tag.

        That is ``da`` for ``da-DK``; the default language, where there is none in the one wanted.
        """
        for language in (wanted, wanted.partition("-")[0].lower(), default_language()):
            if TAG.fullmatch(language) and self._found(kind, language, place, channel):
                return language
        return LAST

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
        found = self._found(kind, language, place, channel)
        if found is None:
            raise BadTemplate(f"there is no template for {kind}")
        name, path = found
        return Rendered(self._render(name, language, part, context), self._shown(path))

    def _found(
        self, kind: str, language: str, place: tuple[str, ...], channel: str
    ) -> tuple[str, Path] | None:
        """The name of a template as the loader knows it, and its file."""
        places = ",".join(self._own(place))
        for file in (f"{kind}.{channel}.txt", f"{kind}.txt") if channel else (f"{kind}.txt",):
            name = f"{places}/{language}/{file}"
            try:
                return name, self._loader.find(name)
            except TemplateNotFound:
                continue
        return None

    def _own(self, place: tuple[str, ...]) -> Iterator[str]:
        """Those of the places that have templates of their own: what the others share is compiled
        once, and not for each branch of a country."""
        for each in place:
            if any((folder / each).is_dir() for folder in self.folders):
                yield each

    def _render(self, name: str, language: str, part: str, context: Mapping[str, Any]) -> str:
        try:
            template = self._environment.get_template(name)
            text = template.render({**plain(context), "part": part, "language": language})
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
        for folder in (*self.folders, SHIPPED):
            if path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        return path.name


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
