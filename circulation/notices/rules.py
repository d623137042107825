"""The rules on messages, in memory and as rows.

They fall through as all rules do (`circulation.kernel.rules`), the kind of message in the place of
the material group. However many rules fit, a patron is told of one event once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from circulation.kernel.results import Branch
from circulation.kernel.rules import Case, Rule, RuleSet
from circulation.kernel.set_up import SetUp, SetUpPart
from circulation.notices.kinds import NoticeKind
from circulation.notices.schema import notice_rules
from circulation.notices.terms import NOTICE_TERMS, NoticeTerms

NOTICE_RULES = RuleSet(NOTICE_TERMS, notice_rules)
_DEFAULTS = NoticeTerms()
#: What rules are remembered for: branch x category x kind, so many at most.
_TERMS_KEPT = 20_000


class NoticeRules:
    """All rules on messages of one set-up. Never changed, but for what it remembers."""

    __slots__ = ("_on_request", "_terms", "kinds", "rules")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._terms: dict[tuple[int, str, NoticeKind], NoticeTerms] = {}
        #: What any rule sends at all: nobody needs to look for the others.
        self.kinds = frozenset(
            kind
            for kind in NoticeKind
            if any(
                rule.says.get("channels") and rule.kind in (None, kind.value) for rule in self.rules
            )
        )
        self._on_request: dict[tuple[int, NoticeKind], bool] = {}

    def is_on_request(self, branch: Branch, kind: NoticeKind) -> bool:
        """Is nobody told of it in the name of the branch who has not asked for it, whatever the
        category of patron?"""
        key = (branch.id, kind)
        found = self._on_request.get(key)
        if found is None:
            found = self._on_request[key] = self._find_on_request(branch, kind)
        return found

    def _find_on_request(self, branch: Branch, kind: NoticeKind) -> bool:
        """Does a rule for who has asked hold wherever one names a channel, and none against it?"""
        fitting = [
            rule
            for rule in self.rules
            if rule.kind in (None, kind.value)
            and rule.branch_id in (None, branch.id)
            and rule.agency_id in (None, branch.agency_id)
        ]
        if any(rule.says.get("on_request") is False for rule in fitting):
            return False
        asked = {rule.patron_category for rule in fitting if rule.says.get("on_request")}
        return bool(asked) and all(
            asked.intersection((None, rule.patron_category))
            for rule in fitting
            if rule.says.get("channels")
        )

    def shortest_kept(self, kind: NoticeKind) -> int:
        """For how many days messages of the kind are kept, whatever the place and category."""
        built_in = _DEFAULTS.days_kept(kind)
        fitting = (rule for rule in self.rules if rule.kind in (None, kind.value))
        shortest: int = min([built_in, *(rule.says.get("keep_days", built_in) for rule in fitting)])
        return shortest

    def terms(
        self, case: Callable[[int, str, str], Case], branch_id: int, category: str, kind: NoticeKind
    ) -> NoticeTerms:
        """What the rules say, remembered; `case` is `SetUp.case`."""
        if not self.rules:
            return _DEFAULTS
        key = (branch_id, category, kind)
        terms = self._terms.get(key)
        if terms is None:
            if len(self._terms) >= _TERMS_KEPT:
                self._terms.clear()
            said = NOTICE_RULES.values(self.rules, notice_case(case, *key))
            terms = self._terms[key] = NoticeTerms(**said)
        return terms


def notice_case(
    case: Callable[[int, str, str], Case], branch_id: int, category: str, kind: NoticeKind
) -> Case:
    """What the rules are asked about a message in the name of the branch."""
    found = case(branch_id, category, "")
    return Case(found.agency_id, branch_id, found.categories, (kind.value,))


NOTICES = SetUpPart("notices", lambda transaction: NoticeRules(NOTICE_RULES.read(transaction)))


def notice_terms(
    set_up: SetUp, branch_id: int, patron_category: str, kind: NoticeKind
) -> NoticeTerms:
    """What the rules on messages say of that kind in the name of the branch."""
    return NOTICES.of(set_up).terms(set_up.case, branch_id, patron_category, kind)
