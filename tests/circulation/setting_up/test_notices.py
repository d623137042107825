"""The rules on messages in the text of a set-up."""

from __future__ import annotations

from circulation.kernel.results import UNATTENDED
from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import notice_terms
from circulation.setting_up.applying import apply_set_up, plan
from circulation.setting_up.reading import read
from tests.builders.circulation import Library
from tests.circulation.setting_up.test_dunning import HEAD

RULES = """
[[notices]]
at = "DK-900100"
kind = "hold_ready"
channels = ["sms", "email"]
at_desk = ["book"]
in_reading_room = []
"""


def test_what_is_handed_over_at_the_desk_is_stored_and_comes_back(library: Library) -> None:
    declared = read(HEAD + RULES)
    assert declared.problems == []
    library.write(lambda transaction: apply_set_up(library.act(transaction, UNATTENDED), declared))
    again = library.read(lambda transaction: plan(transaction, declared))
    assert (again.changes, again.problems) == ([], [])
    set_up = library.read(library.circulation.current_set_up)
    terms = notice_terms(set_up, library.main.id, "adult", NoticeKind.HOLD_READY)
    assert (terms.at_desk, terms.in_reading_room) == (("book",), ())
    assert terms.channels == ("sms", "email")


def test_groups_that_are_not_there_and_what_is_no_list(sqlite_library: Library) -> None:
    declared = read(HEAD + RULES.replace('at_desk = ["book"]', 'at_desk = ["game"]'))
    found = sqlite_library.read(lambda transaction: plan(transaction, declared)).problems
    texts = [str(problem) for problem in (*declared.problems, *found)]
    assert any('there is no material group "game"' in text for text in texts), texts
    wrong = read(HEAD + RULES.replace('at_desk = ["book"]', 'at_desk = "book"'))
    assert any("at_desk is material groups" in str(problem) for problem in wrong.problems)
