"""What library.toml says of roles, and of how staff and patrons sign in."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from circulation.kernel.rights import Right
from circulation.languages.sentences import Sentence, listed
from circulation.sections.changes import Change
from circulation.sections.parts import Fields, Noun
from circulation.sections.positions import Path
from circulation.sections.rules import AgencyRowsSection
from circulation.sections.sections import Reading, Section, Stored, Storing
from circulation.sections.source import Source, shown
from circulation.staff.roles import BUILT_IN, Role, forget_role, store_role, stored_roles
from circulation.staff.schema import staff_roles
from circulation.staff.settings import STAFF_SETTINGS

ROLE = Noun(  # code -> name, rights
    "role",
    built_in={
        code: {"name": each.name, "rights": sorted(right.value for right in each.rights)}
        for code, each in BUILT_IN.items()
    },
)
_RIGHTS = tuple(each.value for each in Right)


class RoleSection(Section):
    shape = '[roles.CODE]   name, rights: a list of rights, such as ["lend", "patrons.view"]'
    keys = ("roles",)
    nouns = (ROLE,)
    tables = {"roles": "roles"}
    named_in = {ROLE: staff_roles.c.role}

    def read(self, reading: Reading) -> None:
        source = reading.source
        for code, path, table in reading.section("roles"):
            source.only(path, table, ("name", "rights"))
            name = source.text(path, table, "name") or ""
            fields = {"name": name, "rights": _rights(source, path, table)}
            reading.add(ROLE, (code,), fields, path)

    def load(self, stored: Stored) -> None:
        for role in stored_roles(stored.transaction):
            rights = sorted(each.value for each in role.rights)
            stored.parts.add(ROLE, (role.code,), {"name": role.name, "rights": rights})

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        rights = frozenset(Right(each) for each in fields["rights"])
        store_role(storing.transaction, Role(change.key[0], fields["name"], rights))

    def forget(self, storing: Storing, change: Change) -> None:
        forget_role(storing.transaction, code=change.key[0])


def _rights(source: Source, path: Path, table: Mapping[str, Any]) -> list[str]:
    said = table.get("rights")
    if not isinstance(said, list):
        source.must_be((*path, "rights"), "A_LIST_OF_RIGHTS", said)
        return []
    for place, each in enumerate(said):
        if each not in _RIGHTS:
            near = get_close_matches(str(each), _RIGHTS, 1)
            text = (
                Sentence("NO_RIGHT_BUT", value=shown(each), near=near[0])
                if near
                else Sentence("NO_RIGHT", value=shown(each), known=listed(_RIGHTS))
            )
            source.problem((*path, "rights", place), text)
    return sorted({each for each in said if each in _RIGHTS})


STAFF = (
    RoleSection(),
    AgencyRowsSection(
        "staff",
        Noun("staff settings", lambda key: Sentence("STAFF_SETTINGS_OF", place=key[0])),
        STAFF_SETTINGS,
    ),
)
