"""The page of rights is as the list of rights makes it."""

from __future__ import annotations

from pathlib import Path

from circulation.kernel.rights import Right
from circulation.staff.reference import reference
from circulation.staff.roles import BUILT_IN

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "rights.md"


def test_the_page_is_as_the_list_makes_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run make reference"


def test_every_right_is_told_and_somebody_has_it() -> None:
    page = reference()
    for right in Right:
        assert f"| `{right.value}` | {right.about} |" in page
        assert any(right in role.rights for role in BUILT_IN.values())


def test_the_roles_of_the_demo_are_those_that_are_built_in() -> None:
    import tomllib

    from protocols.demo.seeding import SET_UP

    said = tomllib.loads(SET_UP.read_text(encoding="utf-8"))["roles"]
    for code, role in said.items():
        assert role["name"] == BUILT_IN[code].name
        assert set(role["rights"]) == {right.value for right in BUILT_IN[code].rights}
