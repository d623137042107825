"""Files of registries: what is a library, and what is set aside and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from circulation.callers.registry_files import (
    FILE_BYTES,
    Library,
    NotARegistry,
    SetAside,
    read_file,
    read_registry,
)

HEAD = "isil,name,address,account,secret,closed\n"
ADDRESS = "https://ill.example.org/iso18626"


def test_a_library() -> None:
    found = read_registry(f'{HEAD}DK-746100,"Odense, Centralbibliotek",{ADDRESS},a,s,\n'.encode())
    assert found.set_aside == []
    assert found.libraries == [
        Library(2, "DK-746100", "Odense, Centralbibliotek", ADDRESS, "a", "s", False)
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffADDRESS;Closed;Isil;more\n{ADDRESS};ja;DK-746100;?\n",
        f"isil,address,closed\r\n\r\nDK-746100, {ADDRESS} ,Yes\r\n",
    ],
)
def test_columns_have_names_in_any_order(text: str) -> None:
    [library] = read_registry(text.encode()).libraries
    assert (library.isil, library.address, library.is_closed) == ("DK-746100", ADDRESS, True)


@pytest.mark.parametrize(
    ("row", "isil", "reason"),
    [
        (f",x,{ADDRESS},,,", "", "has no ISIL"),
        (f'"DK-746100"x,x,{ADDRESS},,,', "", "is no CSV"),
        (f"746100,x,{ADDRESS},,,", "", "what it has as ISIL is none"),
        ("DK-746100,x,,,,", "DK-746100", "has no address"),
        ("DK-746100,x,mailto:a@b,,,", "DK-746100", "its address is none of http or https"),
        ("DK-746100,x,https://[,,,", "DK-746100", "its address is none of http or https"),
        ("DK-746100,x,https://h/a b,,,", "DK-746100", "its address is none of http or https"),
        (f"DK-746100,x,{ADDRESS},,,perhaps", "DK-746100", "closed is neither yes nor no"),
        (f"DK-746100,x,{ADDRESS},,", "", "has 5 cells, and 6 have a name"),
        (
            f"DK-746100,x,{ADDRESS},a:b,,",
            "DK-746100",
            "account has a colon, which HTTP Basic does not allow",
        ),
        (
            "DK-746100,x,https://u:p@h/,,,",
            "DK-746100",
            "its address has a password in it, which belongs into account and secret",
        ),
        (
            f"DK-746100,x,{ADDRESS},,{'s' * 1001},",
            "DK-746100",
            "secret is longer than 1000 characters",
        ),
        (
            f"DK-746100,x,{ADDRESS},,a\tb,",
            "DK-746100",
            "secret has characters that cannot be printed",
        ),
    ],
)
def test_what_is_set_aside_takes_no_other_with_it(row: str, isil: str, reason: str) -> None:
    found = read_registry(f"{HEAD}{row}\nDK-751000,y,{ADDRESS},,,\n".encode())
    assert found.set_aside == [SetAside(2, isil, reason)]
    assert [each.isil for each in found.libraries] == ["DK-751000"]


def test_a_library_that_stands_there_twice() -> None:
    rows = f"{HEAD}DK-746100,x,{ADDRESS},,,\ndk-746100,y,{ADDRESS},,,\n"
    found = read_registry(rows.encode())
    assert [each.name for each in found.libraries] == ["x"]
    assert found.set_aside == [SetAside(3, "dk-746100", "stands in the file already")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not name isil and address"),
        (b"isil,secret\n", "does not name address"),
        (b"isil,address,isil\n", "a name twice"),
        (b"isil,address\nDK-1,\xff\n", "not in UTF-8"),
        (b'"isil"x,address\n', "does not name isil and address"),
        (b"x" * (FILE_BYTES + 1), "longer than"),
    ],
)
def test_what_is_no_registry(data: bytes, why: str) -> None:
    with pytest.raises(NotARegistry, match=why):
        read_registry(data)


def test_only_files_are_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv", Path("/dev/zero")):
        with pytest.raises(NotARegistry, match="no such file"):
            read_file(path)
