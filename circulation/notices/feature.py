"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.interlending.rota import UNOBTAINABLE
from circulation.kernel.events import FOLLOWERS
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.loans.auto_renewals import NOT_RENEWED
from circulation.notices import rules, section
from circulation.notices.contents import OWN_ROWS, ROWS_TOLD
from circulation.notices.not_renewed import tell_not_renewed
from circulation.notices.privacy import PERSONAL
from circulation.notices.triggers import FOLLOWER, OWN_TRIGGERS, TRIGGERS
from circulation.notices.unobtainable import tell_unobtainable
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(FOLLOWERS, FOLLOWER),
    joins(NOT_RENEWED, tell_not_renewed),
    joins(UNOBTAINABLE, tell_unobtainable),
    joins(ROWS_TOLD, *OWN_ROWS),
    joins(TRIGGERS, *OWN_TRIGGERS),
    joins(PERSONAL_DATA, PERSONAL),
    joins(SET_UP_PARTS, rules.NOTICES),
    joins(SECTIONS, section.NOTICES),
    joins(DAILY, "circulation.notices.daily"),
)
