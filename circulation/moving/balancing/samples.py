"""Some patrons of each branch, to be compared by eye: what the files say, beside what is here.

Odd ones are chosen, for it is they who get lost: those with a guardian, three cards, a block, a
credit. Of each oddity there are some, the rarest first, then whoever is odd in the most ways. The
choice depends on the keys alone, so the same files give the same patrons. Neither PINs nor national
numbers are in it; all else that is known of them is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from itertools import chain
from typing import Final, NamedTuple

from circulation.languages.installed import default_language
from circulation.moving.balancing.figures import UNREAD
from circulation.moving.balancing.file_rows import At, FileRow, FileRows
from circulation.moving.balancing.from_files import NUMBERS
from circulation.moving.plans import Plan
from circulation.patrons.checking import dialled, telephone
from circulation.patrons.identifiers import national_digits

#: Patrons of each oddity that are chosen at a branch before whoever is odd in the most ways.
_OF_EACH: Final = 3
_MANY: Final = 15
#: Kinds whose rows are about a patron, and the field that names them.
_ABOUT: Final = {"guardians": "patron", "loans": "patron", "holds": "patron", "debts": "patron"}
#: Texts that are told as they are.
_PLAIN: Final = ("category", "email", "note", "municipality")
_NUMBERS_TOLD: Final = tuple(name for name in NUMBERS if name != "national_id")


class Told(NamedTuple):
    """One thing about a patron; what there may be several of is told in as many lines."""

    what: str
    text: str


@dataclass
class Sample:
    """A patron by the other system's key. `given` are the things that the plan tells at all."""

    key: str
    home: str
    odd: tuple[str, ...]
    given: frozenset[str]
    told: list[Told] = field(default_factory=list)


class Odd(NamedTuple):
    """In which ways rows of a kind are odd: a word for each, and whom it is said of."""

    kind: str
    word: str


def choose(
    plan: Plan,
    rows: FileRows,
    aside: Mapping[tuple[str, At], str],
    today: date,
    *,
    per_branch: int = 50,
) -> list[Sample]:
    """So many patrons of each branch, with what the files say of them, by branch and key."""
    return _Choosing(plan, rows, aside, today).choose(per_branch)


