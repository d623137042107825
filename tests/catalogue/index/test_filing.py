"""What titles and authors are filed by."""

from __future__ import annotations

from catalogue.index.filing import sort_key


def test_what_is_sorted_by() -> None:
    assert sort_key("Smørrebrød, Øl & Århus", 100) == b"smoerrebroed oel aarhus"
    assert sort_key("\x98The \x9cwhale", 100) == b"whale"
    assert sort_key("Den ¤store hval", 100) == b"store hval"
    assert sort_key("\x98The\x9c", 100) == b"the"
    assert sort_key("a b c", 3) == b"a b"
