"""The lines of keys agree with what `tomllib` finds, whatever the style of the document."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from circulation.sections.positions import Path, lines_of

DOCUMENT = '''\
title = "x" # a comment with = and [brackets]
"a.b" = 'c'
long = """
not = "a key"
\\""" still
"""""

[agencies.DK-1] # more
name."in Danish" = '''
DOCUMENT += """'''
[not.a.table]
'''
week = { monday = "10-18", tuesday = ["}", # ]
  "b"], "x y" = 1 }

[[rules]]
at = [[1, 2], # one
      [3]]
[[rules]]
[[rules.days]]
day = 2026-12-24
[[rules.days]]
day = 2026-12-24T10:00:00Z
[rules.days.more]
x = 1.5
[agencies.DK-1.deep]
end = true"""


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from paths(each, (*path, number))


def test_a_document_of_every_kind() -> None:
    lines = lines_of(DOCUMENT)
    assert set(lines) == set(paths(tomllib.loads(DOCUMENT)))
    where = {
        ("title",): 1,
        ("a.b",): 2,
        ("long",): 3,
        ("agencies", "DK-1"): 8,
        ("agencies", "DK-1", "name", "in Danish"): 9,
        ("agencies", "DK-1", "week"): 12,
        ("agencies", "DK-1", "week", "tuesday", 1): 13,
        ("agencies", "DK-1", "week", "x y"): 13,
        ("rules",): 15,
        ("rules", 0): 15,
        ("rules", 0, "at", 1): 17,
        ("rules", 1): 18,
        ("rules", 1, "days", 0, "day"): 20,
        ("rules", 1, "days", 1, "day"): 22,
        ("rules", 1, "days", 1, "more", "x"): 24,
        ("agencies", "DK-1", "deep", "end"): 26,
    }
    assert {path: lines[path] for path in where} == where


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
SCALARS = st.booleans() | st.integers(-9, 9) | TEXT | st.sampled_from([1.5, "a\nb", '"""', "'"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(TEXT, st.dictionaries(TEXT, VALUES, max_size=4), max_size=4)
ARRAYS = st.dictionaries(
    TEXT, st.lists(st.dictionaries(TEXT, VALUES, max_size=2), min_size=1, max_size=3), max_size=2
)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def written(value: Any, style: Any) -> str:
    gap = style.choice(["", " ", "\t"])
    if isinstance(value, str):
        if style.random() < 0.3 and "'" not in value:
            return f"'''{value}'''"
        if style.random() < 0.3 and '"' not in value:
            return '"""' + quoted(value)[1:-1] + '"""'
        return quoted(value)
    if isinstance(value, dict):
        pairs = [f"{quoted(key)}{gap}={gap}{written(each, style)}" for key, each in value.items()]
        return "{" + gap + f"{gap},".join(pairs) + gap + "}"
    if isinstance(value, list):
        line = style.choice(["", "\n", " # comment ] with\n"])
        return "[" + line + "".join(f"{written(each, style)}{line},{line}" for each in value) + "]"
    return str(value).lower()


@given(TABLES, ARRAYS, st.randoms(use_true_random=False))
def test_every_path_is_found(tables: dict[str, Any], arrays: dict[str, Any], style: Any) -> None:
    lines = []
    for name, table in tables.items():
        lines.append(f"[{quoted(name)}]{style.choice(['', ' # [x]'])}")
        lines += [f"{quoted(key)} = {written(value, style)}" for key, value in table.items()]
    for name, array in arrays.items():
        for table in array if name not in tables else []:
            lines.append(f"[[{quoted(name)}]]")
            lines += [f"{quoted(key)} = {written(value, style)}" for key, value in table.items()]
    text = "\n".join(lines)
    document = tomllib.loads(text)
    found = lines_of(text)
    assert set(found) == set(paths(document))
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
