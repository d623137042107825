"""What a column holds, learnt from its cells a batch at a time, in bounded memory.

Cells of a batch are counted first, so that the work grows with the different values, and values
are reduced to shapes (digits to 9, letters to a), so that it grows with the different shapes.
Values are kept only while they are few; of a column that may tell of persons none is given away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Final, NamedTuple

from circulation.moving.recognition.amounts import NumberForms
from circulation.moving.recognition.dates import (
    FIRST_NEVER,
    ISO,
    OLDEST_AGE,
    DateForm,
    DateForms,
    is_date_form,
    read_day,
    tell_filler,
)
from circulation.moving.rows import is_code
from circulation.moving.values import FALSE, TRUE
from circulation.patrons.identifiers import national_birth_date, national_digits

#: Different values of a column of codes.
MAX_CODES: Final = 300
#: How often each code is found on average; what is found less often by far may be a name.
_LEAST_USE: Final = 5
_MAX_SHAPES: Final = 500
_MAX_DAYS: Final = 60_000
#: Rows by which an odd value is found.
MAX_PLACES: Final = 5
#: Share of the cells from which a column is of a kind.
_MOST: Final = 0.9
_TRUTHS: Final = TRUE | FALSE
_PERSONAL: Final = re.compile(
    r"name|navn|addr|adr|street|gade|str(a|ä)(ss|ß)e|vej\b|city|town|\bby\b|\bort\b|zip|post"
    r"|phone|mobil|tlf|telefon|mail|birth|born|\bdob\b|f(oe|ø)d|geb|cpr|ssn|national|\bpin\b"
    r"|passw|kode|login|user|card|kort|l(aa|å)ner|barcode|stregkode|note|comment|message|besked"
    r"|text|tekst|title|titel|author",
    re.IGNORECASE,
)
#: Different words from which a column of words, each with one capital, may be names.
_NAMES: Final = 30
#: Parts the values of a batch that become shapes together; no cell of a file of text has it.
_BETWEEN: Final = "\x1e"
_LETTERS: Final = re.compile("a{2,}")
#: Shapes of numbers that are more than digits, and of amounts.
_DECIMAL: Final = re.compile("(?=.*9)(?=.*[^9-])[-9., 'a€$£\u00a0]+")
_TIME_OF_FORM: Final = re.compile(r"[ T]*%[HI].*")


class _Shapes(dict[int, str | int]):
    """Characters to those of shapes."""

    def __missing__(self, point: int) -> str:
        letter = chr(point)
        shape = "9" if letter.isdecimal() else "a" if letter.isalpha() else letter
        self[point] = shape
        return shape


_SHAPES: Final = _Shapes()


def shapes_of(texts: Sequence[str]) -> list[str]:
    """Return the shape of each text: ``2610 Rødovre`` is ``9999 a``."""
    shaped = _LETTERS.sub("a", _BETWEEN.join(texts).translate(_SHAPES)).split(_BETWEEN)
    if len(shaped) == len(texts):
        return shaped
    return [_LETTERS.sub("a", each.translate(_SHAPES)) for each in texts]


@cache
def _is_date(shape: str) -> bool:
    """Return whether values of the shape may be dates; letters are those of T and Z; AM and PM
    look like Z."""
    text = shape.replace("9", "1")
    texts = text.replace("a", "T", 1).replace("a", "Z"), text.replace("a", "Z")
    return any(map(is_date_form, texts))


@cache
def _is_decimal(shape: str) -> bool:
    """Return whether values of the shape may be numbers with decimals, or amounts."""
    return _DECIMAL.fullmatch(shape) is not None


def _day_part(text: str) -> str:
    return text.replace("T", " ").partition(" ")[0]


def is_personal(name: str) -> bool:
    """Return whether the name of a column says that it tells of persons, or names items."""
    return _PERSONAL.search(name) is not None


def is_birth(name: str) -> bool:
    """Return whether the name of a column says that it holds dates of birth."""
    return re.search(r"birth|born|\bdob\b|f(oe|ø)d(t|sel)", name, re.IGNORECASE) is not None


class OddDate(NamedTuple):
    """Days that cannot be right: `what` is wrong with them, how many there are, and the rows of the
    first ones."""

    what: str
    number: int
    rows: tuple[int, ...]


class DayRule(NamedTuple):
    """Which days of a column cannot be right. `is_birth`: nobody is born tomorrow, or was 125 years
    ago; `is_past`: it has happened; `is_expiry`: what has ended is named; `may_be_never`: a day
    such as 9999-12-31 is right."""

    today: date
    is_birth: bool = False
    is_past: bool = False
    is_expiry: bool = False
    may_be_never: bool = False

    def tell(self, text: str, day: date | None) -> str:
        """Return what is wrong with the day; empty if nothing is."""
        is_never = self.may_be_never and day is not None and day.year >= FIRST_NEVER
        if not is_never and (filler := tell_filler(text, day)):
            return filler
        if day is None:
            return "no such date"
        if self.is_birth and day < self.today - OLDEST_AGE:
            return "born more than 125 years ago"
        if day > self.today and (self.is_birth or self.is_past):
            return "in the future"
        return "expired" if self.is_expiry and day < self.today else ""


@dataclass(slots=True)
class Column:
    """What was found in a column. `empty` are the texts that mean nothing."""

    name: str
    empty: Collection[str] = ()
    rows: int = 0
    filled: int = 0
    shortest: int = 0
    longest: int = 0
    values: Counter[str] | None = field(default_factory=Counter)
    _shapes: Counter[str] | None = field(default_factory=Counter)
    _samples: dict[str, str] = field(default_factory=dict)  # a value of each shape
    _days: dict[str, Counter[str]] = field(default_factory=dict)  # by the shape of the date
    _firsts: dict[str, int] = field(default_factory=dict)  # the first row of each day
    _numbers: NumberForms = field(default_factory=NumberForms)

    def see(self, cells: Sequence[str], rows: Sequence[int]) -> None:
        """Count the cells of a batch; `rows` are the numbers of their rows."""
        self.rows += len(cells)
        counts = Counter(cells)
        for text in ("", *self.empty):
            counts.pop(text, None)
        for text in [each for each in counts if each != each.strip()]:
            bare, number = text.strip(), counts.pop(text)
            if bare and bare not in self.empty:
                counts[bare] += number
        if not counts:
            return
        self.filled += counts.total()
        lengths = {*map(len, counts), self.shortest, self.longest} - {0}
        self.shortest, self.longest = min(lengths), max(lengths)
        self._keep(counts)
        if self._shapes is not None:
            self._see_shapes(counts, self._shapes, cells, rows)

    def _keep(self, counts: Counter[str]) -> None:
        if self.values is not None:
            self.values.update(counts)
            if len(self.values) > MAX_CODES:
                self.values = None

    def _see_shapes(
        self, counts: Counter[str], known: Counter[str], cells: Sequence[str], rows: Sequence[int]
    ) -> None:
        texts = [*counts]
        shapes = shapes_of(texts)
        firsts: dict[str, int] = {}
        for text, shape, number in zip(texts, shapes, counts.values(), strict=True):
            self._samples[shape] = text
            known[shape] += number
            if _is_date(shape):
                firsts = firsts or dict(zip(map(str.strip, cells[::-1]), rows[::-1], strict=True))
                part = _day_part(text)
                self._days.setdefault(shape, Counter())[part] += number
                if part not in self._firsts:
                    self._firsts[part] = firsts[text]
            elif _is_decimal(shape):
                self._numbers.see(text, number)
        if len(known) > _MAX_SHAPES or len(self._firsts) > _MAX_DAYS:
            self._shapes = None
            for each in (self._days, self._samples, self._firsts):
                each.clear()

    # What it holds.

    @property
    def shapes(self) -> Mapping[str, int]:
        return self._shapes or {}

    def is_of(self, shapes: Iterable[str]) -> bool:
        """Return whether nearly all of its cells have one of the shapes."""
        return sum(self.shapes.get(each, 0) for each in shapes) >= self.filled * _MOST

    @property
    def kind(self) -> str:
        """Return what the column holds, in a word or two."""
        if not self.filled:
            return "empty"
        if self._holds_dates():
            return "date"
        if (
            self.values is not None
            and len(self.values) > 1
            and {each.casefold() for each in self.values} <= _TRUTHS
        ):
            return "yes or no"
        if self._holds_national():
            return "national number"
        if self.numbers.numbers >= self.filled * _MOST:
            return self._number_kind()
        return "code" if self.is_code else "text"

    def _number_kind(self) -> str:
        numbers = self.numbers
        with_decimals = numbers.point + numbers.comma
        if with_decimals:
            return "money" if numbers.money >= with_decimals * _MOST else "number"
        return "code" if self.is_code else "number"

    @property
    def is_code(self) -> bool:
        """Return whether the column has few values, each of them often."""
        if not self.values or is_personal(self.name):
            return False
        if len(self.values) > _NAMES:
            words = sum(text.isalpha() and text.istitle() for text in self.values)
            if words > len(self.values) / 2:
                return False
        is_used = self.filled >= len(self.values) * _LEAST_USE
        codes = sum(number for text, number in self.values.items() if is_code(text))
        return is_used and codes >= self.filled * _MOST

    @property
    def numbers(self) -> NumberForms:
        """Return the forms of its numbers, the whole ones among them."""
        found = NumberForms()
        found.add(self._numbers)
        for shape, number in self.shapes.items():
            if not shape.strip("9-") and shape.count("-") == shape.startswith("-") and "9" in shape:
                found.whole += number
        return found

    def _holds_national(self) -> bool:
        if not self.is_of(("999999-9999", "9999999999")):
            return False
        its = [text for shape, text in self._samples.items() if national_digits(text)]
        values = [*its, *(self.values or ())]
        return sum(national_birth_date(text) is not None for text in values) >= len(values) * _MOST

    def _holds_dates(self) -> bool:
        if sum(map(Counter.total, self._days.values())) < self.filled * _MOST:
            return False
        days = self._days.get("9" * 8, Counter())  # of barcodes few are dates
        form = next((each.form for each in self.date_forms), ISO)
        good = sum(
            number for text, number in days.items()
            if (day := read_day(text, form)) is not None and 1850 < day.year < 2100
        )  # fmt: skip
        return good >= days.total() * _MOST

    @property
    def date_forms(self) -> list[DateForm]:
        """Return the forms of its dates, the most frequent first."""
        return self.tell_dates(DateForms()).forms()

    def tell_dates(self, forms: DateForms) -> DateForms:
        """Add the forms of its dates to others."""
        for shape, days in self._days.items():
            sample = self._samples[shape]
            rest = sample[len(_day_part(sample)) :]
            for text, number in days.items():
                forms.see(text + rest, number)
        return forms

    def days(self, forms: Sequence[str] = ()) -> Counter[tuple[str, date | None]]:
        """Return its days as they are written, each with the day that it is by the first of the
        forms that fits, else by those that were found."""
        if not forms:
            found = DateForms()
            for text, number in self._all_days():
                found.see(text, number)
            forms = [each.form for each in found.forms()]
        else:
            forms = [_TIME_OF_FORM.sub("", each) for each in forms]
        days: Counter[tuple[str, date | None]] = Counter()
        for text, number in self._all_days():
            read = (read_day(text, each) for each in forms)
            days[text, next((day for day in read if day is not None), None)] += number
        return days

    def _all_days(self) -> Iterator[tuple[str, int]]:
        for several in self._days.values():
            yield from several.items()

    def odd_dates(self, rule: DayRule, forms: Sequence[str] = ()) -> list[OddDate]:
        """Return the days that cannot be right by the rule, those of the same fault together."""
        counts: Counter[str] = Counter()
        places: dict[str, list[int]] = {}
        for (text, day), number in self.days(forms).items():
            if what := rule.tell(text, day):
                counts[what] += number
                places.setdefault(what, []).append(self._firsts[text])
        return [
            OddDate(what, number, tuple(sorted(places[what])[:MAX_PLACES]))
            for what, number in counts.most_common()
        ]
