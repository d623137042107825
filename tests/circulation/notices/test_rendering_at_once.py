"""Templates that are looked for once for a page of messages, and again for the next."""

from __future__ import annotations

import os
from pathlib import Path

from circulation.notices.kinds import NoticeKind
from circulation.notices.post import Post
from circulation.notices.rendering import Templates
from tests.builders.circulation import Library, a_patron
from tests.builders.notices import EMAIL, rule, sent
from tests.circulation.notices.test_claiming import say


def test_a_template_that_is_changed_is_used_from_the_next_page_on(
    sqlite_library: Library, tmp_path: Path
) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    post = Post(Templates(tmp_path))
    own = tmp_path / "da" / f"{NoticeKind.STAFF.value}.txt"
    own.parent.mkdir()
    told = []
    for number, words in enumerate(("", "En", "To")):
        if words:
            own.write_text(f'{{% extends "layout.txt" %}}{{% block text %}}{words}{{% endblock %}}')
            os.utime(own, (number, number))
        say(library, card, str(number))
        told += [message.body for message in sent(library, post)]
    assert "Kære Ida Ørsted" in told[0]
    assert told[1:] == ["En", "To"]


def test_outside_of_a_page_nothing_is_remembered(tmp_path: Path) -> None:
    templates = Templates(tmp_path)
    assert templates.language("fo", "overdue") == "da"
    with templates.at_once():
        (tmp_path / "fo").mkdir()
        (tmp_path / "fo" / "overdue.txt").touch()
    assert templates.language("fo", "overdue") == "fo"