class _Choosing:
    def __init__(
        self, plan: Plan, rows: FileRows, aside: Mapping[tuple[str, At], str], today: date
    ) -> None:
        self._plan, self._rows, self._aside, self._today = plan, rows, aside, today.isoformat()
        self._key_of_number: dict[str, str] = {}
        self._home: dict[str, str] = {}
        self._odd: defaultdict[str, set[str]] = defaultdict(set)
        self._counted: Counter[Odd | tuple[str, str]] = Counter()

    def _of(self, kind: str) -> Iterator[FileRow]:
        for row in self._rows.of(kind):
            if row.texts and (kind, row.at) not in self._aside:
                yield row

    def choose(self, per_branch: int) -> list[Sample]:
        for row in self._of("patrons"):
            self._home[row.key] = row["home_branch"]
            self._odd_patron(row)
            for name in NUMBERS:
                for number in self._rows.several("patrons", row, name):
                    self._key_of_number[number] = row.key
        for kind in _ABOUT:
            for row in self._of(kind):
                self._odd_row(kind, row)
        chosen = {key: self._sample(key) for key in self._chosen(per_branch)}
        self._tell(chosen)
        return sorted(chosen.values(), key=lambda each: (each.home, each.key))

    def _odd_patron(self, row: FileRow) -> None:
        several = self._rows.several
        cards = [n for name in _NUMBERS_TOLD[1:4] for n in several("patrons", row, name)]
        for is_so, word in (
            (len(cards) > 1, "several cards"),
            (bool(row["blocks"]), "blocked"),
            (row["is_protected"].casefold() not in _NO, "protected address"),
            (bool(row["consents"]), "has consented"),
            (bool(row["note"]), "a note"),
            ("birth_date" in row.texts and not row["birth_date"], "no date of birth"),
            (row["kind"] not in ("", "person"), "no person"),
            (bool(row["expires"]) and self._rows.day(row["expires"]) < self._today, "expired"),
            (len(row["name"] + row["family_name"]) > 40, "a long name"),
        ):
            if is_so:
                self._odd[row.key].add(word)

    def _odd_row(self, kind: str, row: FileRow) -> None:
        key = self._about(kind, row)
        if not key:
            return
        if kind == "guardians":
            self._odd[key].add("has a guardian")
            guardian = self._about(kind, row, "guardian")
            if guardian:
                self._odd[guardian].add("is a guardian")
            return
        self._counted[kind, key] += 1
        if self._counted[kind, key] == _MANY:
            self._odd[key].add(f"many {kind}")
        for name, word in _ODD_FIELDS[kind]:
            if row[name].casefold() not in {*_NO, "waiting"}:
                self._odd[key].add(word)
        left = self._rows.amount(row["remaining"]) if kind == "debts" else 0
        if left:
            self._odd[key].add("a credit" if left < 0 else "owes something")

    def _about(self, kind: str, row: FileRow, name: str = "patron") -> str:
        """The key of the patron whom the row names, "" for nobody who is known."""
        if self._rows.is_by_key(kind, name):
            key = self._rows.stored(row[name])
            return key if key in self._home else ""
        return self._key_of_number.get(row[name], "")

    def _chosen(self, per_branch: int) -> Iterator[str]:
        """Keys, branch by branch."""
        at: defaultdict[str, list[str]] = defaultdict(list)
        for key in sorted(self._home, key=_drawn):
            at[self._home[key]].append(key)
        for keys in at.values():
            yield from self._chosen_of(keys, per_branch)

    def _chosen_of(self, keys: list[str], per_branch: int) -> Iterable[str]:
        found: dict[str, None] = {}
        frequency = Counter(word for key in keys for word in self._odd.get(key, ()))
        for word, _ in sorted(frequency.items(), key=lambda each: (each[1], each[0])):
            having = [key for key in keys if word in self._odd.get(key, ())]
            found |= dict.fromkeys(having[:_OF_EACH])
        oddest = sorted(keys, key=lambda key: -len(self._odd.get(key, ())))
        found |= dict.fromkeys(oddest[:per_branch])
        return list(found)[:per_branch]

    def _sample(self, key: str) -> Sample:
        fields = self._plan.kinds["patrons"].fields
        given = {name for name, words in _THINGS.items() if not fields.keys().isdisjoint(words)}
        given |= {_NAMES_OF_KINDS[kind] for kind in _ABOUT if kind in self._plan.kinds}
        odd = tuple(sorted(self._odd.get(key, ())))
        return Sample(key, self._home[key], odd, frozenset(given))

    def _tell(self, chosen: Mapping[str, Sample]) -> None:
        for row in self._of("patrons"):
            if row.key in chosen:
                chosen[row.key].told += self._told_of(row)
        wanted: dict[str, list[tuple[str, FileRow]]] = defaultdict(list)
        for kind in _ABOUT:
            for row in self._of(kind):
                key = self._about(kind, row)
                if key in chosen and not self._is_settled(kind, row):
                    wanted[key].append((kind, row))
        barcodes = self._barcodes(wanted)
        for key, rows in wanted.items():
            chosen[key].told += [self._told_row(kind, row, barcodes) for kind, row in rows]

    def _is_settled(self, kind: str, row: FileRow) -> bool:
        """Return whether nothing is left of a debt, which is not told of here either."""
        return kind == "debts" and not self._rows.amount(row["remaining"])

    def _barcodes(self, wanted: Mapping[str, list[tuple[str, FileRow]]]) -> dict[str, str]:
        """Of the items that the rows name by key."""
        keys = {
            row["item"]
            for rows in wanted.values()
            for kind, row in rows
            if self._rows.is_by_key(kind, "item")
        }
        if not keys:
            return {}
        return {row.key: row["barcode"] for row in self._of("items") if row.key in keys}

    def _told_of(self, row: FileRow) -> Iterator[Told]:
        yield Told("name", row["name"] or f"{row['given_name']} {row['family_name']}".strip())
        yield Told("home", row["home_branch"])
        for name in _PLAIN:
            yield Told(name, row[name])
        yield Told("language", row["language"] or default_language())
        for name in ("birth_date", "expires"):
            yield Told(name, self._rows.day(row[name]) if row[name] else "")
        number = telephone(row["phone"])
        yield Told("phone", row["phone"] if number is None else dialled(number))
        yield Told("address", address_told(*(row[name] for name in ADDRESS)))
        several = (self._rows.several("patrons", row, name) for name in _NUMBERS_TOLD)
        numbers = dict.fromkeys(chain.from_iterable(several))
        yield from (Told("number", each) for each in numbers if not national_digits(each))
        for each in dict.fromkeys(self._rows.several("patrons", row, "consents")):
            yield Told("consent", each)
        for each in dict.fromkeys(self._blocks(row)):
            yield Told("block", each)

    def _blocks(self, row: FileRow) -> Iterator[str]:
        """The reasons, without words, of blocks that are not over."""
        ends = self._rows.day(row["block_ends"]) if row["block_ends"] else ""
        for each in self._rows.several("patrons", row, "blocks"):
            told, _, words = each.partition(":")
            reason, _, day = told.partition(" until ")
            own = self._rows.day(day.strip()) if day else ""
            last = own if words or own else ends
            if not last or last > self._today:
                yield reason.strip()

    def _told_row(self, kind: str, row: FileRow, barcodes: Mapping[str, str]) -> Told:
        item = barcodes.get(row["item"], row["item"])
        if kind == "loans":
            due, mark = self._rows.day(row["due"]), row["mark"]
            return Told("loan", loan_told(item, due, row["renewals"] or "0", mark))
        if kind == "holds":
            title, state = item or row["record"], row["state"] or "waiting"
            return Told("hold", f"{title}: {state}, {row['pickup_branch']}")
        if kind == "debts":
            made = self._rows.day(row["created"])
            amount = self._rows.amount(row["remaining"])
            return Told("debt", debt_told(row["kind"], made, amount))
        by = self._about(kind, row, "guardian")
        return Told("guardian", by or UNREAD)


#: What a file writes for no.
_NO: Final = frozenset({"", "0", "f", "false", "n", "nej", "no"})
_ODD_FIELDS: Final = {
    "loans": (("mark", "a marked loan"), ("reminders", "reminded"), ("recalled", "recalled")),
    "holds": (("state", "an item on its way or shelf"), ("paused_from", "a paused hold")),
    "debts": (("collected", "sent to collection"), ("reminders", "reminded of a debt")),
}
ADDRESS: Final = ("address", "street", "house_number", "postal_code", "city", "country")
#: What is told, and the fields of a plan that tell it.
_THINGS: Final = {
    "name": ("name", "given_name", "family_name"),
    "home": ("home_branch",),
    **{name: (name,) for name in (*_PLAIN, "language", "birth_date", "expires", "phone")},
    "address": ADDRESS,
    "number": ("card",),
    "block": ("blocks",),
    "consent": ("consents",),
}
_NAMES_OF_KINDS: Final = {
    "guardians": "guardian",
    "loans": "loan",
    "holds": "hold",
    "debts": "debt",
}


def _drawn(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()


def address_told(*parts: str) -> str:
    """Whatever is known of it, in one line."""
    return ", ".join(" ".join(each.split()) for each in parts if each.strip())


def loan_told(barcode: str, due: str, renewals: object, mark: str | None) -> str:
    return f"{barcode}: {due}, renewed {renewals}{f', {mark}' if mark else ''}"


def debt_told(kind: str, made: str, minor_units: int) -> str:
    return f"{kind} of {made}: {minor_units / 100:.2f}"
